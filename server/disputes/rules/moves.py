"""What a move does to a case: who acts, what is known, and how its Holding changes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from server.disputes.rules.cases import WITHDRAWN_CLIMB, Case, Held, Served
from server.disputes.rules.facts import Act, facts
from server.ladder.calendar import Limit, WorkingCalendar
from server.ladder.clocks import extend
from server.ladder.kinds import Actor, Event, State
from server.ladder.routing import Level
from server.ladder.states import NOT_YOURS, OPEN, Move, Refusal, decide


@dataclass(frozen=True, slots=True)
class Judged:
    """A legal move: as whom it is made, and for which Office."""

    move: Move
    actor: Actor
    office_id: UUID | None
    level: Level | None = None  # of that Office


def judge(case: Case, act: Act, served: Collection[Served]) -> Judged | Refusal:
    """The move, made as the nearest to the case that the asker was at `act.at` and that may; else
    the refusal that the nearest gets whom such a move is for.

    Who is the handler follows from the case as it stands: what was handed over is another's. A move
    that was recorded before the present Holding began was meant for another one.
    """
    if act.at < case.held.begun_at and act.event not in _OF_ANY_HOLDING:
        return _MEANT_FOR_ANOTHER
    return _first_that_may(case, act, list(_actors(case, act, served)))


def judge_party(case: Case, act: Act) -> Judged | Refusal:
    """The move of a party, who has no other part in the case."""
    return _first_that_may(case, act, [(Actor.PARTY, None, None)])


def _first_that_may(
    case: Case, act: Act, actors: Collection[tuple[Actor, UUID | None, Level | None]]
) -> Judged | Refusal:
    refusals = []
    for actor, office_id, level in actors:
        known = frozenset(need.value for need in facts(case, act, actor, level))
        answer = decide(case.status, act.event, actor, known, case.held.left_in)
        if isinstance(answer, Move):
            return Judged(answer, actor, office_id, level)
        refusals.append(answer)
    # What is missing tells more than that it is for somebody else.
    return next((one for one in refusals if one.slug != NOT_YOURS), refusals[0])


_OF_ANY_HOLDING = frozenset({Event.NOTE, Event.ALERT, Event.RECUSE, Event.ASK_RECUSAL})
"""What is said of the case itself, whoever holds it."""

_MEANT_FOR_ANOTHER = Refusal(
    "before-this-holding",
    "案件此后已转办或重新受理，本记录保留为备注；请按现状办理。",
    "The case was handed on or reopened after this was written: it is kept as a note.",
)


def _actors(
    case: Case, act: Act, served: Collection[Served]
) -> Iterator[tuple[Actor, UUID | None, Level | None]]:
    """As what somebody may act, the nearest to the case first, and for which Office."""
    held, mine = case.held, {office.office_id: office.level for office in served}
    if held.office_id in mine:
        yield Actor.HANDLER, held.office_id, held.level
    above = [office for office in served if _is_above(office, held, act)]
    if above:
        nearest = max(above, key=lambda office: office.level.digits)
        yield Actor.UPPER, nearest.office_id, nearest.level
    if held.sent_by in mine:
        yield Actor.SENDER, held.sent_by, mine[held.sent_by]
    joint = sorted(mine.keys() & case.joint.keys())
    if joint:
        yield Actor.JOINT, joint[0], mine[joint[0]]
    yield Actor.OBSERVER, None, None


def _is_above(office: Served, held: Held, act: Act) -> bool:
    # At the county its named leader stands for the level above.
    if held.level is Level.COUNTY:
        return office.leads and office.office_id == held.office_id
    if act.leader_grants and not office.leads:
        return False
    return office.covers and office.level.digits < held.level.digits


def take(case: Case, judged: Judged, act: Act) -> None:
    """Let a move take effect on the case and its present Holding. What it starts elsewhere (another
    Holding, an answer by a certain time) is not done here.
    """
    held, move = case.held, judged.move
    at = max(act.at, held.received_at)
    case.status = move.after
    match move.event:
        case Event.ACCEPT:
            held.accepted_at = at
        case Event.EXTEND:
            held.extension_asked_at = at
        case Event.DECLINE_EXTENSION:
            held.extension_declined = True
        case Event.OBJECT:
            held.objected_at = at
        case Event.UPHOLD_OBJECTION | Event.DISMISS_OBJECTION:
            held.objection_decided_at = at
        case Event.REQUEST:
            held.request_party_id, held.request_at = act.party_id, at
            held.request_answered_at = None
        case Event.ANSWER:
            held.request_answered_at = at
        case Event.STAY:
            held.request_party_id = held.request_at = held.request_answer_by = None
            held.request_answered_at = None
        case Event.ALERT:
            case.alerted_at = case.alerted_at or at
        case Event.FULFIL if act.term is not None:
            case.open_terms.discard(act.term)
        case Event.ASK_COURT:
            case.court_open = False
    if case.status is not State.SETTLED:
        case.follow_up_until = None
    if held.ended_at is None and (move.ends_the_holding or move.after not in OPEN):
        held.ended_at, held.ended_how = at, move.event.value


def restore(case: Case, lower: Held, at: datetime) -> list[Held]:
    """The climb from `lower` counts as never made, nor whatever came of it: that Office has the
    case, in the state and with the clocks that it had. The Holdings that this changes.
    """
    later = [held for held in case.holdings if held.n > lower.n and not held.withdrawn]
    for held in later:
        held.ended_at = held.ended_at or max(at, held.received_at)
        held.ended_how = WITHDRAWN_CLIMB
    lower.ended_at = lower.ended_how = None
    case.status = lower.left_in
    case.acted = True
    return [*later, lower]


def grant_extension(case: Case, by: Limit, calendar: WorkingCalendar, now: datetime) -> None:
    """Move the handling limit, from the old one or, where that is over, from `now` on.

    A case that was overdue is so no more, until the new limit. Raises CalendarGap.
    """
    old = case.held.deadlines
    counted = replace(old, handle_by=max(old.handle_by, now))
    case.held.deadlines = extend(counted, by, calendar)
    case.held.extended, case.held.overdue_at = True, None
