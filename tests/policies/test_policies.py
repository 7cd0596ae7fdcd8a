"""The numbers and the days that the ladder counts with, as the county loads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from server.db import transaction
from server.ladder.calendar import LOCAL
from server.ladder.policy import DEFAULT
from server.policies import queries, service
from server.policies.errors import NoPolicy
from server.policies.models import CalendarDay
from server.policies.rules.days import Day
from tests.smallcounty import START, SmallCounty


def test_a_fresh_county_gets_the_default_policy_and_its_calendar_once(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        service.ensure_policy(session, county.worker)
    with transaction(county.worker) as session:
        assert not service.ensure_policy(session, county.worker)
        assert service.current_policy(session, START).policy == DEFAULT
        days = service.calendar(session)
    assert days.is_working(date(2026, 3, 2))
    assert not days.is_working(date(2026, 10, 1))  # National Day
    assert days.is_working(date(2026, 2, 14))  # a make-up Saturday before the Spring Festival


def test_a_year_without_published_make_up_days_is_flagged_not_guessed(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        service.load_calendar(session, [2026, 2027])
        days = service.calendar(session)
    assert days.provisional_years == {2027}


def test_what_the_county_edited_is_not_overwritten(county: SmallCounty) -> None:
    day = date(2026, 3, 2)
    with transaction(county.worker) as session:
        service.load_calendar(session, [2026])
        session.get_one(CalendarDay, day).working = False
    with transaction(county.worker) as session:
        assert service.load_calendar(session, [2026]) == 0
        assert not service.calendar(session).is_working(day)


def test_a_provisional_day_gives_way_to_the_published_one(county: SmallCounty) -> None:
    day = date(2026, 2, 14)
    with transaction(county.worker) as session:
        guess = Day(day, working=False, name="", provisional=True)
        queries.upsert_days(session, [guess])
        service.load_calendar(session, [2026])
    with transaction(county.worker) as session:
        assert service.calendar(session).is_working(day)


def test_a_new_version_counts_from_its_first_day_on(county: SmallCounty) -> None:
    first = date(2026, 6, 1)
    revised = replace(DEFAULT, version="2026-2", valid_from=first, follow_up_days=60)
    with transaction(county.worker) as session:
        service.ensure_policy(session, county.worker)
        service.load_policy(session, county.worker, revised)
        midnight = datetime(2026, 6, 1, tzinfo=LOCAL)
        before = service.current_policy(session, midnight - timedelta(microseconds=1))
        after = service.current_policy(session, midnight)
    assert (before.policy, after.policy) == (DEFAULT, revised)
    assert (before.version, after.version) == (1, 2)


def test_before_the_first_version_the_county_is_told_so(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        service.ensure_policy(session, county.worker)
        with pytest.raises(NoPolicy):
            service.current_policy(session, datetime(2020, 1, 1, tzinfo=LOCAL))
