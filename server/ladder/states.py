"""The states of a dispute and the one table of moves between them.

The table says who may do what, from which states, and what has to be given. It is checked against
the contract of the ladder by reading it; everything below it only looks things up.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.ladder.words import Word


class State(Word):
    """Where a dispute stands."""

    REGISTERED = "registered", "已登记"
    ACCEPTED = "accepted", "已受理"
    IN_MEDIATION = "in_mediation", "调解中"
    SETTLED = "settled", "已化解"
    CLOSED = "closed", "已结案"
    UNSETTLED = "unsettled", "调解不成"
    REFERRED = "referred", "已引导分流"
    WITHDRAWN = "withdrawn", "已撤回"
    REFUSED = "refused", "拒绝调解"


class Event(Word):
    """What happens to a dispute; its history is a list of these."""

    REGISTER = "register", "登记"  # opens the history: no state comes before it, so no row either
    ACCEPT = "accept", "受理"
    MEDIATE = "mediate", "调解"
    SETTLE = "settle", "达成协议"
    CLOSE = "close", "结案"
    FAIL = "fail", "调解不成"
    ESCALATE = "escalate", "上报"  # by a person, of the Office itself or of one above (提级)
    CLIMB = "climb", "自动上报"  # by the clock
    EXTEND = "extend", "申请延期"
    GRANT_EXTENSION = "grant_extension", "批准延期"
    REFER = "refer", "引导分流"
    WITHDRAW = "withdraw", "撤回"
    REFUSE = "refuse", "拒绝调解"
    REOPEN = "reopen", "重新受理"
    NOTE = "note", "备注"


class Actor(Word):
    """Who acts, seen from the case. A person without any relation to it never gets this far."""

    HANDLER = "handler", "承办单位"  # acts for the holding Office
    UPPER = "upper", "上级单位"  # of an Office above; at the county, its named leader
    PARTY = "party", "当事人"
    CLOCK = "clock", "系统时钟"
    OBSERVER = "observer", "知情单位"  # sees the case and does not hold it


class Need(Word):
    """What must be given with an event: first what a person supplies, then facts of the case."""

    REASON = "reason", "理由"
    AGREEMENT = "agreement", "协议"
    RIGHTS_TOLD = "rights_told", "告知权利"
    REFERRED_TO = "referred_to", "分流去向"
    TERMS_DONE = "terms_done", "履行完毕"
    FIRST_EXTENSION = "first_extension", "首次延期"
    EXTENSION_ASKED = "extension_asked", "延期申请"
    LEVEL_ABOVE = "level_above", "上一层级"
    DEADLINE_PASSED = "deadline_passed", "期限届满"
    FOLLOW_UP_OVER = "follow_up_over", "回访期满"


class Clock(Word):
    """Which clock is running."""

    ACCEPT = "accept", "受理期限"
    HANDLE = "handle", "办理期限"
    FOLLOW_UP = "follow_up", "回访期"  # its end closes the case; it never makes it climb


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: in any of `states`, any of `actors` may do `event`. `to` None: the state stays."""

    event: Event
    states: tuple[State, ...]
    actors: tuple[Actor, ...]
    to: State | None
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """A legal move."""

    event: Event
    before: State
    after: State

    @property
    def ends_the_holding(self) -> bool:
        """The Office no longer holds an open case: it was ended here, or has gone up."""
        return self.before in OPEN and (self.after not in OPEN or self.event in GOES_UP)

    @property
    def starts_a_holding(self) -> bool:
        """Some Office receives the case now, with clocks of its own."""
        return self.event in GOES_UP or self.event is Event.REOPEN


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
REFERRED, WITHDRAWN, REFUSED = State.REFERRED, State.WITHDRAWN, State.REFUSED
HANDLER, UPPER, PARTY, CLOCK = Actor.HANDLER, Actor.UPPER, Actor.PARTY, Actor.CLOCK

ANY = tuple(State)
ACTIVE = (REGISTERED, ACCEPTED, MEDIATING)
TAKEN_UP = (ACCEPTED, MEDIATING)
AT_REST = (SETTLED, CLOSED, UNSETTLED, REFERRED, WITHDRAWN, REFUSED)

