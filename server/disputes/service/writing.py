"""What a run of acts leaves behind, written set-wise: a bounded number of statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.db import Identity
from server.disputes.queries import cases as queries
from server.disputes.rules.cases import Case, Held
from server.disputes.service.effects import TOUCHES_TERMS, Done, write_effects
from server.disputes.service.recusing import recuse
from server.ids import new_id


@dataclass
class Writing:
    """Rows of a run that wait to be written. Events go first: row security lets a case change only
    beside one of the author's own.
    """

    session: Session
    by: Identity
    events: list[dict[str, Any]] = field(default_factory=list)
    follow: list[dict[str, Any]] = field(default_factory=list)  # events that come by themselves
    touched: dict[UUID, Held] = field(default_factory=dict)
    begun: dict[UUID, Held] = field(default_factory=dict)  # by case
    moved: dict[UUID, Case] = field(default_factory=dict)
    restored: set[UUID] = field(default_factory=set)
    joint: dict[UUID, dict[str, Any]] = field(default_factory=dict)  # by the event that began it
    joint_ended: list[dict[str, Any]] = field(default_factory=list)
    supervised: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    lifted: list[dict[str, Any]] = field(default_factory=list)
    aside: list[tuple[UUID, UUID, str, UUID]] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)

    def must_come_first(self, case: Case) -> bool:
        """Whether this has to stand before another act on the case: its event belongs to a Holding
        that stands already, and is judged by what is agreed.
        """
        agreed = any(one.case is case and one.move.event in TOUCHES_TERMS for one in self.done)
        return case.id in self.begun or case.id in self.restored or agreed

    def next_id(self) -> UUID:
        """The id of an event that the server itself writes."""
        return new_id(self.by.now)

    def begin(self, case: Case, held: Held) -> None:
        """Another Office has the case from here on, or the same one anew."""
        case.holdings.append(held)
        self.begun[case.id] = held

    def write(self) -> None:
        """Write it all, once. Raises BadDisputeEvent."""
        queries.insert_events(self.session, self.events)
        self._write_holdings()
        dispute_rows = [_dispute_row(case) for case in self.moved.values()]
        queries.update_disputes(self.session, dispute_rows)
        queries.insert_events(self.session, self.follow)
        new_joint, new_supervised = list(self.joint.values()), list(self.supervised.values())
        queries.insert_around(self.session, new_joint, new_supervised)
        queries.update_around(self.session, self.joint_ended, self.lifted)
        write_effects(self.session, self.by, self.done)
        for dispute_id, person, found_by, event_id in self.aside:
            recuse(self.session, self.by, dispute_id, person, found_by, event_id)

    def _write_holdings(self) -> None:
        known = {case.held.id: case for case in self.moved.values()}
        begun = {held.id for held in self.begun.values()}
        changed = [
            _held_row(held, known.get(held.id), self.by.now)
            for held in self.touched.values()
            if held.id not in begun
        ]
        # Those that end first: a case has one present Holding at every moment.
        queries.update_holdings(self.session, [row for row in changed if row["ended_at"]])
        queries.update_holdings(self.session, [row for row in changed if not row["ended_at"]])
        queries.insert_holdings(
            self.session,
            [
                {
                    **_held_row(held, known.get(held.id), self.by.now),
                    **_new_held(dispute_id, held),
                }
                for dispute_id, held in self.begun.items()
            ],
        )


def _held_row(held: Held, case: Case | None, now: datetime) -> dict[str, Any]:
    due_at = case.due_at if case and case.held is held else None
    if due_at != held.due_at:  # nobody was warned of this bar
        held.due_at, held.warned_at = due_at, None
    if due_at and due_at > now:
        held.overdue_at = None
    return {
        "id": held.id,
        "accept_by": held.deadlines.accept_by,
        "handle_by": held.deadlines.handle_by,
        **{name: getattr(held, name) for name in _CHANGES},
    }


_CHANGES = (
    *("due_at", "accepted_at", "extension_asked_at", "extension_answer_by", "extension_declined"),
    *("extended", "overdue_at", "ended_at", "ended_how", "objected_at", "objection_decided_at"),
    *("request_party_id", "request_at", "request_answer_by", "request_answered_at", "warned_at"),
)


def _new_held(dispute_id: UUID, held: Held) -> Mapping[str, Any]:
    plain = ("n", "office_id", "policy_id", "begun_at", "received_at", "climbed_from")
    sent = ("begun_how", "sent_by", "objection_by")
    return {
        "dispute_id": dispute_id,
        "level": held.level.value,
        **{name: getattr(held, name) for name in (*plain, *sent)},
    }


def _dispute_row(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "status": case.status.value,
        "level": case.held.level.value,
        "office_id": case.held.office_id,
        "follow_up_until": case.follow_up_until,
        "alerted_at": case.alerted_at,
    }
