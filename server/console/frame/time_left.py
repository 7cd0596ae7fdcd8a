"""What is left of a time, in words and as a share: working days, by the county's calendar. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from server.console.frame.language import in_language
from server.ladder.calendar import WorkingCalendar, last_day, local_day
from server.ladder.errors import CalendarGap

SOON: Final = 3  # working days; a county's policy may say otherwise (warning_working_days)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """In words, and how pressing: `mark` is "late", "soon" or "", a class of the styles."""

    zh: str
    en: str
    mark: str

    def __str__(self) -> str:
        return in_language(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class Used:
    """Working days that have gone of those that were allowed."""

    days: int
    allowed: int

    @property
    def share(self) -> float:
        """From 0 to 1; what is over fills the whole bar."""
        return min(1.0, self.days / self.allowed) if self.allowed else 1.0

    @property
    def over(self) -> bool:
        """More has gone than was allowed."""
        return self.days > self.allowed


def time_left(
    calendar: WorkingCalendar, now: datetime, due: datetime | None, soon: int = SOON
) -> TimeLeft | None:
    """What is left at `now` until `due`; None where nothing is due.

    Soon: at most `soon` working days are left. Where the calendar does not reach so far, plain days
    are told, and said to be such. Raises NaiveTime.
    """
    if due is None:
        return None
    try:
        left = calendar.remaining(now, due)
    except CalendarGap:
        return _in_plain_days(now, due)
    if left.overdue:
        return TimeLeft(left.zh, left.en, "late")
    if last_day(due) == local_day(now):
        return TimeLeft("今天到期", "due today", "soon")
    return TimeLeft(left.zh, left.en, "soon" if left.working_days <= soon else "")


def used(calendar: WorkingCalendar, since: datetime, until: datetime, due: datetime) -> Used | None:
    """Working days from `since` to `until`, of those from `since` to `due`; None where the calendar
    does not hold them. The day of the start does not count. Raises NaiveTime.
    """
    try:
        allowed = calendar.remaining(since, due).working_days
        gone = calendar.remaining(since, until).working_days
        late = calendar.remaining(until, due).working_days if until >= due else 0
    except CalendarGap:
        return None
    return Used(allowed + late if until >= due else min(gone, allowed), allowed)


def _in_plain_days(now: datetime, due: datetime) -> TimeLeft:
    days = (last_day(due) - local_day(now)).days
    if now >= due:
        return TimeLeft(f"已逾期 {-days} 天", f"overdue by {-days} days", "late")
    return TimeLeft(f"还有 {days} 天", f"{days} days left", "soon" if days <= 1 else "")