RULES: tuple[Rule, ...] = (
    Rule(Event.ACCEPT,   (REGISTERED,), (HANDLER,), ACCEPTED),
    Rule(Event.MEDIATE,  TAKEN_UP,      (HANDLER,), MEDIATING),  # again: another session
    # A small quarrel is settled on the spot, before anybody wrote down that it was accepted.
    Rule(Event.SETTLE,   ACTIVE,        (HANDLER,), SETTLED,   (Need.AGREEMENT,)),
    Rule(Event.CLOSE,    (SETTLED,),    (HANDLER,), CLOSED,    (Need.TERMS_DONE,)),
    Rule(Event.CLOSE,    (SETTLED,),    (CLOCK,),   CLOSED,    (Need.FOLLOW_UP_OVER,)),
    Rule(Event.FAIL,     (MEDIATING,),  (HANDLER,), UNSETTLED, (Need.REASON, Need.RIGHTS_TOLD)),
    # Up one level; the Office there receives it as newly registered.
    Rule(Event.ESCALATE, (*ACTIVE, UNSETTLED), (HANDLER, UPPER), REGISTERED,
         (Need.REASON, Need.LEVEL_ABOVE)),
    Rule(Event.CLIMB,    ACTIVE,        (CLOCK,),   REGISTERED,
         (Need.DEADLINE_PASSED, Need.LEVEL_ABOVE)),
    Rule(Event.EXTEND,   TAKEN_UP,      (HANDLER,), None,      (Need.REASON, Need.FIRST_EXTENSION)),
    Rule(Event.GRANT_EXTENSION, TAKEN_UP, (UPPER,), None,      (Need.EXTENSION_ASKED,)),
    Rule(Event.REFER,    (*ACTIVE, UNSETTLED, REFUSED), (HANDLER, UPPER), REFERRED,
         (Need.REASON, Need.REFERRED_TO)),
    Rule(Event.WITHDRAW, ACTIVE,  (HANDLER, PARTY), WITHDRAWN, (Need.REASON,)),
    Rule(Event.REFUSE,   ACTIVE,  (HANDLER, PARTY), REFUSED,   (Need.RIGHTS_TOLD,)),
    Rule(Event.REOPEN,   AT_REST, (HANDLER, UPPER, PARTY), REGISTERED, (Need.REASON,)),
    Rule(Event.NOTE,     ANY,     tuple(Actor), None),
)
# fmt: on

OPEN = frozenset(ACTIVE)
"""States in which a clock runs that makes the case climb."""

GOES_UP = frozenset({Event.CLIMB, Event.ESCALATE})

STOPS_THE_CLOCK = frozenset(
    {
        Event.ACCEPT,
        Event.SETTLE,
        Event.FAIL,
        Event.REFER,
        Event.WITHDRAW,
        Event.REFUSE,
        Event.EXTEND,
    }
)
"""Events that, proved to be in time though received late, withdraw a climb."""


def decide(
    state: State, event: Event, actor: Actor, given: frozenset[str] = frozenset()
) -> Move | Refusal:
    """What becomes of `state` when `actor` does `event`; `given` holds slugs of `Need`.

    Total: every combination has an answer, and never raises.
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
    return Move(event, state, state if rule.to is None else rule.to)


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

# What a person does about a missing need. An agreement may be oral: it holds when it is reached.
_ADVICE: dict[Need, tuple[str, str]] = {
    Need.REASON: ("请写明理由后再提交。", "Write the reason, then send it again."),
    Need.AGREEMENT: (
        "请先记下双方同意的内容（口头协议记要点）。",
        "Write down what both sides agreed first (the main points, if it was oral).",
    ),
    Need.RIGHTS_TOLD: (
        "请先告知双方仍可仲裁、行政处理或起诉，并勾选“已告知”。",
        "Tell both sides that arbitration, the authorities and the court stay open, and say so.",
    ),
    Need.REFERRED_TO: (
        "请写明引导去向（法院、仲裁、公安等）。",
        "Say where it is referred to (court, arbitration, police).",
    ),
    Need.TERMS_DONE: (
        "协议履行完毕后再结案；未履行的，等回访期满或重新受理。",
        "Close it when the terms are done; until then wait for the follow-up, or reopen it.",
    ),
    Need.FIRST_EXTENSION: (
        "本层级已申请过一次延期，请按期办结或上报。",
        "An extension was already asked for at this level: finish in time, or escalate.",
    ),
    Need.EXTENSION_ASKED: (
        "承办单位没有待批的延期申请。",
        "No request for an extension is waiting: the holding Office has to ask first.",
    ),
    Need.LEVEL_ABOVE: (
        "已在县级，不再上报；请继续办理，或引导走法定途径。",
        "The county is the last level: go on handling it, or refer it to the legal way.",
    ),
    Need.DEADLINE_PASSED: (
        "期限未满，不自动上报。",
        "The deadline has not passed: nothing climbs early.",
    ),
    Need.FOLLOW_UP_OVER: (
        "回访期未满，暂不自动结案。",
        "The follow-up is not over: it is not closed by the clock yet.",
    ),
}


def _needs(need: Need) -> Refusal:
    zh, en = _ADVICE[need]
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
        "not-yours",
        f"“{event.zh}”由{'、'.join(one.zh for one in theirs)}办理。{zh}",
        f"'{event.en}' is for: {', '.join(one.en for one in theirs)}. {en}",
    )


def _instead(state: State, actor: Actor) -> tuple[str, str]:
    events = moves_open_to(state, actor)
    zh = "、".join(event.zh for event in events)
    return f"您现在可以：{zh}。", f"You can now: {', '.join(event.en for event in events)}."
