"""What an Office promises for a case that it receives on a day, by policy and calendar. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Final, NamedTuple

from server.ladder.calendar import LOCAL, WorkingCalendar, last_day
from server.ladder.clocks import start_holding
from server.ladder.policy import Policy, limits_for
from server.ladder.routing import Category, Level

_NOON: Final = time(12)


class Days(NamedTuple):
    """The last days on which a case may be accepted, and settled, in time.

    `provisional`: the calendar of one of their years is not published yet.
    """

    accept: date
    handle: date
    provisional: bool


def promised(
    policy: Policy, category: Category, received: date, calendar: WorkingCalendar
) -> Mapping[Level, Days]:
    """Of an Office of each level that receives a case of `category` on this day.

    Raises CalendarGap.
    """
    return dict(_each(policy, category, datetime.combine(received, _NOON, LOCAL), calendar))


def _each(
    policy: Policy, category: Category, received: datetime, calendar: WorkingCalendar
) -> Iterator[tuple[Level, Days]]:
    for level in Level:
        bars = start_holding(received, limits_for(policy, category, level), calendar)
        leans = calendar.is_provisional(received, max(bars.accept_by, bars.handle_by))
        yield level, Days(last_day(bars.accept_by), last_day(bars.handle_by), leans)
