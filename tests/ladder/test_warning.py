"""When a bar is near: by working days, and never on the day on which a case comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.ladder.calendar import LOCAL, Limit, Unit, WorkingCalendar
from server.ladder.errors import CalendarGap
from server.ladder.warning import windows

# Away from the ends of what is published, so that no day is missing.
MOMENTS = st.integers(0, 640 * 24).map(
    lambda hours: datetime(2024, 2, 1, tzinfo=UTC) + timedelta(hours=hours)
)
LIMITS = st.builds(Limit, st.integers(1, 40), st.sampled_from(Unit))


def is_warned(
    now: datetime, started: datetime, due: datetime, days: int, calendar: WorkingCalendar
) -> bool:
    """Whether `windows` says so."""
    found = [
        window for window in windows(now, days, calendar) if window.after < due <= window.until
    ]
    assert len(found) <= 1
    return bool(found) and started < found[0].started_before


def local(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=LOCAL)


@settings(max_examples=150)
@given(started=MOMENTS, limit=LIMITS, days=st.integers(1, 6), hours=st.integers(0, 40 * 24))
@example(datetime(2026, 2, 13, 2, tzinfo=UTC), Limit(3, Unit.WORKING_DAYS), 3, 5)
def test_a_bar_is_near_when_few_working_days_are_left_or_it_is_the_last(
    china: WorkingCalendar, started: datetime, limit: Limit, days: int, hours: int
) -> None:
    due = china.deadline(started, limit)
    now = min(started + timedelta(hours=hours), due - timedelta(seconds=1))
    left = china.remaining(now, due).working_days
    whole = china.remaining(started, due).working_days
    wanted = left <= days if whole > days else left == 0
    assert is_warned(now, started, due, days, china) == wanted


@given(started=MOMENTS, limit=LIMITS, days=st.integers(1, 6))
def test_every_bar_is_near_before_it_falls_and_stays_so(
    china: WorkingCalendar, started: datetime, limit: Limit, days: int
) -> None:
    due = china.deadline(started, limit)
    last_hours = (due - timedelta(hours=n, seconds=1) for n in range(min(24, (due - started).days)))
    assert all(is_warned(now, started, due, days, china) for now in last_hours)


def test_a_month_is_warned_of_three_working_days_before_its_end(china: WorkingCalendar) -> None:
    """Wednesday 1 April is the last day: 27 March is a Friday, 28 and 29 are a weekend."""
    started = local(3, 2)
    due = china.deadline(started, Limit(30, Unit.DAYS))
    assert not is_warned(local(3, 26, 23), started, due, 3, china)
    assert is_warned(local(3, 27, 0), started, due, 3, china)


def test_a_short_limit_is_warned_of_on_its_last_day(china: WorkingCalendar) -> None:
    """Three working days from Monday on: Thursday is the last, and Monday is no day to warn."""
    started = local(3, 2)
    due = china.deadline(started, Limit(3, Unit.WORKING_DAYS))
    assert not is_warned(local(3, 2, 11), started, due, 3, china)
    assert not is_warned(local(3, 4, 23), started, due, 3, china)
    assert is_warned(local(3, 5, 0), started, due, 3, china)


def test_over_a_festival_it_is_warned_of_before_everybody_leaves(china: WorkingCalendar) -> None:
    """Spring festival 2026 is 15–23 February; Saturday the 14th is worked."""
    started = local(1, 20)
    due = china.deadline(started, Limit(36, Unit.DAYS))  # Wednesday, 25 February
    assert not is_warned(local(2, 12, 23), started, due, 3, china)
    assert is_warned(local(2, 13, 0), started, due, 3, china)


def test_a_missing_day_is_said(china: WorkingCalendar) -> None:
    with pytest.raises(CalendarGap):
        list(windows(local(12, 30), 3, china))
