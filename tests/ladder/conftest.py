"""The published days of China, 2024–2026, as a working calendar."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
import pytest
from hypothesis import settings

from server.ladder.calendar import WorkingCalendar

# No test judges speed: on a busy machine a slow example is not a wrong one.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

FIRST, LAST = date(2024, 1, 1), date(2026, 12, 31)


@pytest.fixture(scope="session")
def china() -> WorkingCalendar:
    published = holidays.country_holidays("CN", years=range(FIRST.year, LAST.year + 1))
    span = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    return WorkingCalendar({day: published.is_working_day(day) for day in span})
