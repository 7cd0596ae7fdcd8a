"""Whole months, and the calendar that holds them: quarters, years, all of it.

Figures are told of whole months. Days would let anybody take one day's figure from the difference
of two periods, where a village has one case a week.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
EARLIEST, LATEST = date(2000, 1, 1), date(2998, 12, 1)
_YEAR = 12
_FORM = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")


class Node(NamedTuple):
    """A span of the calendar: of `months` months from `first` on. ALL holds every other."""

    first: date
    months: int


ALL: Final = Node(EARLIEST, 12_000)
ROOT: Final = Node(EARLIEST, 12_001)  # and of it ALL is the only part


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def later(month: date, by: int) -> date:
    """So many months later (or earlier, if negative)."""
    years, at = divmod(month.month - 1 + by, 12)
    return date(month.year + years, at + 1, 1)


def read_month(text: str, *, last: bool) -> date | None:
    """The month that a person wrote: 2026-03, or its first day, or (`last`) its last one.

    None: something else.
    """
    if not (found := _FORM.fullmatch(text)):
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        first = date(year or 0, month or 0, 1)
    except ValueError:
        return None
    if not EARLIEST <= first <= LATEST:
        return None
    ends = (later(first, 1) - date(1, 1, 1)).days - (first - date(1, 1, 1)).days
    return first if day in (None, ends if last else 1) else None


def parts_of(first: date, last: date) -> Iterator[Node]:
    """The fewest years, quarters and months that make up these months, both included, in order."""
    while first <= last:
        size = next(
            size
            for size in (12, 3, 1)
            if (first.month - 1) % size == 0 and later(first, size - 1) <= last
        )
        yield Node(first, size)
        if (first := later(first, size)) > LATEST:
            return


@lru_cache(4096)
def wider(node: Node) -> Node:
    """The next wider span that holds this one: quarter, year, ALL, ROOT."""
    size = {1: 3, 3: 12}.get(node.months)
    if size is None:
        return ALL if node.months == _YEAR else ROOT
    return Node(node.first.replace(month=(node.first.month - 1) // size * size + 1), size)


@lru_cache(4096)
def spans_of(month: date) -> tuple[Node, ...]:
    """A month as a span, and all that hold it."""
    alone = Node(month, 1)
    quarter = wider(alone)
    return alone, quarter, wider(quarter), ALL, ROOT


class Calendar:
    """Every span that holds one of some months, the widest first, and what is part of what."""

    def __init__(self, months: Iterable[date]) -> None:
        spans = {ROOT}.union(*map(spans_of, months))
        self.spans = sorted(spans, key=lambda span: (-span.months, span.first))
        self.at = {span: at for at, span in enumerate(self.spans)}
        self.wider = [0, *(self.at[wider(span)] for span in self.spans[1:])]
        self.parts: list[list[int]] = [[] for _ in self.spans]
        for at, around in list(enumerate(self.wider))[1:]:
            self.parts[around].append(at)

    def add_up(self, numbers: list[int]) -> None:
        """Sums of all spans, in place, from the numbers of single months."""
        for at in range(len(numbers) - 1, 0, -1):
            numbers[self.wider[at]] += numbers[at]


@lru_cache(64)
def calendar_of(months: tuple[date, ...]) -> Calendar:
    """The calendar of these months."""
    return Calendar(months)
