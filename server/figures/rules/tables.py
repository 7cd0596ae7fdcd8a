"""A figure as a table: rows and a total, each number with what it is of, small ones withheld."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any, Final, NamedTuple

from server.figures.rules.measures import Share, Took
from server.figures.rules.months import ALL, Node, parts_of
from server.figures.rules.withholding import (
    EVERYTHING,
    TOTAL,
    Numbers,
    Table,
    Told,
    Within,
    told_of,
)

Counts = dict[str, int]
Months = dict[date, Counts]
Shown = dict[str, Any]


class Line(NamedTuple):
    """One line of a table, by its key: a row of what was counted (or TOTAL), over a period."""

    key: str
    row: str
    since: date
    until: date


@dataclass(slots=True)
class Sheet:
    """What was counted, row by row and month by month: of all, and of others' Offices alone."""

    all: dict[str, Months] = field(default_factory=dict)
    others: dict[str, Months] = field(default_factory=dict)
    seen: set[date] = field(default_factory=set)
    known: dict[str, Told] = field(default_factory=dict)  # by number: worked out once
    # Of which row of another table, told along with this one, this one tells more.
    inside: tuple[Sheet, str] | None = None

    def add(self, row: str, month: date, counts: Mapping[str, int], *, own: bool) -> None:
        """Add up what was counted of a row in a month."""
        self.seen.add(month)
        for table in (self.all,) if own else (self.all, self.others):
            months = table.setdefault(row, {})
            before = months.get(month)
            months[month] = (
                {name: before[name] + number for name, number in counts.items()}
                if before
                else dict(counts)
            )

    @property
    def months(self) -> Sequence[date]:
        """Every month in which something was counted, ascending."""
        return sorted(self.seen)

    def count(self, name: str, line: Line) -> int:
        """A number of a line."""
        rows = self.all.values() if line.row == TOTAL else [self.all.get(line.row, {})]
        return sum(
            counts[name]
            for months in rows
            for month, counts in months.items()
            if line.since <= month <= line.until
        )


def shares_of(sheet: Sheet, share: Share, lines: Iterable[Line]) -> list[Shown]:
    """So many of so many, for each line."""
    of = told_in(sheet, share.of)
    n = _told(sheet, share.name, [share.of, *_FLOWS.get(share.n, ())], _parts(share))
    return [_share(sheet, share, line, of, n) for line in lines]


def split_of(sheet: Sheet, shares: Sequence[Share], lines: Sequence[Line]) -> list[list[Shown]]:
    """All parts of one whole, for each line: the first as `shares_of` tells it; of the rest either
    every part or none, so that none follows from the others.
    """
    first, *rest = shares
    of, n, parts = (told_in(sheet, name) for name in (first.of, first.n, "otherwise"))
    return [
        [
            _share(sheet, first, line, of, n),
            *(_share(sheet, one, line, of, parts) for one in rest),
        ]
        for line in lines
    ]


def took_of(
    sheet: Sheet, took: Took, lines: Iterable[Line], days: Mapping[str, Mapping[int, int]]
) -> list[Shown]:
    """How long a step took, for each line. `days`: key of a line → days → how many took so long."""
    name = f"{took.step}_took"
    told = told_in(sheet, name)
    return [
        _took(sheet.count(name, line), days.get(line.key, {}))
        if _tells(sheet, told, line)
        else _took(None, {})
        for line in lines
    ]


def added_up(days: Mapping[str, Mapping[int, int]]) -> dict[int, int]:
    """Days of all rows together."""
    whole: dict[int, int] = {}
    for counted in days.values():
        for number, n in counted.items():
            whole[number] = whole.get(number, 0) + n
    return whole


def percentile(days: Mapping[int, int], share: float) -> int | None:
    """The least number of days that so great a share did not exceed (nearest rank, as SQL's
    percentile_disc); None of none.
    """
    rank, seen = ceil(share * sum(days.values())), 0
    for number in sorted(days):
        seen += days[number]
        if seen >= rank:
            return number
    return None


