"""docs/ladder.md, made from the table of moves: `python -m tests.docs.ladder_page` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from server.ladder.advice import ADVICE
from server.ladder.kinds import Actor, Event, Need, Restored, State
from server.ladder.states import AT_REST, OPEN, RULES, STAFF, STOPS_THE_CLOCK, Rule, clock_of
from server.ladder.words import Word

HEAD = """# 阶梯 The ladder

Every move of a case, as the program decides it: this page is made from its one table
(`server/ladder/states.py`), and a test keeps the two alike. Limits and spans are the county's own
numbers ([policies.md](policies.md)).

A move is legal where a row names the state, who acts and all that it needs; everything else is
refused with what to do instead. A refused move from a phone is kept as a note: nothing that
somebody wrote down is lost.

## 图 The main ways

```mermaid
stateDiagram-v2
    direction LR
    [*] --> registered: 登记 register
"""
NOTES = """\
- ◷ beside a move: recorded before the deadline and proved so, it withdraws a climb though it
  came late. “上报前 as before” is the state in which the case stood when it climbed.
- 在办 open: registered, accepted, in mediation. 已了结 at rest: settled, closed, unsettled,
  referred, withdrawn, refused. 任一单位 any Office: handler, upper, sender, joint, observer.
"""
MAIN = (
    Event.ACCEPT,
    Event.MEDIATE,
    Event.SETTLE,
    Event.CLOSE,
    Event.FAIL,
    Event.REFER,
    Event.WITHDRAW,
    Event.REFUSE,
    Event.CLIMB,
    Event.REOPEN,
)
# What most cases never meet is in the table and would hide the rest in a picture.
BESIDE = {
    (State.REGISTERED, State.REFERRED),
    (State.REGISTERED, State.WITHDRAWN),
    (State.REGISTERED, State.REFUSED),
    (State.ACCEPTED, State.SETTLED),
    (State.ACCEPTED, State.REFERRED),
    (State.ACCEPTED, State.WITHDRAWN),
    (State.ACCEPTED, State.REFUSED),
    (State.UNSETTLED, State.REGISTERED),
    (State.REFERRED, State.REGISTERED),
    (State.WITHDRAWN, State.REGISTERED),
    (State.REFUSED, State.REGISTERED),
    (State.JOINED, State.REGISTERED),
}


def page() -> str:
    """The whole page."""
    parts = [
        HEAD + "".join(f"    {line}\n" for line in _arrows()) + "```\n",
        "Not in the picture: each open case can also be settled, referred, withdrawn or refused;\n"
        "each case at rest can be reopened.\n",
        _section("状态 States", ("状态 state", "", "时限 clock"), _states()),
        _section("谁 Who", ("", "", ""), _actors()),
        _section("动作 Moves", ("动作 move", "从 from", "谁 who", "到 to", "需要 needs"), _moves()),
        NOTES,
        _section(
            "需要什么 What a move needs", ("需要 need", "缺少时 where it is missing", ""), _needs()
        ),
    ]
    return "\n".join(parts)


def _arrows() -> list[str]:
    drawn: dict[tuple[State, State], list[Event]] = {}
    for rule in RULES:
        for state in rule.states:
            if rule.event in MAIN and isinstance(rule.to, State):
                found = drawn.setdefault((state, rule.to), [])
                found += [rule.event] if rule.event not in found else []
    return [
        f"{before.value} --> {to.value}: {'、'.join(f'{one.zh} {one.en}' for one in events)}"
        for (before, to), events in drawn.items()
        if (before, to) not in BESIDE
    ]


def _states() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for state in State:
        clock = clock_of(state)
        runs = f"{clock.zh} {clock.en}" if clock else "–"
        rows.append((_slug(state), state.zh, runs))
    return rows


# Sets of the table that have a name, so that a reader sees what is common to its rows.
SETS: dict[frozenset[Word], str] = {
    frozenset(OPEN): "在办 open",
    frozenset(AT_REST): "已了结 at rest",
    frozenset(STAFF): "任一单位 any Office",
}
WHO = {
    Actor.HANDLER: "acts for the Office that holds the case",
    Actor.UPPER: "acts for an Office above the holder; at the county, its named leader",
    Actor.SENDER: "acts for the Office that handed it down, returned or transferred it",
    Actor.JOINT: "acts for an Office that helps the holder",
    Actor.PARTY: "by the own code, or in person where somebody records it",
    Actor.CLOCK: "the worker, when a bar has passed",
    Actor.OBSERVER: "sees the case and does not hold it",
}


def _actors() -> list[tuple[str, ...]]:
    return [(_slug(actor), actor.zh, WHO[actor]) for actor in Actor]


def _moves() -> list[tuple[str, ...]]:
    rows = []
    for event in Event:
        for rule in (rule for rule in RULES if rule.event is event):
            mark = " ◷" if event in STOPS_THE_CLOCK else ""
            rows.append((f"{event.zh} {_slug(event)}{mark}", *_row(rule)))
    return rows


def _row(rule: Rule) -> tuple[str, ...]:
    return (
        _several(rule.states, tuple(State), "任何 any"),
        _several(rule.actors, tuple(Actor), "任何人 anybody"),
        _to(rule.to),
        "、".join(f"{need.zh} {_slug(need)}" for need in rule.needs) or "–",
    )


def _several(words: Sequence[Word], every: Sequence[Word], all_of_them: str) -> str:
    if set(words) == set(every):
        return all_of_them
    if name := SETS.get(frozenset(words)):
        return name
    return "、".join(f"{word.zh} {word.en}" for word in words)


def _to(to: State | Restored | None) -> str:
    if to is None:
        return "不变 stays"
    return "上报前 as before" if isinstance(to, Restored) else f"{to.zh} {to.en}"


def _needs() -> list[tuple[str, ...]]:
    return [(f"{need.zh} {_slug(need)}", *ADVICE[need]) for need in Need]


def _slug(word: Word) -> str:
    return f"`{word.value}`"


def _section(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    return f"## {title}\n\n{table}"


if __name__ == "__main__":
    sys.stdout.write(page())
