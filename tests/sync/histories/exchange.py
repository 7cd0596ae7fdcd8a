"""What was said between phones and server, and whether the oracle can explain it.

Of things that happened at once nobody knows the order. If the server keeps its promise, there is
one in which they could have happened one after the other: `explain` looks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sync.line import Verb
from tests.sync.histories.book import Fate
from tests.sync.histories.hands import Hand
from tests.sync.histories.oracle import Oracle
from tests.sync.histories.stage import Stage

TRIES = 5_000

# Who asks for a row in the moment in which it is deleted may hear either.
GONE = frozenset({"no_such_row", "deleted"})


@dataclass(frozen=True, slots=True)
class Told:
    """Something that the office did; `tell` tells an oracle: whether it came of it then, too."""

    tell: Callable[[Oracle], bool]

    def told(self) -> str:
        return "the office"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a phone and its answer."""

    hand: Hand
    verb: Verb
    body: dict[str, Any]
    answer: dict[str, Any]

    def told(self) -> tuple[Any, ...]:
        return self.hand.user, self.hand.device, self.verb, self.body, self.answer


Event = Told | Exchange


def explain(oracle: Oracle, events: Sequence[Event], stage: Stage) -> Oracle | None:
    """An oracle to which all this happened in some order; each phone's own order is kept."""
    lines: dict[str, list[tuple[int, Event]]] = {}
    for place, event in enumerate(events):
        who = event.hand.device if isinstance(event, Exchange) else "office"
        lines.setdefault(who, []).append((place, event))
    return _search(oracle, list(lines.values()), stage, [TRIES])


def wrong_rows(oracle: Oracle, exchange: Exchange) -> list[tuple[str, Any]]:
    """Rows that this phone was told and may not see, or that are not so."""
    hand, schema = exchange.hand, exchange.body.get("schema", 2)
    lost = oracle.devices[hand.device]["revoked"]
    return [
        (id_, row)
        for id_, row in _rows(oracle, exchange)
        if lost
        or not oracle.sees(hand.user, id_)
        or not oracle.row(id_, schema).items() <= row.items()
    ]


def _search(
    oracle: Oracle, lines: list[list[tuple[int, Event]]], stage: Stage, left: list[int]
) -> Oracle | None:
    """First what was heard first: it is nearly always right."""
    lines = [_read_on(oracle, line, stage) for line in lines]
    if not any(lines):
        return oracle
    for line in sorted((line for line in lines if line), key=lambda line: line[0][0]):
        left[0] -= 1
        if left[0] < 0:
            return None
        trial, event = oracle.copy(), line[0][1]
        if not _is_pull(event) and _fits(trial, event, stage):
            rest = [other[1:] if other is line else other for other in lines]
            if found := _search(trial, rest, stage, left):
                return found
    return None


def _read_on(
    oracle: Oracle, line: list[tuple[int, Event]], stage: Stage
) -> list[tuple[int, Event]]:
    """What is left of a line behind the pulls that fit now: they change nothing for anybody."""
    for at, (_, event) in enumerate(line):
        if not (_is_pull(event) and _fits(oracle, event, stage)):
            return line[at:]
    return []


def _is_pull(event: Event) -> bool:
    return isinstance(event, Exchange) and event.verb == "pull"


def _fits(oracle: Oracle, event: Event, stage: Stage) -> bool:
    """Whether this could have been answered now; the oracle knows it from then on."""
    if isinstance(event, Told):
        return event.tell(oracle)
    device, answer = event.hand.device, event.answer
    if event.verb == "push":
        expected = oracle.take_push(device, event.body, answer["server_time"])
        answered = stage.fates(answer)
        if list(map(_coarse, answered)) != list(map(_coarse, expected)):
            return False
        oracle.fates |= {(device, mid): fate for mid, fate in answered if fate[1] in GONE}
    if answer["next_n"] != oracle.devices[device]["next_n"]:
        return False
    return not wrong_rows(oracle, event)


def _coarse(answer: tuple[str, Fate]) -> tuple[str, str, str | None]:
    mid, (status, reason) = answer
    return mid, status, "no_such_row" if reason in GONE else reason


def _rows(oracle: Oracle, exchange: Exchange) -> list[tuple[str, dict[str, Any]]]:
    if exchange.verb == "push":
        ids = {change["mid"]: change["id"] for change in exchange.body["changes"]}
        told = exchange.answer["outcomes"]
        return [(ids[o["mid"]], o["row"]) for o in told if o.get("row")]
    return [
        (line[0], dict(zip(table["cols"], line, strict=True)))
        for entities in exchange.answer["put"].values()
        for entity, table in entities.items()
        for line in table["rows"]
        if entity in oracle.kinds()
    ]
