"""What a move does to a case: who acts, what is known, and how its Holding changes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from server.ladder.calendar import Limit, WorkingCalendar
from server.ladder.clocks import Deadlines, due_at, extend
from server.ladder.routing import Category, Level
from server.ladder.states import OPEN, Actor, Event, Move, Need, Refusal, State, decide


@dataclass(frozen=True, slots=True)
class Served:
    """An Office that somebody acted for at the time of an act."""

    office_id: UUID
    level: Level
    leads: bool
    covers: bool  # the case lies in its Area


@dataclass(slots=True)
class Held:
    """The last Holding of a case, while an act is being worked out."""

    id: UUID
    n: int
    office_id: UUID
    level: Level
    policy_id: UUID
    begun_at: datetime  # when what began it was recorded
    received_at: datetime
    deadlines: Deadlines
    accepted_at: datetime | None = None
    extension_asked_at: datetime | None = None
    extended: bool = False
    overdue_at: datetime | None = None
    ended_at: datetime | None = None
    ended_how: str | None = None
    climbed_from: UUID | None = None


@dataclass(slots=True)
class Case:
    """A dispute under lock."""

    id: UUID
    category: Category
    area_code: str
    status: State
    held: Held

    @property
    def due_at(self) -> datetime | None:
        """What bars now."""
        return None if self.held.ended_at else due_at(self.status, self.held.deadlines)


@dataclass(frozen=True, slots=True)
class Receiver:
    """The Office that receives a case. `stands_in`: it does so for one below that has nobody."""

    office_id: UUID
    level: Level
    stands_in: bool


def judge(
    case: Case,
    event: Event,
    served: Collection[Served],
    at: datetime,
    given: frozenset[Need],
    above: Receiver | None,
) -> tuple[Move, UUID | None] | Refusal:
    """The move and the Office it is made for, as the nearest to the case that the asker was at `at`
    and that may; else the refusal that the nearest gets.

    Who is the handler follows from the case as it stands: what was handed over is another's. A move
    that was recorded before the present Holding began was meant for another one. `above`: who would
    receive the case one level up.
    """
    if event is not Event.NOTE and at < case.held.begun_at:
        return _MEANT_FOR_ANOTHER
    known = frozenset(given | _facts(case, above))
    answers = [
        (decide(case.status, event, actor, known), office)
        for actor, office in _actors(case.held, served)
    ]
    for answer, office in answers:
        if isinstance(answer, Move):
            return answer, office
    first = answers[0][0]
    assert isinstance(first, Refusal)  # noqa: S101 (no answer was a move)
    return first


_MEANT_FOR_ANOTHER = Refusal(
    "before-this-holding",
    "案件此后已转办或重新受理，本记录保留为备注；请按现状办理。",
    "The case was handed on or reopened after this was written: it is kept as a note.",
)


def _actors(held: Held, served: Collection[Served]) -> Iterator[tuple[Actor, UUID | None]]:
    """As what somebody may act, the nearest to the case first, and for which Office."""
    if any(office.office_id == held.office_id for office in served):
        yield Actor.HANDLER, held.office_id
    above = [office for office in served if _is_above(office, held)]
    if above:
        yield Actor.UPPER, max(above, key=lambda office: office.level.digits).office_id
    yield Actor.OBSERVER, None


def _is_above(office: Served, held: Held) -> bool:
    # At the county its named leader stands for the level above.
    if held.level is Level.COUNTY:
        return office.leads and office.office_id == held.office_id
    return office.covers and office.level.digits < held.level.digits


def _facts(case: Case, above: Receiver | None) -> frozenset[Need]:
    asked = case.held.extension_asked_at is not None
    facts = {
        Need.LEVEL_ABOVE: above is not None,
        Need.FIRST_EXTENSION: not asked,
        Need.EXTENSION_ASKED: asked and not case.held.extended,
    }
    return frozenset(need for need, true in facts.items() if true)


def take(case: Case, move: Move, at: datetime) -> None:
    """Let a move take effect on the case and its present Holding; `at` is when it was recorded."""
    held = case.held
    at = max(at, held.received_at)
    case.status = move.after
    if move.event is Event.ACCEPT:
        held.accepted_at = at
    if move.event is Event.EXTEND:
        held.extension_asked_at = at
    if held.ended_at is None and (move.ends_the_holding or move.after not in OPEN):
        held.ended_at, held.ended_how = at, move.event.value


def grant_extension(case: Case, by: Limit, calendar: WorkingCalendar, now: datetime) -> None:
    """Move the handling limit, from the old one or, where that is over, from `now` on.

    A case that was overdue is so no more, until the new limit. Raises CalendarGap.
    """
    old = case.held.deadlines
    counted = replace(old, handle_by=max(old.handle_by, now))
    case.held.deadlines = extend(counted, by, calendar)
    case.held.extended, case.held.overdue_at = True, None


def hand_over(case: Case, to: Held) -> None:
    """Another Office receives the case, or the same one anew."""
    case.held = to
