"""SQL of the resident. All of it is asked as wangge_resident: row security shows the one case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from server.access.models import Office
from server.disputes.models import DisputeEvent, Holding, Term
from server.resident.models import Rating, ResidentReceipt
from server.sealed import bound

_CASE = text("""
    SELECT d.id, d.category, d.status, d.received_at, p.id AS party_id, p.side,
           d.id <> p.dispute_id AS joined, gate.resident_alone() AS alone,
           told.rights_told, told.referred_to
      FROM party p
      JOIN gate.resident_cases() c ON c.present
      JOIN dispute d               ON d.id = c.dispute_id
     CROSS JOIN gate.resident_told() told
""")


def find_case(session: Session) -> Row[Any] | None:
    """The present case of the party whose code was told; None where the code finds nobody."""
    return session.execute(_CASE).one_or_none()


def list_holdings(session: Session, dispute_id: UUID) -> Sequence[Row[Any]]:
    """Its Holdings and their Offices, in order; a climb that was withdrawn never counted."""
    office = (Office.name, Office.public_telephone)
    return session.execute(
        select(Holding, *office)
        .join(Office, Office.id == Holding.office_id)
        .where(Holding.dispute_id == dispute_id)
        .where(Holding.ended_how.is_distinct_from("withdrawn_climb"))
        .order_by(Holding.n)
    ).all()


def list_terms(session: Session) -> Sequence[Row[Any]]:
    """What was agreed that the party itself is to do."""
    columns = (Term.n, Term.content, Term.due_on, Term.done_at)
    return session.execute(select(*columns).order_by(Term.n)).all()


def find_answer(session: Session, held: Holding) -> str | None:
    """What the Office answered to the party's own request; what it answered others, is hidden."""
    return session.scalar(
        select(DisputeEvent.why)
        .where(DisputeEvent.dispute_id == held.dispute_id, DisputeEvent.holding_id == held.id)
        .where(DisputeEvent.kind == "answer", DisputeEvent.received_at >= held.request_at)
        .order_by(DisputeEvent.n.desc())
        .limit(1)
    )


def find_rating(session: Session, holding_id: UUID) -> Row[Any] | None:
    """The party's newest word on this Holding."""
    return session.execute(
        select(Rating.rating, Rating.at)
        .where(Rating.holding_id == holding_id)
        .order_by(Rating.at.desc(), Rating.id.desc())
        .limit(1)
    ).one_or_none()


def insert_rating(session: Session, **values: Any) -> None:
    """One more word of the party; the newest counts."""
    session.execute(insert(Rating), bound(Rating, [values]))


def take_letter(
    session: Session, party_id: UUID, letter_id: UUID, kind: str, outcome: str, at: datetime
) -> ResidentReceipt | None:
    """Take a letter. One that comes twice is taken once, also at the same moment: then what was
    written of it the first time.
    """
    taken = session.execute(
        upsert(ResidentReceipt)
        .values(party_id=party_id, letter_id=letter_id, kind=kind, outcome=outcome, at=at)
        .on_conflict_do_nothing()
        .returning(ResidentReceipt.letter_id)
    )
    if taken.one_or_none() is not None:
        return None
    return session.get_one(ResidentReceipt, (party_id, letter_id))


def keep_outcome(session: Session, party_id: UUID, letter_id: UUID, outcome: str) -> None:
    """What came of a letter that was taken in this request."""
    session.execute(
        update(ResidentReceipt)
        .where(ResidentReceipt.party_id == party_id, ResidentReceipt.letter_id == letter_id)
        .values(outcome=outcome)
    )


_FORGET = text("""
    WITH letters AS (
        DELETE FROM resident_receipt WHERE (party_id, letter_id) IN (
            SELECT party_id, letter_id FROM resident_receipt WHERE at < :long_ago LIMIT :batch)
        RETURNING 1
    )
    SELECT count(*) FROM letters
""")


def forget(session: Session, long_ago: datetime, batch: int) -> int:
    """Delete what was kept of letters from before `long_ago`; how many."""
    return int(session.execute(_FORGET, {"long_ago": long_ago, "batch": batch}).scalar_one())
