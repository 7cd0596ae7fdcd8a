"""Who has to hear of a move: notices owed to the Offices that it concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from server.disputes.rules.cases import Case, Held, Receivers
from server.ladder.kinds import Actor, Event
from server.ladder.routing import Level
from server.ladder.states import OPEN, Move
from server.notices.rules import Kind, Notice


def notices_of(
    case: Case, before: Held, move: Move, actor: Actor, office_id: UUID | None, told: Told
) -> list[Notice]:
    """What is owed for a move that was just made; `before` held the case until then."""
    body = {
        **told.body,
        "event": move.event.value,
        "from_status": move.before.value,
        "status": case.status.value,
        "level": case.held.level.value,
        "office_id": case.held.office_id,
        "by": actor.value,
    }
    return [
        Notice(kind, case.id, _once_each(offices, case.recused), body, told.once)
        for kind, offices in _owed(case, before, move, office_id, told)
    ]


class Told:
    """What a notice says beside the move itself, and who would receive the case above."""

    def __init__(
        self, receivers: Receivers, event_id: UUID, once: str | None = None, **body: Any
    ) -> None:
        self.receivers, self.once = receivers, once
        self.body = {"event_id": event_id, **{k: v for k, v in body.items() if v is not None}}

    def above(self, case: Case, held: Held) -> list[UUID]:
        """The Office that would receive the case above `held`."""
        higher = [level for level in Level if level.digits < held.level.digits]
        found = [self.receivers.get((case.id, level)) for level in higher[:1]]
        return [one.office_id for one in found if one]

    def everywhere(self, case: Case) -> list[UUID]:
        """The Offices that would receive the case on every level."""
        return [one.office_id for (id_, _), one in self.receivers.items() if id_ == case.id]


def late_record(case: Case, event_id: UUID, refused: str, intended: Event) -> Notice:
    """A record that was in time came late: whoever holds the case decides whether it holds."""
    body = {"event_id": event_id, "refused": refused, "intended": intended.value}
    return Notice(Kind.LATE_RECORD, case.id, (case.held.office_id,), body)


def climb_withdrawn(case: Case, upper: Held, lower: Held, event_id: UUID) -> Notice:
    """A climb counts as never made: both Offices hear of it."""
    body = {"event_id": event_id, "event": "withdraw_climb", "office_id": lower.office_id}
    return Notice(Kind.LATE_RECORD, case.id, (upper.office_id, lower.office_id), body)


_RECEIVED = {
    Event.HAND_DOWN: Kind.HANDED_DOWN,
    Event.RETURN: Kind.RETURNED,
    Event.TRANSFER: Kind.TRANSFERRED,
    Event.REOPEN: Kind.REOPENED,
}
_AT_THE_HOLDERS = {
    Event.DISMISS_OBJECTION: Kind.OBJECTION_DECIDED,
    Event.GRANT_EXTENSION: Kind.EXTENSION_ANSWERED,
    Event.DECLINE_EXTENSION: Kind.EXTENSION_ANSWERED,
    Event.SUPERVISE: Kind.SUPERVISED,
    Event.LIFT: Kind.LIFTED,
    Event.RECUSE: Kind.RECUSED,
}
_AT_BOTH_LEVELS = {
    Event.EXTEND: Kind.EXTENSION_ASKED,
    Event.REQUEST: Kind.PARTY_REQUEST,
    Event.ANSWER: Kind.REQUEST_ANSWERED,
    Event.STAY: Kind.REQUEST_ANSWERED,
    Event.ASK_RECUSAL: Kind.RECUSED,
}

_RID = frozenset({Event.WITHDRAW, Event.REFUSE, Event.FAIL, Event.REFER, Event.MERGE})


def _owed(
    case: Case, before: Held, move: Move, office_id: UUID | None, told: Told
) -> Iterable[tuple[Kind, Sequence[UUID | None]]]:
    """(kind, the Offices that it concerns); whoever makes a move need not be told of it."""
    event, now = move.event, case.held
    # Who held it, who sent it there and stays answerable, who helps.
    near = [before.office_id, before.sent_by, *case.joint]
    if move.starts_a_holding:
        own = event is Event.REOPEN and office_id == now.office_id
        above = told.above(case, now) if own else []
        yield _RECEIVED.get(event, Kind.RECEIVED), [now.office_id, *above]
        if event is Event.UPHOLD_OBJECTION:
            yield Kind.OBJECTION_DECIDED, [before.office_id]
        elif left := [one for one in near if one and one not in (now.office_id, office_id)]:
            yield Kind.TRANSFERRED, left
    elif event is Event.OBJECT:
        yield Kind.OBJECTION, [before.sent_by]
    elif event in (Event.JOIN, Event.LEAVE):
        helps = told.body.get("to_office")
        yield Kind.JOINED, [helps, now.office_id if office_id != now.office_id else None]
    elif event is Event.ALERT:
        yield Kind.ALERT, [*near, *told.everywhere(case)]
    elif event in _AT_BOTH_LEVELS:
        yield _AT_BOTH_LEVELS[event], [now.office_id, *told.above(case, now)]
    elif event in _AT_THE_HOLDERS:
        yield _AT_THE_HOLDERS[event], [now.office_id]
    elif event is Event.SETTLE:
        yield Kind.SETTLED, near
    elif move.after is not move.before and move.after not in OPEN:
        # What its holder lets go by its own word, the Office above hears of.
        rid = event in _RID and office_id == now.office_id
        yield Kind.CLOSED, [*near, *(told.above(case, now) if rid else [])]


def _once_each(offices: Iterable[UUID | None], aside: Collection[UUID]) -> tuple[UUID, ...]:
    """Whoever steps aside hears nothing."""
    return tuple(dict.fromkeys(office for office in offices if office and office not in aside))
