"""Registering disputes: what is written, and what becomes of what is not known (any more)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.models import Office, User
from server.audit.service import record
from server.db import Base, Identity
from server.disputes.errors import BadDispute, MatterNotOpen
from server.disputes.models import Dispute
from server.disputes.queries import cases
from server.disputes.rules.fields import as_id
from server.disputes.rules.registering import (
    NewDispute,
    without_persons,
    wrong_dispute,
)
from server.disputes.service.clocks import Clocks
from server.disputes.service.filing import file_disputes, party_row
from server.disputes.service.joining import join_open
from server.disputes.service.places import in_present_places, known_places
from server.disputes.service.starting import Routed, route
from server.households.queries import list_erased
from server.ladder.kinds import Event
from server.notices.rules import Kind, Notice
from server.notices.service import owe


def register_dispute(session: Session, by: Identity, new: NewDispute) -> None:
    """One dispute at a desk.

    The same matter as that of an open case joins it. Raises BadDispute, PlaceNotYours, NoOffice,
    NoPolicy; MatterNotOpen where it cannot be joined.
    """
    _check_form([new])
    if _register(session, by, [new]):
        raise MatterNotOpen(errors={"related_id": "not_open"})


def register_disputes(session: Session, by: Identity, new: Sequence[NewDispute]) -> None:
    """Disputes as phones bring them, set-wise; authority is judged at the time of recording.

    One that was said to be the same matter as a case that is at rest, or that nobody here knows,
    stands on its own; its first event keeps what was said. Raises BadDispute, PlaceNotYours or
    NoOffice with `index` of the first that is wrong; NoPolicy.
    """
    _check_form(new)
    left = _register(session, by, _alone_where_unknown(session, new))
    if left:
        rows = [{"id": one, "relation": "follows_from"} for one in sorted(left)]
        cases.update_disputes(session, rows)


def _register(session: Session, by: Identity, new: Sequence[NewDispute]) -> set[UUID]:
    """Register them; those come back that were said to be the same matter and could not join it."""
    _check_references(session, new)
    new = in_present_places(session, _without_erased(session, new))
    places = known_places(session, new)
    clocks = Clocks(session, by.now)
    parties = {
        one.id: [party_row(one.id, k, party) for k, party in enumerate(one.parties)] for one in new
    }
    rows = [row for of_one in parties.values() for row in of_one]
    routed = route(session, clocks, new, places, rows)
    file_disputes(session, by, clocks, routed, parties)
    left = join_open(session, by, new, {r.new.id: r.holding_id for r in routed})
    joined = {one.id for one in new if one.relation == "same"} - left
    _tell(session, by, [r for r in routed if r.new.id not in joined])
    record(session, "dispute.register", ids=[d.id for d in new][:50], count=len(new))
    return left


def _check_form(new: Sequence[NewDispute]) -> None:
    for index, dispute in enumerate(new):
        if wrong := wrong_dispute(dispute.fields, dispute.occurred_at, dispute.recorded_at):
            raise BadDispute(index=index, errors=wrong)


def _alone_where_unknown(session: Session, new: Sequence[NewDispute]) -> list[NewDispute]:
    """The same disputes, alone where the case that they were to join is unknown here."""
    asked = [one.related_id if one.relation == "same" else None for one in new]
    known = cases.list_known(session, Dispute, asked)
    found = []
    for one, related in zip(new, asked, strict=True):
        found.append(replace(one, alone=related is not None and related not in known))
        known.add(one.id)  # a phone may bring both
    return found


def _check_references(session: Session, new: Sequence[NewDispute]) -> None:
    """What a dispute names beside households must be known to its author."""
    named = [_named(dispute) for dispute in new]
    known: set[UUID] = set()
    for table in (Dispute, User, Office):
        ids = {id_ for one in named for of, _, id_ in one if of is table}
        known |= cases.list_known(session, table, ids)
    for index, (dispute, one) in enumerate(zip(new, named, strict=True)):
        if unknown := {name: "unknown" for _, name, id_ in one if id_ and id_ not in known}:
            raise BadDispute(index=index, errors=unknown)
        known.add(dispute.id)


def _without_erased(session: Session, new: Sequence[NewDispute]) -> list[NewDispute]:
    """The same disputes, a party unnamed where it or its household was erased meanwhile: a phone
    may send again what an older database does not know.

    The matter of the others stays theirs. Raises BadDispute where nothing else says the place: a
    person puts the village in.
    """
    erased = list_erased(session, {one for dispute in new for one in dispute.households})
    asked = {party for dispute in new for party in dispute.party_ids}
    erased |= cases.list_erased_parties(session, asked)
    left = []
    for index, dispute in enumerate(new):
        if erased.isdisjoint((*dispute.households, *dispute.party_ids)):
            left.append(dispute)
            continue
        dispute = replace(dispute, fields=without_persons(dispute, erased))
        if not (dispute.fields.get("village_id") or dispute.households):
            raise BadDispute(index=index, errors={"village_id": "erased_household"})
        left.append(dispute)
    return left


def _named(dispute: NewDispute) -> list[tuple[type[Base], str, UUID | None]]:
    """(table, field, id) of what a dispute names."""
    parties = dispute.parties
    return [
        (Dispute, "related_id", dispute.related_id),
        (User, "done_by", dispute.done_by),
        *((User, "parties", as_id(party.get("user_id"))) for party in parties),
        *((Office, "parties", as_id(party.get("office_id"))) for party in parties),
    ]


def _tell(session: Session, by: Identity, routed: Sequence[Routed]) -> None:
    """The Office that receives a case hears of it."""
    owe(
        session,
        by,
        [
            Notice(
                Kind.RECEIVED,
                r.new.id,
                (r.receiver.office_id,),
                {"how": Event.REGISTER.value, "level": r.receiver.level.value},
            )
            for r in routed
        ],
    )
