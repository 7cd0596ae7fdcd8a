"""The states of a dispute and the one table of moves between them.

The table says who may do what, from which states, and what has to be given. It is checked against
the contract of the ladder by reading it; everything below it only looks things up.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.ladder.advice import ADVICE
from server.ladder.kinds import Actor, Clock, Event, Need, Restored, State


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: in any of `states`, any of `actors` may do `event`. `to` None: the state stays."""

    event: Event
    states: tuple[State, ...]
    actors: tuple[Actor, ...]
    to: State | Restored | None
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """A legal move."""

    event: Event
    before: State
    after: State

    @property
    def ends_the_holding(self) -> bool:
        """The Office no longer holds an open case: it was ended here, or has gone elsewhere."""
        return self.before in OPEN and (self.after not in OPEN or self.starts_a_holding)

    @property
    def starts_a_holding(self) -> bool:
        """Some Office receives the case now, with clocks of its own."""
        return self.event in HANDS_ON or self.event is Event.REOPEN


@dataclass(frozen=True, slots=True)
class Refusal:
    """An illegal move: why, and what to do instead. From a phone it is kept as a note."""

    slug: str
    zh: str
    en: str


# Aliases, so that a row of the table fits on a line.
# fmt: off
REGISTERED, ACCEPTED, MEDIATING = State.REGISTERED, State.ACCEPTED, State.IN_MEDIATION
SETTLED, CLOSED, UNSETTLED = State.SETTLED, State.CLOSED, State.UNSETTLED
REFERRED, WITHDRAWN, REFUSED, JOINED = (
    State.REFERRED, State.WITHDRAWN, State.REFUSED, State.JOINED)
HANDLER, UPPER, SENDER, JOINT = Actor.HANDLER, Actor.UPPER, Actor.SENDER, Actor.JOINT
PARTY, CLOCK, OBSERVER = Actor.PARTY, Actor.CLOCK, Actor.OBSERVER
BEFORE_CLIMB = Restored.BEFORE_CLIMB

ANY = tuple(State)
ACTIVE = (REGISTERED, ACCEPTED, MEDIATING)
TAKEN_UP = (ACCEPTED, MEDIATING)
AT_REST = (SETTLED, CLOSED, UNSETTLED, REFERRED, WITHDRAWN, REFUSED)
STAFF = (HANDLER, UPPER, SENDER, JOINT, OBSERVER)

