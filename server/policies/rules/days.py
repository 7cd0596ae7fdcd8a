"""What is published about the working days of a year. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import holidays

from server.errors import NotFound

MADE_UP = "调休上班"


class Day(NamedTuple):
    """One day as published."""

    day: date
    working: bool
    name: str
    provisional: bool


class Listed(NamedTuple):
    """One day of a published list: a holiday, or a day of the weekend that is worked."""

    working: bool
    name: str


@lru_cache(maxsize=8)
def days_of(year: int) -> Sequence[Day]:
    """Every day of a year, make-up days (调休) included where the `holidays` package knows them.

    Each published year had make-up days: one without any is not published yet, and is marked
    provisional instead of being guessed.
    """
    published = holidays.country_holidays("CN", years=year, language=_LANGUAGE)
    provisional = not any(day.year == year for day in published.weekend_workdays)
    return tuple(_published(day, published, provisional=provisional) for day in each_day(year))


def year_of_list(year: int, listed: Mapping[date, Listed], *, provisional: bool) -> Iterator[Day]:
    """Every day of a year by a published list: what it does not name is worked from Monday to
    Friday.
    """
    for day in each_day(year):
        working, name = listed.get(day) or Listed(day.weekday() < _SATURDAY, "")
        yield Day(
            day, working, name or (MADE_UP if working and is_weekend(day) else ""), provisional
        )


def _published(day: date, known: holidays.HolidayBase, *, provisional: bool) -> Day:
    made_up = MADE_UP if day in known.weekend_workdays else ""
    return Day(day, known.is_working_day(day), str(known.get(day) or made_up), provisional)


def has_make_up_days(year: int, listed: Mapping[date, Listed]) -> bool:
    """Whether a list names a day of the weekend that is worked, as every published one did."""
    return any(day.year == year and is_weekend(day) and of.working for day, of in listed.items())


def left_out(year: int, listed: Mapping[date, Listed]) -> list[date]:
    """Holidays by statute from Monday to Friday of which a list says nothing.

    They are known before a year's list is published, and every published one names them.
    """
    statutory = holidays.country_holidays("CN", years=year, observed=False, language=_LANGUAGE)
    moved = {day for day, name in statutory.items() if name.startswith(_MOVED)}
    return sorted(day for day in statutory.keys() - moved - listed.keys() if not is_weekend(day))


def named_day(text: str) -> date:
    """The day of a path such as `2026-02-14`. Raises NotFound for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
    if day.isoformat() != text:
        raise NotFound
    return day


def is_weekend(day: date) -> bool:
    """Saturday or Sunday."""
    return day.weekday() >= _SATURDAY


def each_day(year: int) -> Iterator[date]:
    """From the first of January to the last of December."""
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)


_SATURDAY = 5
_LANGUAGE = "zh_CN"  # of the county, whatever that of the server is
_MOVED = "休息日"  # a day of rest for a make-up day: by the list, not by statute
