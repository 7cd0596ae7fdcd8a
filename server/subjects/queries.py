"""All SQL of what is kept about one person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from server.access.models import Office
from server.attachments.models import Attachment
from server.disputes.models import (
    Agreement,
    Claim,
    Dispute,
    DisputeEvent,
    Holding,
    Party,
    PartyCode,
    Term,
)
from server.households.links.models import Link
from server.households.models import Household, Placing
from server.households.needs.models import Consent
from server.syncing.models import SyncConflict
from server.visits.models import Visit

Found = Sequence[Any]


def find_household(session: Session, household_id: UUID) -> Household | None:
    """The household, if the asker may see it."""
    return session.get(Household, household_id)


def find_by_telephone(session: Session, index: bytes) -> tuple[list[UUID], list[UUID]]:
    """(households, parties) with this telephone number, by its blind index."""
    households = select(Household.id).where(Household.telephone_index == index)
    parties = select(Party.id).where(Party.telephone_index == index)
    return list(session.scalars(households)), list(session.scalars(parties))


def list_parties(
    session: Session, households: Collection[UUID], parties: Collection[UUID]
) -> Sequence[Party]:
    """These parties, and those that are one of these households."""
    query = select(Party).where(Party.household_id.in_(households) | Party.id.in_(parties))
    return session.scalars(query.order_by(Party.id)).all()


def list_others(session: Session, disputes: Collection[UUID], own: Collection[UUID]) -> list[str]:
    """Names and numbers of whoever else is a party to these cases."""
    p, h = Party, Household
    others = p.dispute_id.in_(disputes) & p.id.not_in(own)
    said = session.execute(select(p.name, p.telephone).where(others))
    homes = session.execute(
        select(h.head_name, h.telephone).join(p, p.household_id == h.id).where(others)
    )
    return [name for found in (said, homes) for row in found.tuples() for name in row if name]


_OF_HOUSEHOLD: Mapping[str, tuple[Any, Any, Any]] = {
    "placings": (Placing, Placing.household_id, Placing.valid_from),
    "visits": (Visit, Visit.household_id, Visit.recorded_at),
    "consents": (Consent, Consent.household_id, Consent.recorded_at),
    "conflicts": (SyncConflict, SyncConflict.row_id, SyncConflict.recorded_at),
}


def list_of_households(session: Session, what: str, ids: Collection[UUID]) -> Found:
    """Rows of one kind of these households, in the order of time."""
    table, column, at = _OF_HOUSEHOLD[what]
    return session.scalars(select(table).where(column.in_(ids)).order_by(at)).all()


def list_links(session: Session, ids: Collection[UUID]) -> Sequence[Link]:
    """Links of these households."""
    query = select(Link).where(Link.from_id.in_(ids) | Link.to_id.in_(ids))
    return session.scalars(query.order_by(Link.valid_from)).all()


_GIVEN = text("""
    SELECT platform AS given_to, change AS kind, h.at
      FROM handover_row r JOIN handover h USING (platform, n)
     WHERE r.row_id = ANY (cast(:ids AS uuid[]))
    UNION ALL
    SELECT system, external_id, NULL FROM external_ref WHERE row_id = ANY (cast(:ids AS uuid[]))
""")


def list_given(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Which other platforms were told of these rows, or know them by an id of theirs."""
    return session.execute(_GIVEN, {"ids": list(ids)}).all()


def list_cases(session: Session, ids: Collection[UUID]) -> Sequence[Dispute]:
    """These cases."""
    return session.scalars(select(Dispute).where(Dispute.id.in_(ids)).order_by(Dispute.id)).all()


def list_offices(session: Session, dispute_id: UUID) -> Sequence[str]:
    """Names of the Offices that held a case, in their order."""
    query = select(Office.name).join(Holding, Holding.office_id == Office.id)
    return session.scalars(query.where(Holding.dispute_id == dispute_id).order_by(Holding.n)).all()


def list_own(session: Session, table: type[Claim | Term], parties: Collection[UUID]) -> Found:
    """Claims or terms of these parties."""
    return session.scalars(select(table).where(table.party_id.in_(parties)).order_by(table.n)).all()


def list_letters(session: Session, parties: Collection[UUID]) -> Sequence[DisputeEvent]:
    """What these parties asked for, said or were recorded to have said."""
    e = DisputeEvent
    return session.scalars(select(e).where(e.party_id.in_(parties)).order_by(e.received_at)).all()


def list_agreements(session: Session, disputes: Collection[UUID]) -> Found:
    """(form, day, text, case) of the agreements of these cases."""
    a, e = Agreement, DisputeEvent
    query = select(a.form, a.effective_on, e.agreement, a.dispute_id).join(e, e.id == a.event_id)
    return session.execute(query.where(a.dispute_id.in_(disputes))).all()


def list_codes(session: Session, parties: Collection[UUID]) -> Found:
    """(party, when made, when ended) of their codes."""
    c = PartyCode
    return session.execute(
        select(c.party_id, c.made_at, c.ended_at).where(c.party_id.in_(parties))
    ).all()


def list_files(
    session: Session, visits: Collection[UUID], events: Collection[UUID]
) -> Sequence[Attachment]:
    """Files that belong to these visits, or to these words of a party."""
    a = Attachment
    owned = (a.owner_entity == "visit") & a.owner_id.in_(visits)
    said = (a.owner_entity == "dispute_event") & a.owner_id.in_(events)
    return session.scalars(select(a).where(owned | said).order_by(a.received_at)).all()


_ACTS = text("SELECT * FROM gate.acts_about(cast(:ids AS uuid[]))")


def list_acts(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """(at, role, action, reason) of acts that name one of these rows."""
    return session.execute(_ACTS, {"ids": list(ids)}).all()


# Ratings belong to residents, who stand above everything else: read by SQL, opened by the service.
_RATINGS = text("""
    SELECT level, rating, at,
           CASE WHEN comment IS NOT NULL THEN uuid_send(id) || comment END AS carried
      FROM rating WHERE party_id = ANY (cast(:ids AS uuid[])) ORDER BY at
""")


def list_ratings(session: Session, parties: Collection[UUID]) -> Sequence[Row[Any]]:
    """(level, rating, at, carried) of these parties; `carried`: the sealed comment, or None."""
    return session.execute(_RATINGS, {"ids": list(parties)}).all()
