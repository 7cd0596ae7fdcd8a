"""Cases as the database tells them under lock, and what else has to be known before an act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.db import Identity
from server.disputes.errors import DisputeNotFound
from server.disputes.models import DisputeEvent
from server.disputes.queries import cases
from server.disputes.queries.places import map_offices, map_receivers_of
from server.disputes.rules.cases import Case, Held, Place, Receivers, Served, Watch
from server.disputes.rules.events import NewEvent
from server.disputes.rules.fields import as_id
from server.disputes.service.clocks import Clocks
from server.ladder.clocks import Deadlines
from server.ladder.kinds import Event, State
from server.ladder.policy import route_for
from server.ladder.routing import Category, Level, OfficeKind
from server.policies.errors import NoPolicy


class Asker(NamedTuple):
    """When an act is judged, and which Offices its author acted for then. `aside`: the author has
    stepped aside from the case since; what was written before is kept as a note.
    """

    at: datetime
    served: Sequence[Served]
    aside: bool


class Opened(NamedTuple):
    """Cases under lock, who asks (by the index of the act), and what the acts name."""

    cases: Mapping[UUID, Case]
    askers: Sequence[Asker]
    receivers: Receivers
    offices: Mapping[UUID, Place]
    late_notes: Mapping[UUID, DisputeEvent]


def open_cases(session: Session, by: Identity, clocks: Clocks, new: Sequence[NewEvent]) -> Opened:
    """Lock the cases of these acts. Raises DisputeNotFound with `index`."""
    rows = cases.lock_cases(session, [(one.dispute_id, one.recorded_at) for one in new])
    for index in range(len(new)):
        if index not in rows:
            raise DisputeNotFound(index=index)
    opened = {row.dispute_id: case_of(row) for row in rows.values() if row.facts}
    named = {id_ for one in new if (id_ := as_id(one.fields.get("to_office")))}
    for one in new:
        named |= _named_by_its_way(one, opened[one.dispute_id])
    notes = {id_ for one in new if (id_ := as_id(one.fields.get("note_id")))}
    return Opened(
        opened,
        [asker_of(rows[index]) for index in range(len(new))],
        _receivers(session, by, clocks, new, opened),
        map_offices(session, named, by.now) if named else {},
        cases.map_late_notes(session, notes) if notes else {},
    )


LOOKS_UP = frozenset(
    {
        *(Event.ESCALATE, Event.GO, Event.REOPEN, Event.REQUEST, Event.ANSWER, Event.STAY),
        *(Event.EXTEND, Event.ALERT),
        *(Event.WITHDRAW, Event.REFUSE, Event.FAIL, Event.REFER, Event.MERGE),
    }
)
"""Acts that lead to the level above, or that it has to hear of."""


def _receivers(
    session: Session,
    by: Identity,
    clocks: Clocks,
    new: Sequence[NewEvent],
    opened: Mapping[UUID, Case],
) -> Receivers:
    """Who would receive each case on any level; only asked where an act looks up."""
    asked = [opened[one.dispute_id] for one in new if Event(one.fields["event"]) in LOOKS_UP]
    if not asked:
        return {}
    kinds: dict[UUID, OfficeKind | None] = {case.id: None for case in asked}
    with suppress(NoPolicy):  # who is threatened waits for none
        policy = clocks.in_force.policy
        kinds = {case.id: route_for(policy, case.category) for case in asked}
    wanted = {
        (id_, level): kind.value if kind else None for id_, kind in kinds.items() for level in Level
    }
    return map_receivers_of(session, wanted, by.now)


def _named_by_its_way(event: NewEvent, case: Case) -> set[UUID]:
    """Offices that the case would go back to."""
    match event.fields["event"]:
        case Event.RETURN:
            return {held.office_id for held in case.holdings}
        case Event.REOPEN:
            return {case.held.office_id}
        case Event.UPHOLD_OBJECTION:
            return {held.sent_by for held in case.holdings if held.sent_by}
        case _:
            return set()


def asker_of(row: Row[Any]) -> Asker:
    """Who asks, as the database tells it."""
    served = [
        Served(
            UUID(office["id"]), Level(office["level"]), office["leads"], office["covers"] is True
        )
        for office in row.offices
    ]
    return Asker(row.judged_at, served, row.aside)


def case_of(row: Row[Any]) -> Case:
    """Where a case stands, as the database tells it."""
    facts = row.facts
    case = Case(
        id=row.dispute_id,
        category=Category(facts["category"]),
        area_code=facts["area_code"],
        status=State(facts["status"]),
        holdings=[_held(one) for one in facts["holdings"]],
        places=facts["places"] or (),
        parties={UUID(party) for party in facts["parties"] or ()},
        joint={UUID(office): UUID(event) for office, event in (facts["joint"] or {}).items()},
        supervised={UUID(began): _watch(one) for began, one in (facts["supervised"] or {}).items()},
        open_terms=set(facts["open_terms"] or ()),
        last_term=facts["last_term"] or 0,
        court_open=facts["court_open"],
        same_open=facts["same_open"],
        recused={UUID(one) for one in facts["aside"] or ()},
        acted=facts["acted"],
        disposition=facts["disposition"],
        follow_up_until=_time(facts["follow_up_until"]),
        alerted_at=_time(facts["alerted_at"]),
    )
    case.head_is_party = case.held.office_id in case.recused
    return case


def _watch(row: Mapping[str, Any]) -> Watch:
    return Watch(row["kind"], Level(row["level"]) if row["level"] else None)


_IDS = ("id", "office_id", "policy_id", "climbed_from", "sent_by", "request_party_id")
_TIMES = (
    *("begun_at", "received_at", "accepted_at", "extension_asked_at", "extension_answer_by"),
    *("overdue_at", "ended_at", "objection_by", "objected_at", "objection_decided_at"),
    *("request_at", "request_answer_by", "request_answered_at", "warned_at", "due_at"),
)
_PLAIN = ("n", "code", "extension_declined", "extended", "ended_how", "begun_how")


def _held(row: Mapping[str, Any]) -> Held:
    bars = (datetime.fromisoformat(row[name]) for name in ("accept_by", "handle_by"))
    columns: dict[str, Any] = {
        "level": Level(row["level"]),
        "deadlines": Deadlines(*bars),
        "left_in": State(row["left_in"] or State.REGISTERED),
        **{name: row[name] and UUID(row[name]) for name in _IDS},
        **{name: _time(row[name]) for name in _TIMES},
        **{name: row[name] for name in _PLAIN},
    }
    return Held(**columns)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
