"""What is left of a time, in words and as a bar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from server.console.frame.time_left import Used, time_left, used
from server.ladder.calendar import Limit, Unit, WorkingCalendar, end_of

# March and April 2026: weekends rest, 3 April too (a festival), Saturday 11 April is worked.
_DAYS = [date(2026, 3, 1) + timedelta(days=n) for n in range(61)]
_CALENDAR = WorkingCalendar(
    {
        day: (day.weekday() < 5 and day != date(2026, 4, 3)) or day == date(2026, 4, 11)
        for day in _DAYS
    }
)
_MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 at the county


def at(month: int, day: int) -> datetime:
    """The midnight that ends this day: a deadline."""
    return end_of(date(2026, month, day))


def test_what_is_left_is_told_in_working_days_and_marked_when_it_presses() -> None:
    told = {
        at(3, 20): ("还有 14 个工作日", "14 working days left", ""),
        at(3, 6): ("还有 4 个工作日", "4 working days left", ""),
        at(3, 5): ("还有 3 个工作日", "3 working days left", "soon"),
        at(3, 3): ("还有 1 个工作日", "1 working day left", "soon"),
        at(3, 2): ("今天到期", "due today", "soon"),
        at(3, 1): ("已逾期 1 个工作日", "overdue by 1 working day", "late"),
    }
    for due, words in told.items():
        left = time_left(_CALENDAR, _MONDAY, due)
        assert left is not None
        assert (left.zh, left.en, left.mark) == words
    assert time_left(_CALENDAR, _MONDAY, None) is None


def test_a_policy_may_call_more_days_soon() -> None:
    left = time_left(_CALENDAR, _MONDAY, at(3, 6), soon=5)
    assert left is not None
    assert left.mark == "soon"


def test_beyond_the_calendar_plain_days_are_told() -> None:
    far, long_ago = at(6, 30), end_of(date(2025, 12, 31))
    left, over = time_left(_CALENDAR, _MONDAY, far), time_left(_CALENDAR, _MONDAY, long_ago)
    assert left is not None
    assert over is not None
    assert (left.zh, left.mark) == ("还有 120 天", "")
    assert (over.zh, over.mark) == ("已逾期 61 天", "late")
    assert used(_CALENDAR, long_ago, _MONDAY, far) is None


def test_a_bar_tells_what_has_gone_of_what_was_allowed() -> None:
    due = at(3, 13)
    assert used(_CALENDAR, _MONDAY, _MONDAY, due) == Used(0, 9)
    assert used(_CALENDAR, _MONDAY, _MONDAY + timedelta(days=2), due) == Used(2, 9)
    assert used(_CALENDAR, _MONDAY, _MONDAY + timedelta(days=6), due) == Used(4, 9)  # a Sunday
    late = used(_CALENDAR, _MONDAY, _MONDAY + timedelta(days=15), due)
    assert late == Used(11, 9)
    assert (late.over, late.share) == (True, 1.0)


@settings(max_examples=40)
@given(st.integers(1, 15), st.integers(0, 30 * 24))
def test_a_bar_never_runs_over_before_the_deadline_nor_stays_within_after_it(
    days: int, hours: int
) -> None:
    due = _CALENDAR.deadline(_MONDAY, Limit(days, Unit.WORKING_DAYS))
    now = _MONDAY + timedelta(hours=hours)
    bar = used(_CALENDAR, _MONDAY, now, due)
    assert bar is not None
    assert bar.allowed == days
    assert bar.days >= 0
    if now < due:
        assert not bar.over
    left = time_left(_CALENDAR, now, due)
    assert left is not None
    assert (left.mark == "late") == (now >= due)
