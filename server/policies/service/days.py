"""The county's calendar: filled from what is published, edited by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from server.audit.service import record
from server.ladder.calendar import WorkingCalendar
from server.policies import queries
from server.policies.errors import BadCalendarFile, CalendarMissing
from server.policies.models import CalendarDay
from server.policies.rules.days import (
    Listed,
    days_of,
    has_make_up_days,
    left_out,
    year_of_list,
)
from server.sheets import Row, open_sheet

_FIRST_YEAR, _LAST_YEAR = 1970, 2999  # another is a slip of the pen
MAX_ROWS: Final = 4000  # ten years of days; a list of holidays has some forty lines a year
_COLUMNS: Final = {
    "day": ("日期", "day", "date"),
    "working": ("上班", "是否上班", "working"),
    "name": ("名称", "节日", "name"),
}
_WORKING: Final = {
    **dict.fromkeys(("1", "true", "yes", "working", "上班", "班", "是"), True),
    **dict.fromkeys(("0", "false", "no", "rest", "休息", "休", "放假", "否"), False),
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a list of days did: years it was for, days written."""

    years: Sequence[int]
    days: int


def calendar(session: Session, since: date = date.min) -> WorkingCalendar:
    """The county's working days from `since` on."""
    rows = queries.list_days(session, since)
    return WorkingCalendar(
        {row.day: row.working for row in rows}, {row.day.year for row in rows if row.provisional}
    )


def list_year(session: Session, year: int) -> Sequence[CalendarDay]:
    """The days of a year that the calendar holds."""
    return queries.list_year(session, year) if date.min.year <= year <= date.max.year else ()


def load_calendar(session: Session, years: Iterable[int]) -> int:
    """Fill years from what is published; what the county edited stays. Returns days written.

    A provisional day is overwritten once its year is published.
    """
    wanted = sorted(set(years))
    written = sum(queries.upsert_days(session, days_of(year)) for year in wanted)
    if written:
        record(session, "policy.calendar", years=wanted, days=written)
    return written


def read_days(path: Path) -> dict[date, Listed]:
    """A published list: holidays, and the days of weekends that are worked. CSV or Excel.

    Columns 日期/day, 上班/working (上班 or 休息, 1 or 0), 名称/name (may be left out). Raises
    BadCalendarFile with each wrong line, BadSheet.
    """
    sheet = open_sheet(path, _COLUMNS, [["day"], ["working"]])
    if sheet.count() > MAX_ROWS:
        raise BadCalendarFile(errors={"rows": f"> {MAX_ROWS}"})
    rows = [
        (row, _day_of(row), _WORKING.get(row.cells.get("working", "").lower()))
        for row in sheet.rows()
    ]
    times = Counter(day for _, day, _ in rows)
    wrong = {
        f"line {row.line}": "not_a_day"
        if day is None
        else "repeated_day"
        if times[day] > 1
        else "working_or_rest"
        for row, day, working in rows
        if day is None or times[day] > 1 or working is None
    }
    if wrong:
        raise BadCalendarFile(errors=dict(list(wrong.items())[:100]))
    return {
        day: Listed(working, row.cells.get("name", "")[:50])
        for row, day, working in rows
        if day is not None and working is not None
    }


def load_days(
    session: Session, listed: Mapping[date, Listed], *, no_make_up_days: bool = False
) -> Loaded:
    """Take years as a published list has them; what the county changed by hand stays.

    A list that leaves out a holiday by statute is refused, or National Day would be worked; one
    without make-up days too, since none was ever published without: unless somebody says that it
    is so. Deadlines that stand do not move. Raises BadCalendarFile.
    """
    years = sorted({day.year for day in listed})
    wrong = {f"{day}": "holiday_left_out" for year in years for day in left_out(year, listed)}
    if not no_make_up_days:
        bare = (year for year in years if not has_make_up_days(year, listed))
        wrong |= {f"{year}": "no_make_up_days" for year in bare}
    if wrong:
        raise BadCalendarFile(errors=wrong)
    written = sum(
        queries.upsert_days(
            session, list(year_of_list(year, listed, provisional=False)), published=True
        )
        for year in years
    )
    record(session, "policy.calendar", years=years, days=written, source="file")
    return Loaded(years, written)


def set_day(session: Session, day: date, *, working: bool, why: str, name: str = "") -> CalendarDay:
    """Make a day a working day or one of rest, by the county's own decision, for clocks that start
    from now on: a deadline that stands never moves. Raises CalendarMissing.
    """
    before = queries.set_day(session, day, working=working, name=name, why=why)
    if before is None:
        raise CalendarMissing
    record(session, "policy.day", reason=why, day=day.isoformat(), working=working, before=before)
    return queries.get_day(session, day)


def _day_of(row: Row) -> date | None:
    """2026-02-14, 2026/2/14 or 20260214."""
    text = row.cells.get("day", "").split(" ")[0].replace("/", "-")
    parts = text.split("-")
    try:
        if len(parts) == 3:
            day = date(*map(int, parts))
        elif len(text) == 8 and text.isdigit():
            day = date.fromisoformat(text)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None
