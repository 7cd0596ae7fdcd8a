"""A figure as a table: rows and a total, each number with what it is of, others' cases in tens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any, Final, NamedTuple

from server.figures.rules.measures import Share, Took
from server.figures.rules.months import Span, is_one_part, part_with
from server.figures.rules.tens import Number, in_tens, ratio_of

TOTAL: Final = "total"
Counts = Mapping[str, int]
Days = Mapping[int, int]  # days → how many steps took so long
Shown = dict[str, Any]


class Line(NamedTuple):
    """One line of a table, by its key: a row of what was counted (or TOTAL), over a period."""

    key: str
    row: str
    since: date
    until: date
    one_level: bool = False  # all of it was counted at one level

    @property
    def tells_few(self) -> bool:
        """Whether a ratio of few may be told. Not of all levels together, which are hardly more
        than the lowest of them; nor of periods of which each part has one of its own.
        """
        return self.one_level and is_one_part(self.since, self.until)


class Counted(NamedTuple):
    """What was counted in one month of one row, by the own Offices or by all others."""

    month: date
    own: bool
    counts: Counts


class Lasted(NamedTuple):
    """How long steps took: those of the own Offices, and of all others."""

    own: Days
    others: Days


@dataclass(slots=True)
class Sheet:
    """What was counted, row by row."""

    rows: dict[str, list[Counted]] = field(default_factory=dict)

    def add(self, row: str, month: date, counts: Counts, *, own: bool) -> None:
        """What was counted of a row in a month."""
        self.rows.setdefault(row, []).append(Counted(month, own, counts))

    def number(self, name: str, line: Line) -> Number:
        """What is told of a number, in a line."""
        own, others = 0, dict[Span, int]()
        for month, ours, counts in self._of(line.row):
            if not (counts[name] and line.since <= month <= line.until):
                continue
            if ours:
                own += counts[name]
            else:
                part = part_with(month, line.since, line.until)
                others[part] = others.get(part, 0) + counts[name]
        true = sum(others.values()) if line.tells_few else None
        return Number(own, sum(map(in_tens, others.values())), true)

    def months(self) -> list[date]:
        """The months of which anything is told, ascending."""
        others: dict[date, dict[str, int]] = {}
        told = set()
        for month, own, counts in self._of(TOTAL):
            if own:
                told.add(month)
                continue
            sums = others.setdefault(month, {})
            for name, n in counts.items():
                sums[name] = sums.get(name, 0) + n
        told |= {month for month, sums in others.items() if any(map(in_tens, sums.values()))}
        return sorted(told)

    def _of(self, row: str) -> Iterable[Counted]:
        if row != TOTAL:
            return self.rows.get(row, ())
        return (one for counted in self.rows.values() for one in counted)


def share_of(sheet: Sheet, share: Share, line: Line) -> Shown:
    """So many of so many."""
    n, of = sheet.number(share.n, line), sheet.number(share.of, line)
    ratio = ratio_of(n, of)
    return {"n": n.told, "of": of.told, "ratio": ratio.value, "ratio_step": ratio.step}


def took_of(sheet: Sheet, took: Took, line: Line, lasted: Lasted) -> Shown:
    """How long a step took: of all where others' are told, else of the own Offices' alone."""
    of = sheet.number(f"{took.step}_took", line)
    days = added_up((lasted.own, lasted.others) if of.others else (lasted.own,))
    return {
        "of": of.told,
        "median_days": percentile(days, 0.5),
        "p90_days": percentile(days, 0.9),
    }


def added_up(days: Iterable[Days]) -> dict[int, int]:
    """Days of several rows together."""
    whole: dict[int, int] = {}
    for counted in days:
        for number, n in counted.items():
            whole[number] = whole.get(number, 0) + n
    return whole


def percentile(days: Days, share: float) -> int | None:
    """The least number of days that so great a share did not exceed (nearest rank, as SQL's
    percentile_disc); None of none.
    """
    rank, seen = ceil(share * sum(days.values())), 0
    for number in sorted(days):
        seen += days[number]
        if seen >= rank:
            return number
    return None
