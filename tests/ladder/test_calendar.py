"""Limits counted on the published calendars of 2024–2026.

The make-up days and festivals named here are those of the State Council's yearly notices.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from server.ladder.calendar import LOCAL, Limit, Unit, WorkingCalendar, last_day, local_day
from server.ladder.errors import CalendarGap, LimitInvalid, NaiveTime

limits = st.builds(Limit, st.integers(1, 120), st.sampled_from(Unit))


def at(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=LOCAL)


moments = st.integers(0, 730 * 24 * 60).map(lambda n: at("2024-01-01", 0) + timedelta(minutes=n))


def ends(calendar: WorkingCalendar, start: str, limit: str) -> str:
    """The last day of a limit, as it is printed on the slip."""
    return last_day(calendar.deadline(at(start), Limit.parse(limit))).isoformat()


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2024-02-04", True),  # make-up Sunday before Spring Festival
        ("2024-02-12", False),
        ("2024-02-18", True),  # make-up Sunday after it
        ("2024-09-14", True),  # make-up Saturday before Mid-Autumn
        ("2024-10-12", True),
        ("2025-01-26", True),
        ("2025-01-28", False),  # New Year's Eve is a holiday since 2025
        ("2025-02-08", True),
        ("2025-10-08", False),
        ("2026-01-04", True),
        ("2026-02-14", True),
        ("2026-02-16", False),
        ("2026-02-28", True),
        ("2026-05-09", True),
        ("2026-03-07", False),  # any Saturday
        ("2026-03-09", True),  # any Monday
    ],
)
def test_make_up_days_work_and_festivals_rest(
    china: WorkingCalendar, day: str, working: bool
) -> None:
    assert china.is_working(date.fromisoformat(day)) is working


@pytest.mark.parametrize(
    ("start", "limit", "last"),
    [
        # The day of the start does not count.
        ("2025-03-03", "1 working_days", "2025-03-04"),
        ("2025-03-03", "15 days", "2025-03-18"),
        ("2025-03-03", "30 days", "2025-04-02"),
        ("2025-03-03", "60 days", "2025-05-06"),  # 2 May is a holiday until the 5th
        # A last day of rest moves to the next working day.
        ("2025-03-07", "1 days", "2025-03-10"),
        ("2025-03-07", "1 working_days", "2025-03-10"),
        ("2025-09-01", "30 days", "2025-10-09"),  # National Day and Mid-Autumn, eight days
        ("2026-02-12", "10 days", "2026-02-24"),  # Spring Festival until the 23rd
        ("2024-02-07", "10 days", "2024-02-18"),  # to a make-up Sunday
        # A make-up Saturday is a working day like any other.
        ("2026-02-13", "1 working_days", "2026-02-14"),
        ("2026-02-13", "1 days", "2026-02-14"),
        # Spring Festival: nine days pass, none of them counts.
        ("2026-02-13", "2 working_days", "2026-02-24"),
        ("2025-01-27", "3 working_days", "2025-02-07"),
        ("2024-02-08", "5 working_days", "2024-02-21"),
        ("2024-02-09", "2 working_days", "2024-02-19"),
        # Received on a day of rest: the next working day is the first that counts.
        ("2025-10-04", "3 working_days", "2025-10-11"),
        ("2025-12-31", "3 working_days", "2026-01-06"),
    ],
)
def test_a_limit_ends_where_the_published_calendar_says(
    china: WorkingCalendar, start: str, limit: str, last: str
) -> None:
    assert ends(china, start, limit) == last


def test_a_limit_ends_at_midnight_in_shanghai_and_is_told_in_utc(china: WorkingCalendar) -> None:
    deadline = china.deadline(at("2025-03-03"), Limit(1, Unit.WORKING_DAYS))
    assert deadline == datetime(2025, 3, 4, 16, 0, tzinfo=UTC)
    assert deadline.utcoffset() == timedelta(0)


def test_the_day_of_the_start_is_the_local_one(china: WorkingCalendar) -> None:
    limit = Limit(1, Unit.DAYS)
    late_evening = datetime(2025, 3, 3, 15, 59, tzinfo=UTC)
    past_midnight = datetime(2025, 3, 3, 16, 0, tzinfo=UTC)
    assert last_day(china.deadline(late_evening, limit)) == date(2025, 3, 4)
    assert last_day(china.deadline(past_midnight, limit)) == date(2025, 3, 5)


def test_a_day_that_nobody_entered_is_named_not_guessed(china: WorkingCalendar) -> None:
    with pytest.raises(CalendarGap, match="2027-01-01") as gap:
        china.deadline(at("2026-12-30"), Limit(2, Unit.WORKING_DAYS))
    assert gap.value.day == date(2027, 1, 1)


def test_a_year_without_published_make_up_days_flags_the_deadlines_that_lean_on_it() -> None:
    days = {date(2026, 12, 1) + timedelta(days=n): True for n in range(90)}
    calendar = WorkingCalendar(days, provisional_years={2027})
    short = calendar.deadline(at("2026-12-01"), Limit(30, Unit.DAYS))
    long = calendar.deadline(at("2026-12-02"), Limit(30, Unit.DAYS))
    assert not calendar.is_provisional(at("2026-12-01"), short)
    assert calendar.is_provisional(at("2026-12-02"), long)


def test_a_time_without_a_zone_is_refused(china: WorkingCalendar) -> None:
    naive = at("2025-03-03").replace(tzinfo=None)
    with pytest.raises(NaiveTime):
        china.deadline(naive, Limit(1, Unit.DAYS))
    with pytest.raises(NaiveTime):
        china.remaining(naive, at("2025-03-04"))


@pytest.mark.parametrize("n", [0, -1, 3661, True])
def test_a_limit_outside_reason_is_refused(n: int) -> None:
    with pytest.raises(LimitInvalid):
        Limit(n, Unit.DAYS)


@pytest.mark.parametrize(
    "text", ["", "3", "3 weeks", "-3 days", "0 days", "３ days", "3 days ", None]
)
def test_a_limit_is_read_only_in_its_own_form(text: object) -> None:
    with pytest.raises(LimitInvalid):
        Limit.parse(text)


@pytest.mark.parametrize(
    ("now", "zh", "en"),
    [
        (at("2025-03-03"), "还有 3 个工作日", "3 working days left"),
        (at("2025-03-05", 23), "还有 1 个工作日", "1 working day left"),
        (at("2025-03-06", 23), "不足 1 个工作日", "less than one working day left"),
        (at("2025-03-07", 0), "已逾期 1 个工作日", "overdue by 1 working day"),
        (at("2025-03-09"), "已逾期 1 个工作日", "overdue by 1 working day"),
        (at("2025-03-10"), "已逾期 2 个工作日", "overdue by 2 working days"),
    ],
)
def test_what_remains_is_told_in_words(
    china: WorkingCalendar, now: datetime, zh: str, en: str
) -> None:
    deadline = china.deadline(at("2025-03-03"), Limit(3, Unit.WORKING_DAYS))
    left = china.remaining(now, deadline)
    assert (left.zh, left.en) == (zh, en)


def test_on_the_weekend_after_its_friday_a_case_is_overdue_by_no_working_day(
    china: WorkingCalendar,
) -> None:
    friday = china.deadline(at("2025-03-06"), Limit(1, Unit.DAYS))
    left = china.remaining(at("2025-03-08"), friday)
    assert (left.working_days, left.overdue, left.zh, left.en) == (0, True, "已逾期", "overdue")


@given(moments, limits)
def test_a_limit_agrees_with_counting_on_the_fingers(
    china: WorkingCalendar, start: datetime, limit: Limit
) -> None:
    day, left = start.date(), limit.n
    while left or not china.is_working(day):
        day += timedelta(days=1)
        counts = limit.unit is Unit.DAYS or china.is_working(day)
        left -= bool(left) and counts
    assert last_day(china.deadline(start, limit)) == day


@given(moments, limits)
def test_every_limit_ends_after_a_working_day_and_after_its_full_time(
    china: WorkingCalendar, start: datetime, limit: Limit
) -> None:
    deadline = china.deadline(start, limit)
    assert china.is_working(last_day(deadline))
    assert deadline.astimezone(LOCAL).time() == time(0)
    assert deadline - start >= timedelta(days=limit.n)


@given(moments, moments, limits)
def test_who_comes_later_is_never_due_earlier(
    china: WorkingCalendar, one: datetime, other: datetime, limit: Limit
) -> None:
    early, late = sorted((one, other))
    assert china.deadline(early, limit) <= china.deadline(late, limit)


@given(moments, limits, st.integers(1, 30))
def test_more_days_never_end_earlier(
    china: WorkingCalendar, start: datetime, limit: Limit, more: int
) -> None:
    longer = Limit(limit.n + more, limit.unit)
    assert china.deadline(start, limit) <= china.deadline(start, longer)
    if limit.unit is Unit.WORKING_DAYS:
        assert china.deadline(start, limit) < china.deadline(start, longer)


@given(moments, st.integers(1, 60))
def test_at_the_start_the_whole_limit_remains(
    china: WorkingCalendar, start: datetime, n: int
) -> None:
    deadline = china.deadline(start, Limit(n, Unit.WORKING_DAYS))
    left = china.remaining(start, deadline)
    assert (left.working_days, left.overdue) == (n, False)


@given(moments, moments, limits)
def test_what_remains_only_shrinks_and_then_only_grows_overdue(
    china: WorkingCalendar, start: datetime, now: datetime, limit: Limit
) -> None:
    assume(now >= start)
    deadline = china.deadline(start, limit)
    at_first, later = china.remaining(start, deadline), china.remaining(now, deadline)
    assert later.overdue == (now >= deadline)
    if not later.overdue:
        assert later.working_days <= at_first.working_days


@given(limits)
def test_a_limit_is_written_as_it_is_read(limit: Limit) -> None:
    assert Limit.parse(str(limit)) == limit


def test_the_last_day_is_the_one_that_ends_at_the_deadline() -> None:
    assert last_day(datetime(2025, 3, 4, 16, tzinfo=UTC)) == date(2025, 3, 4)
    assert local_day(datetime(2025, 3, 4, 16, tzinfo=UTC)) == date(2025, 3, 5)
