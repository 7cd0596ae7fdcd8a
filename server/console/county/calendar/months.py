"""A year as twelve grids of weeks, Monday first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from server.policies.models import CalendarDay
from server.policies.rules.days import is_weekend

FIRST: Final = 1970
LAST: Final = 2999


@dataclass(frozen=True, slots=True)
class Day:
    """One square of a grid. `kind`: work, weekend, holiday (a weekday of rest), made_up (a weekend
    day that is worked), or unknown to the calendar.
    """

    day: date
    kind: str
    name: str
    changed: bool  # by the county
    provisional: bool


@dataclass(frozen=True, slots=True)
class Month:
    """A month: its weeks, and what stands out in it, for readers without a grid."""

    number: int
    weeks: Sequence[Sequence[Day | None]]
    working: int

    @property
    def special(self) -> list[Day]:
        """Days that are not as their weekday would have it, or that the county changed."""
        days = [day for week in self.weeks for day in week if day]
        return [day for day in days if day.changed or day.kind in ("holiday", "made_up")]


def months_of(year: int, days: Sequence[CalendarDay]) -> list[Month]:
    """The twelve months of a year, with what the calendar holds of it."""
    held = {one.day: one for one in days}
    return [_month(year, number, held) for number in range(1, 13)]


def kind_of(day: date, *, working: bool) -> str:
    """What a day is, beside what its weekday would be."""
    if is_weekend(day):
        return "made_up" if working else "weekend"
    return "work" if working else "holiday"


def _month(year: int, number: int, held: Mapping[date, CalendarDay]) -> Month:
    days = list(_days(year, number, held))
    padded: list[Day | None] = [None] * days[0].day.weekday() + list(days)
    padded += [None] * (-len(padded) % 7)
    weeks = [padded[n : n + 7] for n in range(0, len(padded), 7)]
    return Month(number, weeks, sum(day.kind in ("work", "made_up") for day in days))


def _days(year: int, number: int, held: Mapping[date, CalendarDay]) -> Iterator[Day]:
    day = date(year, number, 1)
    while day.month == number:
        one = held.get(day)
        if one is None:
            yield Day(day, "unknown", "", changed=False, provisional=False)
        else:
            kind = kind_of(day, working=one.working)
            yield Day(day, kind, one.name, one.why is not None, one.provisional)
        day += timedelta(days=1)
