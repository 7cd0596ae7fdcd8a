"""A new dispute as rows: itself, its places, parties, claims, first Holding and first event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.db import Identity
from server.disputes.errors import BadPartyCode
from server.disputes.queries import cases, files
from server.disputes.rules.fields import as_id
from server.disputes.rules.registering import NewDispute, party_id_of, said_of_its_start
from server.disputes.service.clocks import Clocks
from server.disputes.service.codes import keep_codes
from server.disputes.service.events import event_row, stands_in_row, times
from server.disputes.service.starting import Routed
from server.households.rules import normal_telephone
from server.ids import new_id
from server.ladder.clocks import due_at
from server.ladder.kinds import Event, State
from server.ladder.routing import Category
from server.sealed import keyring


def file_disputes(
    session: Session,
    by: Identity,
    clocks: Clocks,
    routed: Sequence[Routed],
    parties: Mapping[UUID, Sequence[Mapping[str, Any]]],
) -> None:
    """Write new disputes and all that belongs to them; `parties`: their rows, by dispute."""
    cases.insert_disputes(
        session,
        [_dispute_row(r, by) for r in routed],
        [_place_rows(routed, served=True), _place_rows(routed, served=False)],
        [row for r in routed for row in parties[r.new.id]],
    )
    files.insert_claims(
        session, [row for r in routed for row in _claim_rows(r.new, parties[r.new.id], by)]
    )
    cases.insert_holdings(session, [_holding_row(r, clocks) for r in routed])
    cases.insert_events(session, [_first_event(r, by) for r in routed])
    cases.insert_events(
        session,
        [stands_in_row(by, r.new.id, r.holding_id) for r in routed if r.receiver.stands_in],
    )
    _keep_codes(session, by, routed, parties)


def _place_rows(routed: Sequence[Routed], *, served: bool) -> list[dict[str, Any]]:
    return [
        {"dispute_id": r.new.id, "village_id": place.village_id, "cell_id": place.cell_id}
        for r in routed
        for place in r.places
        if place.served is served
    ]


def _dispute_row(r: Routed, by: Identity) -> dict[str, Any]:
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
        "related_id": r.new.related_id,
        "relation": r.new.relation,
        "people_concerned": fields.get("people_concerned"),
        "spot": (fields.get("spot") or "").strip() or None,
    }


def _holding_row(r: Routed, clocks: Clocks) -> dict[str, Any]:
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


def _first_event(r: Routed, by: Identity) -> dict[str, Any]:
    return event_row(
        by,
        r.new.id,
        Event.REGISTER.value,
        None,
        State.REGISTERED,
        r.holding_id,
        why=r.new.fields.get("start_level_why"),
        details=said_of_its_start(r.new.fields) or None,
        done_by=r.new.done_by or by.user_id,
        **times(r.new.occurred_at, r.new.recorded_at, by.now, r.new.proof),
    )


def party_row(dispute_id: UUID, position: int, party: Mapping[str, Any]) -> dict[str, Any]:
    """A party as it was sent, as its row. `position`: among the parties, from 0 on."""
    number = normal_telephone(party["telephone"]) if party.get("telephone") else None
    return {
        "id": party_id_of(dispute_id, position, party),
        "dispute_id": dispute_id,
        "side": party["side"],
        "kind": party["kind"],
        **{name: as_id(party.get(name)) for name in ("household_id", "office_id", "user_id")},
        "name": party.get("name"),
        "telephone": number,
        # The index of households, so that a handler's own number is found on either side.
        "telephone_index": keyring().blind("household.telephone", number) if number else None,
    }


def _claim_rows(
    dispute: NewDispute, parties: Sequence[Mapping[str, Any]], by: Identity
) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(by.now),
            "dispute_id": dispute.id,
            "n": n,
            "party_id": None if claim.get("party") is None else parties[claim["party"]]["id"],
            "content": claim["content"].strip(),
        }
        for n, claim in enumerate(dispute.claims, 1)
    ]


def _keep_codes(
    session: Session,
    by: Identity,
    routed: Sequence[Routed],
    parties: Mapping[UUID, Sequence[Mapping[str, Any]]],
) -> None:
    made = [(n, code) for n, r in enumerate(routed) for code in _codes(r.new, parties[r.new.id])]
    try:
        keep_codes(session, by, [code for _, code in made])
    except BadPartyCode as wrong:
        raise BadPartyCode(index=made[wrong.index or 0][0], errors=wrong.errors) from wrong


def _codes(dispute: NewDispute, parties: Sequence[Mapping[str, Any]]) -> list[tuple[UUID, str]]:
    """Codes that were made where the case was noted."""
    said = zip(parties, dispute.parties, strict=True)
    return [(row["id"], party["code"]) for row, party in said if party.get("code")]
