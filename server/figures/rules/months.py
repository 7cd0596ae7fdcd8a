"""Whole months, and the years and quarters that they make up.

Figures are told of whole months. Days would let anybody take one day's figure from the difference
of two periods, where a village has one case a week.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
EARLIEST, LATEST = date(2000, 1, 1), date(2998, 12, 1)
_YEAR, _QUARTER = 12, 3
_FORM = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")


class Span(NamedTuple):
    """A year, a quarter or a month: so many months from `first` on."""

    first: date
    months: int


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


def is_one_part(first: date, last: date) -> bool:
    """Whether these months, both included, are a year, a quarter or a month."""
    return later(first, part_with(first, first, last).months - 1) == last


@lru_cache(4096)
def part_with(month: date, first: date, last: date) -> Span:
    """The year, quarter or month that holds this month, of those that make up the period from one
    month to another, both included: the widest that lies inside.
    """
    for size in (_YEAR, _QUARTER):
        begins = month.replace(month=(month.month - 1) // size * size + 1)
        if first <= begins and later(begins, size - 1) <= last:
            return Span(begins, size)
    return Span(month, 1)
