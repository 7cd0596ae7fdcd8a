"""The calendar of 2024–2026 day by day against a second published source, and whole festivals."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ladder.calendar import Limit, Unit, WorkingCalendar, last_day
from server.policies.rules.days import MADE_UP, days_of
from tests.ladder.test_calendar import at

YEARS = (2024, 2025, 2026)


@pytest.mark.parametrize("year", YEARS)
def test_every_day_is_as_the_second_source_has_it(year: int) -> None:
    ours = {day.day: day.working for day in days_of(year)}
    theirs = {day: chinese_calendar.is_workday(day) for day in ours}
    assert ours == theirs
    assert len(ours) == (366 if year == 2024 else 365)


@pytest.mark.parametrize("year", YEARS)
def test_every_make_up_day_is_one_there_too(year: int) -> None:
    ours = {day.day for day in days_of(year) if day.working and day.day.weekday() >= 5}
    assert ours == {
        day.day
        for day in days_of(year)
        if day.day.weekday() >= 5 and chinese_calendar.is_workday(day.day)
    }
    assert all(day.name == MADE_UP for day in days_of(year) if day.day in ours)
    assert not any(day.provisional for day in days_of(year))


def test_a_year_that_the_second_source_does_not_know_is_provisional_with_us() -> None:
    with pytest.raises(NotImplementedError):
        chinese_calendar.is_workday(date(2027, 1, 4))
    assert all(day.provisional for day in days_of(2027))
    assert not any(day.working for day in days_of(2027) if day.day.weekday() >= 5)


@pytest.mark.parametrize(
    ("festival", "first", "last", "make_up"),
    [
        ("Spring Festival 2024", "2024-02-10", "2024-02-17", ["2024-02-04", "2024-02-18"]),
        ("Spring Festival 2025", "2025-01-28", "2025-02-04", ["2025-01-26", "2025-02-08"]),
        ("Spring Festival 2026", "2026-02-15", "2026-02-23", ["2026-02-14", "2026-02-28"]),
        ("National Day 2024", "2024-10-01", "2024-10-07", ["2024-09-29", "2024-10-12"]),
        ("National Day 2025", "2025-10-01", "2025-10-08", ["2025-09-28", "2025-10-11"]),
        ("National Day 2026", "2026-10-01", "2026-10-07", ["2026-09-20", "2026-10-10"]),
        ("Labour Day 2024", "2024-05-01", "2024-05-05", ["2024-04-28", "2024-05-11"]),
        ("Labour Day 2025", "2025-05-01", "2025-05-05", ["2025-04-27"]),
        ("Labour Day 2026", "2026-05-01", "2026-05-05", ["2026-05-09"]),
    ],
)
def test_a_festival_rests_from_its_first_day_to_its_last_and_is_made_up_for(
    china: WorkingCalendar, festival: str, first: str, last: str, make_up: list[str]
) -> None:
    begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    rest = [begins + timedelta(days=n) for n in range((ends - begins).days + 1)]
    assert not any(map(china.is_working, rest)), festival
    assert not any(map(chinese_calendar.is_workday, rest)), festival
    for text in make_up:
        day = date.fromisoformat(text)
        assert day.weekday() >= 5
        assert china.is_working(day)
        assert chinese_calendar.is_workday(day)


@given(st.dates(date(2024, 1, 1), date(2026, 8, 1)), st.integers(1, 60), st.sampled_from(Unit))
def test_a_limit_counted_by_the_second_source_ends_on_the_same_day(
    china: WorkingCalendar, start: date, n: int, unit: Unit
) -> None:
    if unit is Unit.DAYS:
        expected = start + timedelta(days=n)
    else:
        after = (start + timedelta(days=k) for k in range(1, 121))
        expected = [day for day in after if chinese_calendar.is_workday(day)][n - 1]
    while not chinese_calendar.is_workday(expected):
        expected += timedelta(days=1)
    assert last_day(china.deadline(at(start.isoformat()), Limit(n, unit))) == expected
