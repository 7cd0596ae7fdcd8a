"""The county's calendar: published lists, its own decisions, and a year that nobody published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from server.db import transaction
from server.policies import service
from server.policies.errors import BadCalendarFile, CalendarMissing
from server.policies.rules.days import Listed, days_of, left_out
from server.sheets import BadSheet
from tests.smallcounty import SmallCounty, id_of

MAKE_UP = date(2027, 2, 20)  # a Saturday; made up here, since 2027 is not published
MONDAY = date(2027, 2, 8)
SHORT = {MONDAY: Listed(working=False, name="春节"), MAKE_UP: Listed(working=True, name="")}
STATUTORY = [(1, 1), (2, 5), (2, 8), (4, 5), (6, 9), (9, 15), (10, 1)]  # from Monday to Friday
BARE = {date(2027, *day): Listed(working=False, name="节日") for day in STATUTORY}
LIST = {**BARE, **SHORT}


def test_a_published_list_makes_a_year_one_to_rely_on(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        service.load_calendar(session, [2027])
        loaded = service.load_days(session, LIST)
        days = service.calendar(session)
        named = {one.day: one.name for one in service.list_year(session, 2027) if one.name}
    assert loaded.years == [2027]
    assert days.provisional_years == frozenset()
    assert (days.is_working(MAKE_UP), days.is_working(MONDAY)) == (True, False)
    assert (named[MONDAY], named[MAKE_UP], len(named)) == ("春节", "调休上班", len(LIST))


def test_holidays_are_named_in_chinese_whatever_the_server_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANGUAGE", "en_US")
    named = {day.day: day.name for day in days_of(2026)}
    assert (named[date(2026, 1, 1)], named[date(2026, 10, 1)]) == ("元旦", "国庆节")


def test_the_same_list_again_writes_nothing(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        assert service.load_days(session, LIST).days == 365
        assert service.load_days(session, LIST).days == 0


def test_a_corrected_list_takes_the_place_of_the_first(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        service.load_days(session, LIST)
        corrected = {**LIST, MONDAY: Listed(working=True, name="")}
        assert service.load_days(session, corrected).days == 1
        assert service.calendar(session).is_working(MONDAY)


def test_what_the_county_decided_outlives_every_list(county: SmallCounty) -> None:
    """A county's own festival, and a list that came after it."""
    with transaction(county.worker) as session:
        service.load_calendar(session, [2026, 2027])
        service.set_day(session, MAKE_UP, working=False, why="县里本地节日")
        service.load_days(session, LIST)
        service.load_calendar(session, [2027])
        assert not service.calendar(session).is_working(MAKE_UP)


