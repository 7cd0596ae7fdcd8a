"""Acting on disputes: every move is judged by the ladder, and none of a phone is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.access.models import User
from server.audit.service import record
from server.db import Identity
from server.disputes.errors import BadDisputeEvent, DisputeNotFound, MoveRefused
from server.disputes.queries import cases
from server.disputes.rules.form import supplied, wrong_event
from server.disputes.rules.moves import (
    Case,
    Held,
    Receiver,
    Served,
    hand_over,
    judge,
    take,
)
from server.disputes.service.clocks import Clocks
from server.disputes.service.events import event_row, stands_in_row, times
from server.ids import new_id
from server.ladder.clocks import Deadlines, next_level
from server.ladder.routing import Category, Level
from server.ladder.states import GOES_UP, Event, Move, Refusal, State


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An act as somebody wrote it down: `fields` are those of rules.form.EVENT_FIELDS."""

    id: UUID
    fields: Mapping[str, Any]
    occurred_at: datetime
    recorded_at: datetime
    proof: str = "proved"
    done_by: UUID | None = None  # None: whoever records it


def act(session: Session, by: Identity, new: NewEvent) -> None:
    """One act at a desk. Raises BadDisputeEvent, DisputeNotFound, MoveRefused with what to do."""
    _Acts(session, by, [new], strict=True).run()


def append_events(session: Session, by: Identity, new: Sequence[NewEvent]) -> None:
    """Acts from a phone, set-wise and in order; authority is judged at the time of recording.

    An illegal move is kept as a note that says what was meant and why it was refused. Raises
    BadDisputeEvent or DisputeNotFound, with `index`.
    """
    _Acts(session, by, new, strict=False).run()


@dataclass
class _Acts:
    """A run of acts while it is worked out: cases under lock, and what is to be written."""

    session: Session
    by: Identity
    new: Sequence[NewEvent]
    strict: bool
    cases: dict[UUID, Case] = field(default_factory=dict)
    above: Mapping[tuple[str, Level], Receiver] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    opened: dict[UUID, Held] = field(default_factory=dict)  # by dispute, not yet written
    touched: dict[UUID, Held] = field(default_factory=dict)  # by id, changed

    def run(self) -> None:
        for index, event in enumerate(self.new):
            if wrong := wrong_event(event.fields, event.occurred_at, event.recorded_at):
                raise BadDisputeEvent(index=index, errors=wrong)
        self._check_who_did_it()
        self.clocks = Clocks(self.session, self.by.now)
        asked = [(_id(event), event.recorded_at) for event in self.new]
        rows = cases.lock_cases(self.session, asked)
        for index in range(len(self.new)):
            if index not in rows:
                raise DisputeNotFound(index=index)
        self.cases = {row.dispute_id: _case(row) for row in rows.values()}
        self.above = self._look_above()
        for index, event in enumerate(self.new):
            self._do(event, rows[index])
        self._write()
        record(
            self.session,
            "dispute.act",
            ids=list(self.cases)[:50],
            events=[event.fields["event"] for event in self.new][:50],
            count=len(self.new),
        )

    def _check_who_did_it(self) -> None:
        known = cases.list_known(self.session, User, {event.done_by for event in self.new})
        for index, event in enumerate(self.new):
            if event.done_by and event.done_by not in known:
                raise BadDisputeEvent(index=index, errors={"done_by": "unknown"})

    def _look_above(self) -> Mapping[tuple[str, Level], Receiver]:
        """Who would receive each case on any level above; only asked where somebody escalates."""
        codes = {
            self.cases[_id(event)].area_code
            for event in self.new
            if event.fields["event"] == Event.ESCALATE
        }
        levels = [level for level in Level if level is not Level.VILLAGE]
        asked = [(code, level) for code in codes for level in levels]
        return cases.map_receivers(self.session, asked, self.by.now) if asked else {}

    def _do(self, new: NewEvent, row: Row[Any]) -> None:
        case, event = self.cases[_id(new)], Event(new.fields["event"])
        if case.id in self.opened:
            self._write()  # an event belongs to a Holding that stands already
        up = next_level(case.held.level)
        above = self.above.get((case.area_code, up)) if up else None
        # At a desk one acts on what stands there, whatever the clocks say.
        at = max(row.judged_at, case.held.begun_at) if self.strict else row.judged_at
        answer = judge(case, event, _served(row), at, supplied(new.fields), above)
        if isinstance(answer, Refusal):
            self._refuse(new, case, event, answer)
            return
        move, office_id = answer
        self.events.append(self._row(new, case, event, move.after, office_id=office_id))
        if event is not Event.NOTE:
            self._take(case, move, at, above)

    def _take(self, case: Case, move: Move, at: datetime, above: Receiver | None) -> None:
        self.touched[case.held.id] = case.held
        take(case, move, at)
        if move.event is Event.GRANT_EXTENSION:
            self.clocks.extend(case)
        if move.starts_a_holding:
            before = case.held
            up = above if move.event in GOES_UP else None
            to = up or Receiver(before.office_id, before.level, stands_in=False)
            hand_over(case, self._begin(case, to, at, before.id if up else None))
            self.opened[case.id] = case.held
            if to.stands_in:
                self.notes.append(stands_in_row(self.by, case.id, case.held.id))

    def _begin(
        self, case: Case, to: Receiver, begun_at: datetime, climbed_from: UUID | None
    ) -> Held:
        """An Office receives the case now: its own clock, under the policy of now."""
        return Held(
            id=new_id(self.by.now),
            n=case.held.n + 1,
            office_id=to.office_id,
            level=to.level,
            policy_id=self.clocks.in_force.id,
            begun_at=begun_at,
            received_at=self.by.now,
            deadlines=self.clocks.start(case.category, to.level),
            climbed_from=climbed_from,
        )

    def _refuse(self, new: NewEvent, case: Case, event: Event, refusal: Refusal) -> None:
        if self.strict:
            raise MoveRefused(f"{refusal.zh} {refusal.en}", errors={"event": refusal.slug})
        note = self._row(new, case, Event.NOTE, case.status)
        self.events.append({**note, "refused": refusal.slug, "intended": event.value})

    def _row(
        self, new: NewEvent, case: Case, kind: Event, after: State, **more: Any
    ) -> dict[str, Any]:
        said = ("why", "agreement", "referred_to")
        row = event_row(
            self.by,
            case.id,
            kind.value,
            case.status,
            after,
            case.held.id,
            **{name: new.fields.get(name) for name in said},
            rights_told=bool(new.fields.get("rights_told")),
            **times(new.occurred_at, new.recorded_at, self.by.now, new.proof),
            **more,
        )
        return {**row, "id": new.id, "done_by": new.done_by or self.by.user_id}

    def _write(self) -> None:
        """Events first: row security lets a case change only beside one of the author's own."""
        cases.insert_events(self.session, self.events)
        opened = {held.id for held in self.opened.values()}
        known = list(self.cases.values())
        changed = [held for held in self.touched.values() if held.id not in opened]
        cases.update_holdings(
            self.session, [_held_row(held, _due(held, known)) for held in changed]
        )
        cases.insert_holdings(
            self.session,
            [
                {**_held_row(case.held, case.due_at), **_new_held(case)}
                for case in known
                if case.id in self.opened
            ],
        )
        moved = {row["dispute_id"] for row in self.events if row["kind"] != Event.NOTE}
        cases.update_disputes(
            self.session, [_dispute_row(case) for case in known if case.id in moved]
        )
        cases.insert_events(self.session, self.notes)
        self.events, self.notes, self.opened, self.touched = [], [], {}, {}


