"""When the holder of a case is told that a bar is near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.ladder.calendar import WorkingCalendar, end_of, local_day

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Bars later than `after` and not later than `until`: warned of now where their clock started
    before `started_before`.
    """

    after: datetime
    until: datetime
    started_before: datetime


def windows(now: datetime, working_days: int, calendar: WorkingCalendar) -> Iterator[Window]:
    """What is warned of at `now`: bars that at most `working_days` working days are left to.

    Where the whole time was no longer than that, the last working day itself: nobody is warned of a
    case on the day it comes. One window for each last day, the earliest first; a day of rest may be
    the last day of none. Raises CalendarGap, NaiveTime.
    """
    day = local_day(now)
    left = 0
    while left <= working_days:
        long_enough = end_of(_back(day, working_days + 1, calendar) - _DAY)
        until = end_of(day)
        yield Window(max(now, end_of(day - _DAY)), until, long_enough if left else until)
        day += _DAY
        left += calendar.is_working(day)


def _back(day: date, working_days: int, calendar: WorkingCalendar) -> date:
    """The working day that is so many back, `day` itself counted where it is one."""
    while True:
        working_days -= calendar.is_working(day)
        if not working_days:
            return day
        day -= _DAY