# Numbers of the same Holdings follow from each other. By number: where it is told at most, and what
# is told with it: itself, and what is left when it is taken away.
_UP: Final = ("climbed", "escalated")
PARTS: Final = ("settled", *_UP)  # of what was decided; the rest ended otherwise
_TOLD: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Counts], Numbers]]]] = {
    "settled": (("decided",), lambda of: (of["settled"], of["decided"] - of["settled"])),
    "otherwise": (("settled",), lambda of: (of["otherwise"], *(of[way] for way in _UP))),
    "handle_due": (("decided",), lambda of: (of["handle_due"], of["handle_due"] - of["decided"])),
    "handle_took": (
        ("decided",),
        lambda of: (of["handle_took"], of["decided"] - of["handle_took"]),
    ),
    "accept_took": (
        ("accept_due",),
        lambda of: (of["accept_took"], of["accept_due"] - of["accept_took"]),
    ),
    "ended": (("decided",), lambda of: (of["ended"], of["ended"] - of["decided"])),
}
_AS: Final = {"whole_took": "otherwise"}  # with what was settled it is the same number
_FLOWS: Final = dict.fromkeys(_UP, ("otherwise",))
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("handle_due", "handle_took"), ("decided",)),
    **dict.fromkeys(("ended", "whole_took"), ("decided", *PARTS)),
    "accept_took": ("accept_due",),
}
"""By number: what else has to be counted before it may be told."""


def told_in(sheet: Sheet, name: str) -> Told:
    """What of a number is told: no more than follows from nothing that is withheld."""
    name = _AS.get(name, name)
    within, numbers = _TOLD.get(name, ((), lambda of: (of[name],)))
    return _told(sheet, name, within, numbers)


def _told(
    sheet: Sheet, name: str, within: Sequence[str], numbers: Callable[[Counts], Numbers]
) -> Told:
    if name not in sheet.known:
        bounds = [Within(told_in(sheet, other)) for other in within]
        if sheet.inside:
            around, row = sheet.inside
            bounds.append(Within(_told(around, name, within, numbers), row))
        sheet.known[name] = told_of(_table(sheet, numbers), *bounds)
    return sheet.known[name]


def _parts(share: Share) -> Callable[[Counts], Numbers]:
    return lambda counts: (counts[share.n], counts[share.of] - counts[share.n])


def _table(sheet: Sheet, numbers: Callable[[Counts], Numbers]) -> Table:
    return {
        row: {month: numbers(counts) for month, counts in months.items()}
        for row, months in sheet.others.items()
    }


def _tells(sheet: Sheet, told: Told, line: Line) -> bool:
    return told is EVERYTHING or all(told.tells(line.row, span) for span in _spans(sheet, line))


def _spans(sheet: Sheet, line: Line) -> Iterable[Node]:
    """What makes up its period: all there is, or years, quarters and months."""
    if line.since <= min(sheet.seen) and max(sheet.seen) <= line.until:
        return (ALL,)
    return parts_of(line.since, line.until)


def _share(sheet: Sheet, share: Share, line: Line, of_told: Told, n_told: Told) -> Shown:
    if not _tells(sheet, of_told, line):
        return {"n": None, "of": None, "ratio": None, "withheld": True}
    of = sheet.count(share.of, line)
    if not _tells(sheet, n_told, line):
        return {"n": None, "of": of, "ratio": None, "withheld": True}
    n = sheet.count(share.n, line)
    return {"n": n, "of": of, "ratio": round(n / of, 4) if of else None, "withheld": False}


def _took(of: int | None, days: Mapping[int, int]) -> Shown:
    return {
        "of": of,
        "median_days": percentile(days, 0.5),
        "p90_days": percentile(days, 0.9),
        "withheld": of is None,
    }
