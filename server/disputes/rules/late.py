"""Late sync is fair: what becomes of a record that was in time and came after the climb. Pure."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from datetime import datetime

from server.disputes.rules.cases import Case, Held, Served
from server.disputes.rules.facts import ENDS, Act
from server.disputes.rules.moves import judge, restore, take
from server.ladder.kinds import Actor, Event, State
from server.ladder.states import STOPS_THE_CLOCK, Move, Refusal, decide


def meant_for(case: Case, event: Event, served: Collection[Served], at: datetime) -> Held | None:
    """The Holding, climbed from since, whose clock this record would have stopped: its author acted
    for that Office, and wrote before the bar that fell. None: nothing of this is in question.
    """
    if event not in STOPS_THE_CLOCK:
        return None
    offices = {office.office_id for office in served}
    for held in reversed(case.holdings):
        climbed = held.ended_how == Event.CLIMB and held is not case.held
        if climbed and held.office_id in offices and held.begun_at <= at:
            bar = held.bar(held.left_in)
            return held if bar is not None and at < bar else None
    return None


def objection_to(case: Case, meant: Held, proof: str) -> Refusal | None:
    """Why the climb is not simply withdrawn: a person of the Office above decides then."""
    upper = case.held
    if proof != "proved":
        return _LATE_CLAIMED
    if upper.climbed_from != meant.id or upper.begun_how != Event.CLIMB or upper.ended_at:
        return _LATE_MOVED_ON
    return _LATE_ACTED if case.acted else None


def helps(
    case: Case, meant: Held, act: Act, served: Collection[Served], now: datetime
) -> bool | Refusal:
    """Whether the record, applied to the Office below, leaves it with time or with nothing to do.

    An acceptance in time does not help where the time to handle has run out as well. A refusal
    where the record is no legal move of that Office at all.
    """
    trial = deepcopy(case)
    lower = next(held for held in trial.holdings if held.id == meant.id)
    restore(trial, lower, now)
    judged = judge(trial, act, served)
    if isinstance(judged, Refusal):
        return judged
    take(trial, judged, act)
    if act.event is Event.EXTEND:  # it is to be answered, from now on
        return True
    due = trial.due_at
    return due is None or due > now


def may_be_honoured(case: Case, meant: Held, act: Act) -> bool:
    """Whether a person may let this late record hold: it ends the case of the Office below."""
    stands = meant.ended_how == Event.CLIMB and meant.n < case.held.n
    return stands and act.event in ENDS and isinstance(honoured(meant, act), Move)


def honoured(meant: Held, act: Act) -> Move | Refusal:
    """What the late record makes of the case as the Office below left it.

    What failed had been taken up, though that record came late too: the person above says so.
    """
    stood = State.IN_MEDIATION if act.event is Event.FAIL else meant.left_in
    given = frozenset(need.value for need in act.given)
    return decide(stood, act.event, Actor.HANDLER, given)


_LATE_CLAIMED = Refusal(
    "late-claimed",
    "本记录称在时限前所写，但手机时间无法证实；已保留为备注，由上级单位决定是否认可。",
    "It says that it was written in time, which the phone cannot prove: kept as a note, and the"
    " Office above decides whether it holds.",
)
_LATE_ACTED = Refusal(
    "late-acted",
    "本记录在时限前所写，但上级单位已着手办理；已保留为备注，由上级单位决定是否认可。",
    "It was written in time, but the Office above has acted since: kept as a note, and that Office"
    " decides whether it holds.",
)
_LATE_MOVED_ON = Refusal(
    "late-moved-on",
    "本记录在时限前所写，但案件此后已再次上报或转办；已保留为备注，由现承办单位决定是否认可。",
    "It was written in time, but the case has gone on since: kept as a note, and the Office that"
    " holds it now decides whether it holds.",
)