RULES: tuple[Rule, ...] = (
    Rule(Event.ACCEPT,   (REGISTERED,), (HANDLER,), ACCEPTED),
    Rule(Event.MEDIATE,  TAKEN_UP, (HANDLER, JOINT), MEDIATING),  # again: another session
    Rule(Event.DISPOSE,  TAKEN_UP,      (HANDLER,), None,      (Need.DISPOSITION,)),
    # A small quarrel is settled on the spot, before anybody wrote down that it was accepted.
    Rule(Event.SETTLE,   ACTIVE,        (HANDLER,), SETTLED,   (Need.AGREEMENT,)),
    Rule(Event.FULFIL,   (SETTLED,),    (HANDLER, JOINT), None, (Need.TERM,)),
    Rule(Event.ASK_COURT, (SETTLED, CLOSED), (HANDLER, JOINT), None, (Need.COURT_OPEN,)),
    Rule(Event.CLOSE,    (SETTLED,),    (HANDLER,), CLOSED,    (Need.TERMS_DONE,)),
    Rule(Event.CLOSE,    (SETTLED,),    (CLOCK,),   CLOSED,    (Need.FOLLOW_UP_OVER,)),
    Rule(Event.FAIL,     (MEDIATING,),  (HANDLER,), UNSETTLED, (Need.REASON, Need.RIGHTS_TOLD)),
    Rule(Event.REFER,    (*ACTIVE, UNSETTLED, REFUSED), (HANDLER, UPPER), REFERRED,
         (Need.REASON, Need.REFERRED_TO)),
    Rule(Event.WITHDRAW, ACTIVE,  (HANDLER, PARTY), WITHDRAWN, (Need.REASON,)),
    Rule(Event.REFUSE,   ACTIVE,  (HANDLER, PARTY), REFUSED,   (Need.RIGHTS_TOLD,)),

    # Up one level; the Office there receives it as newly registered.
    Rule(Event.ESCALATE, (*ACTIVE, UNSETTLED), (HANDLER, UPPER), REGISTERED,
         (Need.REASON, Need.LEVEL_ABOVE)),
    Rule(Event.CLIMB,    ACTIVE,        (CLOCK,),   REGISTERED,
         (Need.DEADLINE_PASSED, Need.LEVEL_ABOVE)),
    Rule(Event.OVERDUE,  ACTIVE,        (CLOCK,),   None,
         (Need.DEADLINE_PASSED, Need.TOP_LEVEL)),
    Rule(Event.WITHDRAW_CLIMB, ACTIVE,  (CLOCK,),   BEFORE_CLIMB, (Need.LATE_RECORD,)),
    Rule(Event.HONOUR,   ACTIVE, (HANDLER, UPPER),  BEFORE_CLIMB, (Need.REASON, Need.LATE_RECORD)),
    Rule(Event.PASS_OVER, ACTIVE, (HANDLER, UPPER, CLOCK), REGISTERED,
         (Need.HEAD_IS_PARTY, Need.TARGET_OFFICE)),

    # Down and across. Down once from each level, across once: else nobody ends it.
    Rule(Event.HAND_DOWN, ACTIVE, (HANDLER,), REGISTERED,
         (Need.REASON, Need.TARGET_OFFICE, Need.FIRST_DOWN, Need.REQUEST_DECIDED)),
    Rule(Event.RETURN,   ACTIVE,  (HANDLER,), REGISTERED,
         (Need.REASON, Need.CAME_UP, Need.FIRST_DOWN, Need.REQUEST_DECIDED)),
    Rule(Event.TRANSFER, ACTIVE,  (HANDLER,), REGISTERED,
         (Need.REASON, Need.TARGET_OFFICE, Need.FIRST_TRANSFER)),
    Rule(Event.TRANSFER, ACTIVE,  (UPPER,),   REGISTERED, (Need.REASON, Need.TARGET_OFFICE)),
    Rule(Event.OBJECT,   ACTIVE,  (HANDLER,), None,
         (Need.REASON, Need.SENT_HERE, Need.OBJECTION_TIME)),
    Rule(Event.UPHOLD_OBJECTION,  ACTIVE, (SENDER, UPPER), REGISTERED, (Need.OBJECTION_OPEN,)),
    Rule(Event.DISMISS_OBJECTION, ACTIVE, (SENDER, UPPER), None,
         (Need.REASON, Need.OBJECTION_OPEN)),

    Rule(Event.EXTEND,   TAKEN_UP,      (HANDLER,), None,      (Need.REASON, Need.FIRST_EXTENSION)),
    Rule(Event.GRANT_EXTENSION,   TAKEN_UP, (UPPER,), None,    (Need.EXTENSION_ASKED,)),
    Rule(Event.DECLINE_EXTENSION, TAKEN_UP, (UPPER,), None,    (Need.REASON, Need.EXTENSION_ASKED)),
    Rule(Event.JOIN,     ACTIVE,  (HANDLER, UPPER), None,      (Need.REASON, Need.TARGET_OFFICE)),
    Rule(Event.LEAVE,    ACTIVE,  (HANDLER, UPPER), None,      (Need.REASON, Need.JOINED_OFFICE)),
    Rule(Event.SUPERVISE, ACTIVE, (UPPER,), None,              (Need.REASON, Need.SUPERVISION)),
    Rule(Event.SUPERVISE, ACTIVE, (CLOCK,), None,              (Need.DEADLINE_PASSED,)),
    Rule(Event.LIFT,     ANY,     (UPPER,), None,              (Need.REASON, Need.SUPERVISED)),

    # A party asks for the next level: the holder answers, the party decides, nobody says no.
    Rule(Event.REQUEST,  ACTIVE,  (PARTY,), None,  (Need.LEVEL_ABOVE, Need.NO_REQUEST)),
    Rule(Event.REQUEST,  ACTIVE,  STAFF,    None,
         (Need.PARTY_NAMED, Need.LEVEL_ABOVE, Need.NO_REQUEST)),
    Rule(Event.ANSWER,   ACTIVE,  (HANDLER,), None, (Need.REASON, Need.REQUEST_OPEN)),
    Rule(Event.STAY,     ACTIVE,  (PARTY,), None,   (Need.REQUEST_ANSWERED,)),
    # Said in person above, never to the Office that would keep the case by it.
    Rule(Event.STAY,     ACTIVE,  (UPPER,), None,   (Need.PARTY_NAMED, Need.REQUEST_ANSWERED)),
    Rule(Event.GO,       ACTIVE,  (PARTY,), REGISTERED, (Need.REQUEST_ANSWERED, Need.LEVEL_ABOVE)),
    Rule(Event.GO,       ACTIVE,  STAFF,    REGISTERED,
         (Need.PARTY_NAMED, Need.REQUEST_ANSWERED, Need.LEVEL_ABOVE)),

    Rule(Event.RECUSE,   ANY,     (*STAFF, CLOCK), None,       (Need.PERSON,)),
    Rule(Event.ASK_RECUSAL, ANY,  (PARTY,), None,              (Need.REASON,)),
    Rule(Event.ASK_RECUSAL, ANY,  STAFF,    None,              (Need.PARTY_NAMED, Need.REASON)),
    Rule(Event.ALERT,    ANY,     STAFF,    None,              (Need.REASON,)),
    Rule(Event.AGAIN,    ACTIVE,  (*STAFF, CLOCK), None,       (Need.SAME_MATTER,)),
    Rule(Event.MERGE,    (REGISTERED,), (HANDLER, UPPER, CLOCK), JOINED, (Need.SAME_MATTER,)),

    Rule(Event.RATE,     AT_REST, (PARTY,), None,              (Need.RATING,)),
    # Its own case an Office reopens once on its level: each time gives it all its time anew.
    Rule(Event.REOPEN,   AT_REST, (HANDLER,), REGISTERED, (Need.REASON, Need.FIRST_REOPEN)),
    Rule(Event.REOPEN,   AT_REST, (UPPER,), REGISTERED, (Need.REASON,)),
    # Not satisfied: one level up, once from each.
    Rule(Event.REOPEN,   AT_REST, (PARTY,), REGISTERED,
         (Need.REASON, Need.REOPENS_LEFT, Need.LEVEL_ABOVE)),
    # A case that was merged by mistake stands on its own again.
    Rule(Event.REOPEN,   (JOINED,), (HANDLER,), REGISTERED, (Need.REASON, Need.FIRST_REOPEN)),
    Rule(Event.REOPEN,   (JOINED,), (UPPER,), REGISTERED, (Need.REASON,)),
    Rule(Event.NOTE,     ANY,     tuple(Actor), None),
)
# fmt: on