def test_a_list_without_make_up_days_is_not_taken_for_a_published_one(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        with pytest.raises(BadCalendarFile) as refused:
            service.load_days(session, BARE)
        assert refused.value.errors == {"2027": "no_make_up_days"}
        assert service.load_days(session, BARE, no_make_up_days=True).days == 365


def test_a_list_of_one_festival_does_not_make_people_work_on_national_day(
    county: SmallCounty,
) -> None:
    with transaction(county.worker) as session:
        with pytest.raises(BadCalendarFile) as refused:
            service.load_days(session, SHORT)
        assert (refused.value.errors or {})["2027-10-01"] == "holiday_left_out"
        assert MONDAY.isoformat() not in (refused.value.errors or {})
        worked = {**LIST, date(2027, 10, 1): Listed(working=True, name="")}
        assert service.load_days(session, worked).days == 365, "a list may say so"


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_what_was_published_leaves_no_holiday_out(year: int) -> None:
    listed = {day.day: Listed(day.working, day.name) for day in days_of(year) if day.name}
    assert left_out(year, listed) == []
    moved = {day: of for day, of in listed.items() if not of.name.startswith("休息日")}
    assert len(moved) < len(listed)
    assert left_out(year, moved) == [], "of those that were moved there it cannot know"


def test_a_day_beyond_the_calendar_is_not_set(county: SmallCounty) -> None:
    with transaction(county.worker) as session, pytest.raises(CalendarMissing):
        service.set_day(session, date(2099, 1, 1), working=False, why="x")


def test_a_set_day_is_in_the_audit_with_its_reason(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        service.load_calendar(session, [2026])
        service.set_day(session, date(2026, 3, 3), working=False, why="县里本地节日")
        row = session.execute(
            text("SELECT what, reason FROM audit_act WHERE action = 'policy.day'")
        ).one()
    assert row.what == {"day": "2026-03-03", "working": False, "before": True}
    assert row.reason == "县里本地节日"


def written(folder: Path, content: str, encoding: str = "utf-8") -> Path:
    path = folder / "days.csv"
    path.write_bytes(content.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_is_read_as_offices_write_it(tmp_path: Path, encoding: str) -> None:
    text = "2027年放假调休安排\n日期,上班,名称\n2027/2/8,休息,春节\n2027-02-20,上班,\n"
    listed = service.read_days(written(tmp_path, text, encoding))
    assert listed == SHORT


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2027-02-30,1,", "not_a_day"),
        ("20270208,1,", None),
        ("2027-2-8-1,1,", "not_a_day"),
        ("二月八日,1,", "not_a_day"),
        ("206-02-08,1,", "not_a_day"),
        ("99999999999999999999-02-08,1,", "not_a_day"),
        ("2027-02-08,也许,", "working_or_rest"),
        ("2027-02-08,,", "working_or_rest"),
        ("2027-02-09,0,", "repeated_day"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, why: str | None) -> None:
    path = written(tmp_path, f"day,working,name\n2027-02-09,0,春节\n{line}\n")
    if why is None:
        assert len(service.read_days(path)) == 2
        return
    with pytest.raises(BadCalendarFile) as refused:
        service.read_days(path)
    assert (refused.value.errors or {})["line 3"] == why


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    for content in ("", "姓名,电话\n甲,1\n", "day,working\n"):
        with pytest.raises(BadSheet):
            service.read_days(written(tmp_path, content))
    rows = "".join(f"2027-01-{n % 28 + 1:02},1\n" for n in range(5000))
    with pytest.raises(BadCalendarFile):
        service.read_days(written(tmp_path, "day,working\n" + rows))


@pytest.mark.parametrize(
    ("now", "years"),
    [
        (datetime(2026, 10, 31, 15, 59, tzinfo=UTC), []),
        (datetime(2026, 10, 31, 16, tzinfo=UTC), [2027]),  # November begins in Asia/Shanghai
        (datetime(2027, 3, 1, tzinfo=UTC), [2027]),
    ],
)
def test_from_november_on_the_next_year_is_missed(
    county: SmallCounty, now: datetime, years: list[int]
) -> None:
    with transaction(county.worker) as session:
        service.load_calendar(session, [2026, 2027, 2028])
        assert service.unpublished(session, now) == years


def told(county: SmallCounty) -> list[tuple[int, str]]:
    """What the county office was told about its calendar."""
    with transaction(county.worker) as session:
        rows = session.execute(
            text("SELECT body, once, office_ids FROM notice WHERE kind = 'calendar_provisional'")
        ).all()
    assert all(row.office_ids == [id_of("office county")] for row in rows)
    return sorted((row.body["year"], row.once) for row in rows)


def test_the_county_office_hears_of_a_missing_calendar_once_a_month(county: SmallCounty) -> None:
    county.clock.now = datetime(2026, 10, 20, tzinfo=UTC)
    heard = []
    for _ in range(12):  # every ten days, into February
        for _ in range(2):
            with transaction(county.worker) as session:
                service.look_ahead(session, county.worker)
        heard.append(len(told(county)))
        county.clock.pass_time(days=10)
    assert heard == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4]
    assert told(county)[0] == (2027, "calendar:2027:2026-11")


def test_once_the_list_is_loaded_nobody_hears_of_it_again(county: SmallCounty) -> None:
    county.clock.now = datetime(2026, 11, 20, tzinfo=UTC)
    with transaction(county.worker) as session:
        service.look_ahead(session, county.worker)
        service.load_days(session, LIST)
    county.clock.pass_time(days=30)
    with transaction(county.worker) as session:
        service.look_ahead(session, county.worker)
    assert len(told(county)) == 1