def _due(held: Held, known: Sequence[Case]) -> datetime | None:
    """What bars a Holding now; nothing, once it has ended."""
    return next((case.due_at for case in known if case.held is held), None)


def _held_row(held: Held, due_at: datetime | None) -> dict[str, Any]:
    return {
        "id": held.id,
        "accept_by": held.deadlines.accept_by,
        "handle_by": held.deadlines.handle_by,
        "due_at": due_at,
        "accepted_at": held.accepted_at,
        "extension_asked_at": held.extension_asked_at,
        "extended": held.extended,
        "overdue_at": held.overdue_at,
        "ended_at": held.ended_at,
        "ended_how": held.ended_how,
    }


def _new_held(case: Case) -> dict[str, Any]:
    held = case.held
    return {
        "dispute_id": case.id,
        "n": held.n,
        "office_id": held.office_id,
        "level": held.level.value,
        "policy_id": held.policy_id,
        "begun_at": held.begun_at,
        "received_at": held.received_at,
        "climbed_from": held.climbed_from,
    }


def _dispute_row(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "status": case.status.value,
        "level": case.held.level.value,
        "office_id": case.held.office_id,
    }


def _case(row: Row[Any]) -> Case:
    held = Held(
        id=row.holding_id,
        n=row.n,
        office_id=row.office_id,
        level=Level(row.level),
        policy_id=row.policy_id,
        begun_at=row.begun_at,
        received_at=row.received_at,
        deadlines=Deadlines(row.accept_by, row.handle_by),
        accepted_at=row.accepted_at,
        extension_asked_at=row.extension_asked_at,
        extended=row.extended,
        overdue_at=row.overdue_at,
        ended_at=row.ended_at,
        ended_how=row.ended_how,
    )
    return Case(row.dispute_id, Category(row.category), row.area_code, State(row.status), held)


def _served(row: Row[Any]) -> list[Served]:
    return [
        Served(
            UUID(office["id"]), Level(office["level"]), office["leads"], office["covers"] is True
        )
        for office in row.offices
    ]


def _id(event: NewEvent) -> UUID:
    value = event.fields["dispute_id"]
    return value if isinstance(value, UUID) else UUID(value)
