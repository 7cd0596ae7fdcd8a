"""What a move does to a case: who acts, what is known, and how its Holding changes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.ladder.calendar import Limit, WorkingCalendar
from server.ladder.clocks import Deadlines, due_at, extend
from server.ladder.routing import Category, Level
from server.ladder.states import OPEN, Actor, Event, Move, Need, Refusal, State, decide


@dataclass(frozen=True, slots=True)
class Relation:
    """What somebody was to a case at the time of an act."""

    handler: bool = False
    upper_office: UUID | None = None  # an Office above that they act for
    party: bool = False

    def actors(self, holder: UUID) -> Iterator[tuple[Actor, UUID | None]]:
        """As what they may act, the nearest to the case first, and for which Office."""
        if self.handler:
            yield Actor.HANDLER, holder
        if self.upper_office:
            yield Actor.UPPER, self.upper_office
        if self.party:
            yield Actor.PARTY, None
        yield Actor.OBSERVER, None


@dataclass(slots=True)
class Held:
    """The last Holding of a case, while an act is being worked out."""

    id: UUID
    n: int
    office_id: UUID
    level: Level
    policy_id: UUID
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
    case: Case, event: Event, relation: Relation, given: frozenset[Need], above: Receiver | None
) -> tuple[Move, UUID | None] | Refusal:
    """The move and the Office it is made for, as the first of the asker's relations that may.

    Else the refusal that the nearest relation gets. `above`: who would receive it one level up.
    """
    known = frozenset(given | _facts(case, above))
    answers = [
        (decide(case.status, event, actor, known), office)
        for actor, office in relation.actors(case.held.office_id)
    ]
    for answer, office in answers:
        if isinstance(answer, Move):
            return answer, office
    first = answers[0][0]
    assert isinstance(first, Refusal)  # noqa: S101 (no answer was a move)
    return first


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


def grant_extension(case: Case, by: Limit, calendar: WorkingCalendar) -> None:
    """Move the handling limit; a case that was overdue is so no more, until the new one."""
    case.held.deadlines = extend(case.held.deadlines, by, calendar)
    case.held.extended, case.held.overdue_at = True, None


def hand_over(case: Case, to: Held) -> None:
    """Another Office receives the case, or the same one anew."""
    case.held = to
