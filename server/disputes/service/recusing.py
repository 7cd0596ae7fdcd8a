"""回避: who is a party neither sees a case nor acts on it; a head's whole Office is passed over.

Who is a party by account, household or telephone the database finds by itself, whichever way that
became known (migrations/sql/disputes_recusal_functions.sql). Here is what people say, whom a new
case goes past, and what the worker sees to: the events that tell of it, and cases to be passed on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.disputes.queries import cases
from server.disputes.queries import recusals as queries
from server.disputes.queries.places import Way, map_receivers_of
from server.disputes.rules.cases import Receiver
from server.disputes.rules.fields import as_id, is_id, is_text
from server.disputes.service.clocks import Clocks
from server.disputes.service.events import event_row
from server.households.rules import normal_telephone
from server.ids import new_id
from server.ladder.clocks import due_at
from server.ladder.kinds import Event, State
from server.ladder.policy import route_for
from server.ladder.routing import Category, Level
from server.notices.rules import Kind, Notice
from server.notices.service import owe
from server.sealed import keyring

BATCH: Final = 200
RECENT: Final = timedelta(hours=1)  # terms that began within it are looked at: rounds may fail

_MATTERS = ("user_id", "office_id", "household_id", "telephone_index")


def find_at_registration(
    session: Session,
    starts: Mapping[UUID, Way],
    parties: Sequence[Mapping[str, Any]],
    at: datetime,
) -> Mapping[UUID, Receiver | None]:
    """New disputes in which somebody must step aside → who receives them then; None: nobody can.

    `starts`: dispute → the way it starts. `parties`: their rows of party, as they
    are about to be written. The others are missing: for those gate.receiver is good as it is.
    """
    telling = [
        {name: row[name] for name in ("dispute_id", "side", *_MATTERS)}
        for row in parties
        if any(row[name] for name in _MATTERS)
    ]
    return queries.map_receivers_past(session, starts, telling, at) if telling else {}


def concerns_asker(session: Session, id_: UUID, parties: Any) -> bool:
    """Whether the asker would step aside from a dispute that was never registered, as far as its
    `parties` make sense: they are as somebody wrote them down.
    """
    told = [_as_said(id_, party) for party in parties] if isinstance(parties, list) else []
    telling = [row for row in told if any(row[name] for name in _MATTERS)]
    return bool(telling) and queries.concerns_asker(session, telling)


def _as_said(id_: UUID, party: Any) -> dict[str, Any]:
    said = party if isinstance(party, Mapping) else {}
    ids = ((name, said.get(name)) for name in ("user_id", "office_id", "household_id"))
    number = said.get("telephone")
    digits = normal_telephone(str(number)) if is_text(number) else None
    return {
        "dispute_id": id_,
        "side": said.get("side"),
        **{name: as_id(value) if is_id(value) else None for name, value in ids},
        "telephone_index": keyring().blind("household.telephone", digits) if digits else None,
    }


def recuse(
    session: Session, by: Identity, dispute_id: UUID, person: UUID, found_by: str, event_id: UUID
) -> None:
    """`person` steps aside from now on, by this event of the asker's own, which stands already.

    `found_by`: declared by the person, or asked for by a party. Who steps aside already does so.
    """
    queries.insert_recusal(session, new_id(by.now), dispute_id, person, found_by, event_id)


def see_to_recusals(session: Session, by: Identity, batch: int = BATCH) -> int:
    """The worker's round: hearers as of now, an event for each recusal that was found, and what an
    Office holds that steps aside, or has nobody else, goes to the next. How many events it wrote;
    call it until 0.

    Raises NoPolicy, CalendarMissing where a case would have to be passed on without.
    """
    queries.look_again(session, by.now - RECENT, by.now)
    said = queries.say_recusals(session, by.now, batch)
    passed = _receivers(session, by, queries.lock_held_aside(session, by.now, batch))
    if passed:
        _pass_over(session, by, passed)
    if said or passed:
        owe(session, by, [*_told(said, passed), *(_received(*one) for one in passed)])
        ids = {row.dispute_id for row in said} | {row.dispute_id for row, _ in passed}
        record(
            session, "dispute.recusals", ids=sorted(ids)[:50], said=len(said), passed=len(passed)
        )
    return len(said) + len(passed)


_Passed = tuple[Row[Any], Receiver]


def _receivers(session: Session, by: Identity, held: Sequence[Row[Any]]) -> list[_Passed]:
    """Who receives each of these, from its level up; where nobody can, it stays for now."""
    if not held:
        return []
    policy = Clocks(session, by.now).in_force.policy
    asked = {
        (row.dispute_id, Level(row.level)): kind.value
        if (kind := route_for(policy, Category(row.category)))
        else None
        for row in held
    }
    found = map_receivers_of(session, asked, by.now)
    ways = ((row, found.get((row.dispute_id, Level(row.level)))) for row in held)
    return [(row, to) for row, to in ways if to and to.office_id != row.office_id]


def _pass_over(session: Session, by: Identity, passed: Sequence[_Passed]) -> None:
    """A new Holding at the next Office, with clocks of its own; the event first."""
    clocks = Clocks(session, by.now)
    ended = {"due_at": None, "ended_at": by.now, "ended_how": Event.PASS_OVER.value}
    opened = [_opened(row, to, by, clocks) for row, to in passed]
    cases.insert_events(session, [_event(row, by) for row, _ in passed])
    cases.update_holdings(session, [{"id": row.holding_id, **ended} for row, _ in passed])
    cases.insert_holdings(session, opened)
    moved = [
        {
            "id": row.dispute_id,
            "status": State.REGISTERED.value,
            "level": to.level.value,
            "office_id": to.office_id,
        }
        for row, to in passed
    ]
    cases.update_disputes(session, moved)


def _opened(row: Row[Any], to: Receiver, by: Identity, clocks: Clocks) -> dict[str, Any]:
    deadlines = clocks.start(Category(row.category), to.level)
    return {
        "id": new_id(by.now),
        "dispute_id": row.dispute_id,
        "n": row.n + 1,  # a withdrawn climb may have left a later number behind
        "office_id": to.office_id,
        "level": to.level.value,
        "policy_id": clocks.in_force.id,
        "begun_how": Event.PASS_OVER.value,
        "begun_at": by.now,
        "received_at": by.now,
        "accept_by": deadlines.accept_by,
        "handle_by": deadlines.handle_by,
        "due_at": due_at(State.REGISTERED, deadlines),
    }


def _event(row: Row[Any], by: Identity) -> dict[str, Any]:
    nobody = {"done_by": None, "recorded_by": None, "device_id": None}
    return event_row(
        by,
        row.dispute_id,
        Event.PASS_OVER.value,
        State(row.status),
        State.REGISTERED,
        row.holding_id,
        **nobody,
    )


def _told(said: Sequence[Row[Any]], passed: Sequence[_Passed]) -> list[Notice]:
    """To the Office that holds it, unless it is the one that steps aside."""
    aside = {(row.dispute_id, row.office_id) for row, _ in passed}
    return [
        Notice(Kind.RECUSED, row.dispute_id, (row.held_by,), {"event_id": row.event_id})
        for row in said
        if (row.dispute_id, row.held_by) not in aside
    ]


def _received(row: Row[Any], to: Receiver) -> Notice:
    body = {"how": Event.PASS_OVER.value, "level": to.level.value}
    return Notice(Kind.RECEIVED, row.dispute_id, (to.office_id,), body)
