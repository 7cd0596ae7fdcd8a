"""Registering disputes: where each starts, which Office receives it, and its first clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.models import Office, User
from server.audit.service import record
from server.db import Base, Identity
from server.disputes.errors import BadDispute, NoOffice
from server.disputes.models import Dispute
from server.disputes.queries import cases
from server.disputes.rules.form import NewDispute, as_id, unnamed, wrong_dispute
from server.disputes.rules.moves import Receiver
from server.disputes.service.clocks import Clocks
from server.disputes.service.events import event_row, stands_in_row, times
from server.disputes.service.places import KnownPlace, in_present_places, known_places
from server.households.queries import list_erased
from server.households.rules import normal_telephone
from server.ids import new_id
from server.ladder.clocks import due_at
from server.ladder.errors import LadderError
from server.ladder.policy import start_for
from server.ladder.routing import Category, Start, starting_level
from server.ladder.states import Event, State
from server.sealed import keyring


@dataclass(frozen=True, slots=True)
class _Routed:
    """A new dispute with where it lies and who receives it."""

    new: NewDispute
    places: Sequence[KnownPlace]
    start: Start
    area_id: UUID
    receiver: Receiver
    holding_id: UUID


def register_disputes(session: Session, by: Identity, new: Sequence[NewDispute]) -> None:
    """Register disputes, set-wise; authority is judged at the time of recording.

    Each starts at the lowest level that covers its place and all its parties, not below the routing
    table's; the lead Office there receives it, or the next one above that has somebody. Raises
    BadDispute, PlaceNotYours or NoOffice with `index` of the first that is wrong; NoPolicy.
    """
    for index, dispute in enumerate(new):
        if wrong := wrong_dispute(dispute.fields, dispute.occurred_at, dispute.recorded_at):
            raise BadDispute(index=index, errors=wrong)
    _check_references(session, new)
    new = in_present_places(session, _without_erased(session, new))
    places = known_places(session, new)
    clocks = Clocks(session, by.now)
    routed = _route(session, clocks, new, places)
    _write(session, by, clocks, routed)
    record(session, "dispute.register", ids=[d.id for d in new][:50], count=len(new))


def _without_erased(session: Session, new: Sequence[NewDispute]) -> list[NewDispute]:
    """The same disputes, a party unnamed where its household was erased meanwhile.

    The matter of the others stays theirs. Raises BadDispute where nothing else says the place: a
    person puts the village in.
    """
    erased = list_erased(session, {one for dispute in new for one in dispute.households})
    left = []
    for index, dispute in enumerate(new):
        if erased.isdisjoint(dispute.households):
            left.append(dispute)
            continue
        parties = [
            unnamed(party) if as_id(party.get("household_id")) in erased else party
            for party in dispute.parties
        ]
        dispute = replace(dispute, fields={**dispute.fields, "parties": parties})
        if not (dispute.fields.get("village_id") or dispute.households):
            raise BadDispute(index=index, errors={"village_id": "erased_household"})
        left.append(dispute)
    return left


def _check_references(session: Session, new: Sequence[NewDispute]) -> None:
    """What a dispute names beside households must be known to its author."""
    named = [_named(dispute) for dispute in new]
    known: set[UUID] = set()
    for table in (Dispute, User, Office):
        ids = {id_ for one in named for of, _, id_ in one if of is table}
        known |= cases.list_known(session, table, ids)
    for index, one in enumerate(named):
        if unknown := {name: "unknown" for _, name, id_ in one if id_ and id_ not in known}:
            raise BadDispute(index=index, errors=unknown)


def _named(dispute: NewDispute) -> list[tuple[type[Base], str, UUID | None]]:
    """(table, field, id) of what a dispute names."""
    parties = dispute.parties
    return [
        (Dispute, "related_id", as_id(dispute.fields.get("related_id"))),
        (User, "done_by", dispute.done_by),
        *((User, "parties", as_id(party.get("user_id"))) for party in parties),
        *((Office, "parties", as_id(party.get("office_id"))) for party in parties),
    ]


def _route(
    session: Session,
    clocks: Clocks,
    new: Sequence[NewDispute],
    places: Sequence[Sequence[KnownPlace]],
) -> list[_Routed]:
    starts = _starts(session, clocks, new, places)
    areas = cases.map_area_ids(session, {start.area_code for start in starts})
    receivers = cases.map_receivers(
        session, [(start.area_code, start.level) for start in starts], clocks.at
    )
    routed = []
    for index, (dispute, start) in enumerate(zip(new, starts, strict=True)):
        receiver = receivers.get((start.area_code, start.level))
        if receiver is None:
            raise NoOffice(index=index)
        area_id, holding_id = areas[start.area_code], new_id(clocks.at)
        routed.append(_Routed(dispute, places[index], start, area_id, receiver, holding_id))
    return routed


def _starts(
    session: Session,
    clocks: Clocks,
    new: Sequence[NewDispute],
    places: Sequence[Sequence[KnownPlace]],
) -> list[Start]:
    codes = cases.map_village_codes(session, {place.village_id for at in places for place in at})
    policy = clocks.in_force.policy
    starts = []
    for index, (dispute, at) in enumerate(zip(new, places, strict=True)):
        category = Category(dispute.fields["category"])
        try:
            lies_in = [codes[place.village_id] for place in at]
            starts.append(starting_level(start_for(policy, category), lies_in))
        except (KeyError, LadderError) as error:
            raise BadDispute(index=index, errors={"village_id": "unknown_village"}) from error
    return starts


def _write(session: Session, by: Identity, clocks: Clocks, routed: Sequence[_Routed]) -> None:
    cases.insert_disputes(
        session,
        [_dispute_row(r, by) for r in routed],
        [_place_rows(routed, served=True), _place_rows(routed, served=False)],
        [_party_row(r.new.id, party, by) for r in routed for party in r.new.parties],
    )
    cases.insert_holdings(session, [_holding_row(r, clocks) for r in routed])
    cases.insert_events(session, [_first_event(r, by) for r in routed])
    cases.insert_events(
        session,
        [stands_in_row(by, r.new.id, r.holding_id) for r in routed if r.receiver.stands_in],
    )


def _place_rows(routed: Sequence[_Routed], *, served: bool) -> list[dict[str, Any]]:
    return [
        {"dispute_id": r.new.id, "village_id": place.village_id, "cell_id": place.cell_id}
        for r in routed
        for place in r.places
        if place.served is served
    ]


def _dispute_row(r: _Routed, by: Identity) -> dict[str, Any]:
    fields = r.new.fields
    system, external_id = r.new.external_ref or (None, None)
    return {
        "id": r.new.id,
        "category": fields["category"],
        "story": fields["story"],
        "village_id": as_id(fields.get("village_id")) or r.places[0].village_id,
        "cell_id": as_id(fields.get("cell_id")),
        "area_id": r.area_id,
        "start_level": r.start.level.value,
        "level": r.receiver.level.value,
        "office_id": r.receiver.office_id,
        "first_office_id": r.receiver.office_id,
        "channel": fields.get("channel") or "visit",
        "status": State.REGISTERED.value,
        "size": fields.get("size") or "individual",
        **times(r.new.occurred_at, r.new.recorded_at, by.now, r.new.proof),
        "done_by": r.new.done_by or by.user_id,
        "recorded_by": by.user_id,
        "device_id": by.device_id,
        "external_system": system,
        "external_id": external_id,
        "related_id": as_id(fields.get("related_id")),
    }


def _holding_row(r: _Routed, clocks: Clocks) -> dict[str, Any]:
    deadlines = clocks.start(Category(r.new.fields["category"]), r.receiver.level)
    return {
        "id": r.holding_id,
        "dispute_id": r.new.id,
        "n": 1,
        "office_id": r.receiver.office_id,
        "level": r.receiver.level.value,
        "policy_id": clocks.in_force.id,
        "begun_at": r.new.recorded_at,
        "received_at": clocks.at,
        "accept_by": deadlines.accept_by,
        "handle_by": deadlines.handle_by,
        "due_at": due_at(State.REGISTERED, deadlines),
    }


def _first_event(r: _Routed, by: Identity) -> dict[str, Any]:
    return event_row(
        by,
        r.new.id,
        Event.REGISTER.value,
        None,
        State.REGISTERED,
        r.holding_id,
        done_by=r.new.done_by or by.user_id,
        **times(r.new.occurred_at, r.new.recorded_at, by.now, r.new.proof),
    )


def _party_row(dispute_id: UUID, party: Mapping[str, Any], by: Identity) -> dict[str, Any]:
    number = normal_telephone(party["telephone"]) if party.get("telephone") else None
    return {
        "id": new_id(by.now),
        "dispute_id": dispute_id,
        "side": party["side"],
        "kind": party["kind"],
        **{name: as_id(party.get(name)) for name in ("household_id", "office_id", "user_id")},
        "name": party.get("name"),
        "telephone": number,
        # The index of households, so that a handler's own number is found on either side.
        "telephone_index": keyring().blind("household.telephone", number) if number else None,
    }