OPEN = frozenset(ACTIVE)
"""States in which a clock runs that makes the case climb."""

GOES_UP = frozenset({Event.CLIMB, Event.ESCALATE, Event.GO})
"""One level up, to the Office that receives there."""

GOES_DOWN = frozenset({Event.HAND_DOWN, Event.RETURN})
"""The Office that sends it down stays answerable for it."""

SENDS = GOES_DOWN | {Event.TRANSFER}
"""The Office that receives it so may object."""

HANDS_ON = GOES_UP | SENDS | {Event.PASS_OVER, Event.UPHOLD_OBJECTION}
"""Another Office receives the case, with clocks of its own."""

NOT_YOURS = "not-yours"
"""The slug of a move that somebody else may make."""

STOPS_THE_CLOCK = frozenset(
    {
        Event.ACCEPT,
        Event.SETTLE,
        Event.FAIL,
        Event.REFER,
        Event.WITHDRAW,
        Event.REFUSE,
        Event.EXTEND,
        Event.ANSWER,
    }
)
"""Events that, proved to be in time though received late, withdraw a climb."""


def decide(
    state: State,
    event: Event,
    actor: Actor,
    given: frozenset[str] = frozenset(),
    before_climb: State = State.REGISTERED,
) -> Move | Refusal:
    """What becomes of `state` when `actor` does `event`; `given` holds slugs of `Need`.

    `before_climb`: where the case stood when it last climbed. Total: every combination has an
    answer, and never raises.
    """
    rules = [rule for rule in RULES if rule.event is event and state in rule.states]
    if not rules:
        return _not_from_this_state(state, event, actor)
    rule = next((rule for rule in rules if actor in rule.actors), None)
    if rule is None:
        return _not_yours(state, event, actor, rules)
    missing = next((need for need in rule.needs if need not in given), None)
    if missing is not None:
        return _needs(missing)
    after = before_climb if isinstance(rule.to, Restored) else rule.to
    return Move(event, state, after or state)


def moves_open_to(state: State, actor: Actor) -> tuple[Event, ...]:
    """What `actor` may do in `state`, needs aside, in the order of the table."""
    rules = (rule for rule in RULES if state in rule.states and actor in rule.actors)
    return tuple(dict.fromkeys(rule.event for rule in rules))


def needs_of(state: State, event: Event, actor: Actor) -> tuple[Need, ...] | None:
    """What `actor` has to give for `event` in `state`; None where the move is illegal."""
    rules = (rule for rule in RULES if rule.event is event and state in rule.states)
    return next((rule.needs for rule in rules if actor in rule.actors), None)


def clock_of(state: State) -> Clock | None:
    """The clock that runs in `state`."""
    return _CLOCKS.get(state)


_CLOCKS = {
    REGISTERED: Clock.ACCEPT,
    ACCEPTED: Clock.HANDLE,
    MEDIATING: Clock.HANDLE,
    SETTLED: Clock.FOLLOW_UP,
}


def _needs(need: Need) -> Refusal:
    zh, en = ADVICE[need]
    return Refusal(f"needs-{need.value.replace('_', '-')}", zh, en)


def _not_from_this_state(state: State, event: Event, actor: Actor) -> Refusal:
    zh, en = _instead(state, actor)
    return Refusal(
        "not-from-this-state",
        f"案件现为“{state.zh}”，不能“{event.zh}”。{zh}",
        f"The case is {state.en}: it cannot '{event.en}' now. {en}",
    )


def _not_yours(state: State, event: Event, actor: Actor, rules: list[Rule]) -> Refusal:
    theirs = list(dict.fromkeys(one for rule in rules for one in rule.actors))
    zh, en = _instead(state, actor)
    return Refusal(
        NOT_YOURS,
        f"“{event.zh}”由{'、'.join(one.zh for one in theirs)}办理。{zh}",
        f"'{event.en}' is for: {', '.join(one.en for one in theirs)}. {en}",
    )


def _instead(state: State, actor: Actor) -> tuple[str, str]:
    events = moves_open_to(state, actor)
    zh = "、".join(event.zh for event in events)
    return f"您现在可以：{zh}。", f"You can now: {', '.join(event.en for event in events)}."
