"""What is published about the working days of a year. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import holidays


class Day(NamedTuple):
    """One day as published."""

    day: date
    working: bool
    name: str
    provisional: bool


def days_of(year: int) -> Iterator[Day]:
    """Every day of a year, make-up days (调休) included where the `holidays` package knows them.

    Each published year had make-up days: one without any is not published yet, and is marked
    provisional instead of being guessed.
    """
    published = holidays.country_holidays("CN", years=year)
    provisional = not any(day.year == year for day in published.weekend_workdays)
    day = date(year, 1, 1)
    while day.year == year:
        made_up = "调休上班" if day in published.weekend_workdays else ""
        name = published.get(day) or made_up
        yield Day(day, published.is_working_day(day), str(name), provisional)
        day += timedelta(days=1)
