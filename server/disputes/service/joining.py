"""The same matter again: it joins the open case and is counted there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.db import Identity
from server.disputes.queries import cases, files
from server.disputes.queries.recusals import list_apart
from server.disputes.rules.registering import NewDispute
from server.disputes.service.events import event_row, times
from server.ladder.kinds import Event, State
from server.ladder.states import OPEN
from server.notices.rules import Kind, Notice
from server.notices.service import owe


def join_open(
    session: Session, by: Identity, new: Sequence[NewDispute], holdings: Mapping[UUID, UUID]
) -> set[UUID]:
    """Let those that were said to be the same matter join the case in which it goes on.

    They stand already, as newly registered; `holdings`: dispute → its first Holding, which ends
    here. Returns those that cannot join: their matter is not open, the asker did not know of that
    case when it was recorded, or who handles it must step aside from this one.
    """
    same = [one for one in new if one.relation == "same"]
    if not same:
        return set()
    joining = _Joining(session, by, holdings)
    left = joining.take(same)
    joining.write()
    return left


@dataclass(frozen=True, slots=True)
class _Open:
    """A case that another one joins."""

    status: State
    holding_id: UUID
    office_id: UUID


@dataclass
class _Joining:
    session: Session
    by: Identity
    holdings: Mapping[UUID, UUID]
    into: dict[UUID, UUID] = field(default_factory=dict)  # joined → the case it goes on in
    again: list[dict[str, Any]] = field(default_factory=list)
    merged: list[dict[str, Any]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def take(self, same: Sequence[NewDispute]) -> set[UUID]:
        """In their order: one that joined takes those along that name it."""
        named = {one.related_id for one in same if one.related_id}
        matters = files.map_matters(self.session, named)
        opened, known = self._open(same, matters)
        asked = {one.id: matters.get(one.related_id) for one in same if one.related_id}
        apart = list_apart(self.session, {one: to for one, to in asked.items() if to})
        left = set()
        for index, one in enumerate(same):
            to = self._matter(matters.get(one.related_id)) if one.related_id else None
            if index in known and to in opened and to != one.id and one.id not in apart:
                self._join(one, to, opened[to])
            else:
                left.add(one.id)
        return left

    def _open(
        self, same: Sequence[NewDispute], matters: Mapping[UUID, UUID]
    ) -> tuple[dict[UUID, _Open], set[int]]:
        """The open cases among these, and which of the new ones may name theirs."""
        asked = {
            index: (matters[one.related_id], one.recorded_at)
            for index, one in enumerate(same)
            if one.related_id and one.related_id in matters
        }
        if not asked:
            return {}, set()
        rows = cases.lock_cases(self.session, list(asked.values()))
        facts = {row.dispute_id: row.facts for row in rows.values() if row.facts}
        opened = {id_: _opened(of) for id_, of in facts.items() if of["status"] in OPEN}
        known = {index for k, index in enumerate(asked) if k in rows and not rows[k].aside}
        return opened, known

    def _matter(self, dispute: UUID | None) -> UUID | None:
        while dispute in self.into:
            dispute = self.into[dispute]
        return dispute

    def _join(self, one: NewDispute, to: UUID, case: _Open) -> None:
        by, nobody = self.by, {"done_by": None, "recorded_by": None, "device_id": None}
        self.into[one.id] = to
        self.merged.append(
            event_row(
                by,
                one.id,
                Event.MERGE.value,
                State.REGISTERED,
                State.JOINED,
                self.holdings[one.id],
                details={"into": str(to)},
                **nobody,
            )
        )
        self.again.append(
            event_row(
                by,
                to,
                Event.AGAIN.value,
                case.status,
                case.status,
                case.holding_id,
                details={"from": str(one.id)},
                done_by=one.done_by or by.user_id,
                **times(one.occurred_at, one.recorded_at, by.now, one.proof),
            )
        )
        body = {"from": one.id}
        self.notices.append(Notice(Kind.AGAIN, to, (case.office_id,), body))

    def write(self) -> None:
        """The joined ones first: only who brought a matter again may say so in its case."""
        if not self.into:
            return
        ended = {"due_at": None, "ended_at": self.by.now, "ended_how": Event.MERGE.value}
        cases.insert_events(self.session, self.merged)
        cases.update_holdings(
            self.session, [{"id": self.holdings[one], **ended} for one in self.into]
        )
        cases.update_disputes(
            self.session,
            [
                {"id": one, "status": State.JOINED.value, "related_id": to}
                for one, to in self.into.items()
            ],
        )
        cases.insert_events(self.session, self.again)
        files.count_again(self.session, list(self.into.values()))
        owe(self.session, self.by, self.notices)


def _opened(facts: Mapping[str, Any]) -> _Open:
    held = [one for one in facts["holdings"] if one["ended_how"] != "withdrawn_climb"][-1]
    return _Open(State(facts["status"]), UUID(held["id"]), UUID(held["office_id"]))
