"""Registering disputes: where each starts, which Office receives it, and its first clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.models import Office, User
from server.audit.service import record
from server.db import Base, Identity
from server.disputes.errors import BadDispute, NoOffice, PlaceNotYours
from server.disputes.models import Dispute
from server.disputes.queries import cases
from server.disputes.rules.form import places_of, wrong_dispute
from server.disputes.rules.moves import Receiver
from server.disputes.service.clocks import Clocks
from server.disputes.service.events import event_row, stands_in_row, times
from server.households.rules import normal_telephone
from server.ids import new_id
from server.ladder.clocks import due_at
from server.ladder.errors import LadderError
from server.ladder.policy import start_for
from server.ladder.routing import Category, Start, starting_level
from server.ladder.states import Event, State
from server.sealed import keyring


@dataclass(frozen=True, slots=True)
class NewDispute:
    """A dispute as somebody wrote it down: `fields` are those of rules.form.DISPUTE_FIELDS."""

    id: UUID
    fields: Mapping[str, Any]
    occurred_at: datetime
    recorded_at: datetime
    proof: str = "proved"
    done_by: UUID | None = None  # None: whoever records it
    external_ref: tuple[str, str] | None = None


Place = tuple[UUID, UUID | None]  # village, cell


@dataclass(frozen=True, slots=True)
class _Routed:
    """A new dispute with where it lies and who receives it."""

    new: NewDispute
    places: Sequence[Place]
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
    places = _places(session, new)
    _check_authority(session, new, places)
    clocks = Clocks(session, by.now)
    routed = _route(session, clocks, new, places)
    _write(session, by, clocks, routed)
    record(session, "dispute.register", ids=[d.id for d in new][:50], count=len(new))


def _check_references(session: Session, new: Sequence[NewDispute]) -> None:
    """What a dispute names beside households must be known to its author."""
    for index, dispute in enumerate(new):
        parties = _parties(dispute)
        named: dict[type[Base], set[UUID | None]] = {
            Dispute: {_id(dispute.fields.get("related_id"))},
            User: {dispute.done_by, *(_id(party.get("user_id")) for party in parties)},
            Office: {_id(party.get("office_id")) for party in parties},
        }
        for table, named_ids in named.items():
            ids = {id_ for id_ in named_ids if id_}
            if ids and cases.count_known(session, table, ids) < len(ids):
                raise BadDispute(index=index, errors={table.__tablename__: "unknown"})


def _places(session: Session, new: Sequence[NewDispute]) -> list[list[Place]]:
    cells = cases.map_cells(session, {c for d in new if (c := _id(d.fields.get("cell_id")))})
    homes = cases.map_household_villages(session, {h for d in new for h in _households(d)})
    found = []
    for index, dispute in enumerate(new):
        cell_id, village_id = (_id(dispute.fields.get(name)) for name in ("cell_id", "village_id"))
        cell = cells.get(cell_id) if cell_id else None
        wrong = _wrong_place(cell_id, cell, village_id, homes, _households(dispute))
        if wrong:
            raise BadDispute(index=index, errors=wrong)
        lived_in = [homes[household] for household in _households(dispute)]
        found.append(places_of(village_id, cell, lived_in))
        if not found[-1]:
            raise BadDispute(index=index, errors={"village_id": "missing"})
    return found


def _wrong_place(
    cell_id: UUID | None,
    cell: tuple[UUID, UUID] | None,
    village_id: UUID | None,
    homes: Mapping[UUID, UUID],
    households: Sequence[UUID],
) -> dict[str, str]:
    if cell_id and (cell is None or village_id not in (None, cell[1])):
        return {"cell_id": "other_village" if cell else "unknown_cell"}
    if not homes.keys() >= set(households):
        return {"parties": "unknown_household"}
    return {}


def _check_authority(
    session: Session, new: Sequence[NewDispute], places: Sequence[Sequence[Place]]
) -> None:
    """The author served one of the villages; a cell of one's village is enough for a note."""
    asked = [
        (index, village, dispute.recorded_at)
        for index, dispute in enumerate(new)
        for village, _ in places[index]
    ]
    served = cases.find_served(session, [(village, at) for _, village, at in asked])
    good = {asked[k][0] for k in served}
    for index in range(len(new)):
        if index not in good:
            raise PlaceNotYours(index=index)


def _route(
    session: Session,
    clocks: Clocks,
    new: Sequence[NewDispute],
    places: Sequence[Sequence[Place]],
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
    places: Sequence[Sequence[Place]],
) -> list[Start]:
    villages = cases.map_villages(session, {village for at in places for village, _ in at})
    policy = clocks.in_force.policy
    starts = []
    for index, (dispute, at) in enumerate(zip(new, places, strict=True)):
        category = Category(dispute.fields["category"])
        try:
            codes = [villages[village].code for village, _ in at]
            starts.append(starting_level(start_for(policy, category), codes))
        except (KeyError, LadderError) as error:
            raise BadDispute(index=index, errors={"village_id": "unknown_village"}) from error
    return starts


def _write(session: Session, by: Identity, clocks: Clocks, routed: Sequence[_Routed]) -> None:
    cases.insert_disputes(
        session,
        [_dispute_row(r, by) for r in routed],
        [
            {"dispute_id": r.new.id, "village_id": village, "cell_id": cell}
            for r in routed
            for village, cell in r.places
        ],
        [_party_row(r.new.id, party, by) for r in routed for party in _parties(r.new)],
    )
    cases.insert_holdings(session, [_holding_row(r, clocks) for r in routed])
    cases.insert_events(session, [_first_event(r, by) for r in routed])
    cases.insert_events(
        session,
        [stands_in_row(by, r.new.id, r.holding_id) for r in routed if r.receiver.stands_in],
    )


def _dispute_row(r: _Routed, by: Identity) -> dict[str, Any]:
    fields = r.new.fields
    system, external_id = r.new.external_ref or (None, None)
    return {
        "id": r.new.id,
        "category": fields["category"],
        "story": fields["story"],
        "village_id": _id(fields.get("village_id")) or (r.places[0][0] if r.places else None),
        "cell_id": _id(fields.get("cell_id")),
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
        "related_id": _id(fields.get("related_id")),
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
        **{name: _id(party.get(name)) for name in ("household_id", "office_id", "user_id")},
        "name": party.get("name"),
        "telephone": number,
        # The index of households, so that a handler's own number is found on either side.
        "telephone_index": keyring().blind("household.telephone", number) if number else None,
    }


def _parties(dispute: NewDispute) -> Sequence[Mapping[str, Any]]:
    parties: Sequence[Mapping[str, Any]] = dispute.fields.get("parties") or ()
    return parties


def _households(dispute: NewDispute) -> list[UUID]:
    ids = (_id(party.get("household_id")) for party in _parties(dispute))
    return [household for household in ids if household]


def _id(value: Any) -> UUID | None:
    return value if value is None or isinstance(value, UUID) else UUID(value)
