"""Working days, and when a limit ends."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from server.ladder.errors import CalendarGap, LimitInvalid, NaiveTime
from server.ladder.words import Word

LOCAL = ZoneInfo("Asia/Shanghai")
_DAY = timedelta(days=1)
_LONGEST = 3660  # days; a longer limit is a slip of the pen


class Unit(Word):
    """What a limit counts."""

    WORKING_DAYS = "working_days", "个工作日"
    DAYS = "days", "日"


@dataclass(frozen=True, slots=True)
class Limit:
    """`n` working days or days, 1–3660. Raises LimitInvalid."""

    n: int
    unit: Unit

    def __post_init__(self) -> None:
        if type(self.n) is not int or not 1 <= self.n <= _LONGEST:
            raise LimitInvalid(self)

    @classmethod
    def parse(cls, text: object) -> Limit:
        """`"3 working_days"` or `"30 days"`. Raises LimitInvalid."""
        match = re.fullmatch(r"([0-9]{1,4}) (working_days|days)", str(text))
        if match is None:
            raise LimitInvalid(text)
        return cls(int(match[1]), Unit(match[2]))

    def __str__(self) -> str:
        return f"{self.n} {self.unit.value}"


@dataclass(frozen=True, slots=True)
class Remaining:
    """Working days after today until a deadline's last day, or since it."""

    working_days: int
    overdue: bool

    @property
    def zh(self) -> str:
        if self.overdue:
            return f"已逾期 {self.working_days} 个工作日" if self.working_days else "已逾期"
        return f"还有 {self.working_days} 个工作日" if self.working_days else "不足 1 个工作日"

    @property
    def en(self) -> str:
        days = f"{self.working_days} working day{'' if self.working_days == 1 else 's'}"
        if self.overdue:
            return f"overdue by {days}" if self.working_days else "overdue"
        return f"{days} left" if self.working_days else "less than one working day left"


class WorkingCalendar:
    """The county's days: True is a working day, make-up Saturdays and Sundays included.

    `provisional_years` are those whose make-up days (调休) are not published yet. They are counted
    by what is known, and `is_provisional` says which deadlines lean on them.
    """

    def __init__(self, days: Mapping[date, bool], provisional_years: Collection[int] = ()) -> None:
        self._days = MappingProxyType(dict(days))
        self.provisional_years = frozenset(provisional_years)

    def is_working(self, day: date) -> bool:
        """Raises CalendarGap for a day that the calendar does not hold."""
        try:
            return self._days[day]
        except KeyError:
            raise CalendarGap(day) from None

    def with_day(self, day: date, *, working: bool) -> WorkingCalendar:
        """The same calendar with one day as said."""
        return WorkingCalendar({**self._days, day: working}, self.provisional_years)

    def deadline(self, start: datetime, limit: Limit) -> datetime:
        """When a limit that starts at `start` ends: the midnight after its last day, in UTC.

        The day of the start (local) is not counted; a last day of rest moves to the next working
        day; the last day ends at 24:00 in Asia/Shanghai. Raises CalendarGap, NaiveTime.
        Source: the rule for counting limits in the statutes (first day excluded, a last day on a
        holiday moves to the next working day).
        """
        first = local_day(start)
        if limit.unit is Unit.DAYS:
            return end_of(self._working_from(first + limit.n * _DAY))
        last = first
        for _ in range(limit.n):
            last = self._working_from(last + _DAY)
        return end_of(last)

    def remaining(self, now: datetime, deadline: datetime) -> Remaining:
        """How far off `deadline` is, in working days. Raises CalendarGap, NaiveTime."""
        today, last = local_day(now), last_day(deadline)
        if now < deadline:
            return Remaining(self._working_between(today, last), overdue=False)
        return Remaining(self._working_between(last, today), overdue=True)

    def is_provisional(self, start: datetime, deadline: datetime) -> bool:
        """Whether a span leans on a year whose make-up days are not published yet."""
        years = range(local_day(start).year, last_day(deadline).year + 1)
        return not self.provisional_years.isdisjoint(years)

    def _working_from(self, day: date) -> date:
        while not self.is_working(day):
            day += _DAY
        return day

    def _working_between(self, after: date, until: date) -> int:
        days = (after + n * _DAY for n in range(1, (until - after).days + 1))
        return sum(self.is_working(day) for day in days)


def local_day(moment: datetime) -> date:
    """The day in Asia/Shanghai. Raises NaiveTime."""
    if moment.tzinfo is None:
        raise NaiveTime
    return moment.astimezone(LOCAL).date()


def last_day(deadline: datetime) -> date:
    """The local day that ends at `deadline`: the one to print on a slip. Raises NaiveTime."""
    return local_day(deadline - timedelta(microseconds=1))


def end_of(day: date) -> datetime:
    """The midnight that ends a day in Asia/Shanghai, in UTC."""
    return datetime.combine(day + _DAY, time(), LOCAL).astimezone(UTC)
