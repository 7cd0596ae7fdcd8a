"""What the worker looks after: that there is a policy, and that the calendar reaches far enough."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from server.db import Identity
from server.ladder.calendar import local_day
from server.ladder.policy import DEFAULT
from server.notices.rules import Kind, Notice
from server.notices.service import owe
from server.policies import queries
from server.policies.service.days import load_calendar
from server.policies.service.versions import load_policy

_NOVEMBER = 11  # the calendar of a year is published in the last weeks of the one before


def ensure_policy(session: Session, by: Identity) -> bool:
    """What a county needs before its first dispute: a policy (DEFAULT where there is none yet) and
    the calendar from last year to the year after next. Returns whether anything was written.
    """
    year = local_day(by.now).year
    written = load_calendar(session, range(year - 1, year + 3))
    if not queries.has_policy(session):
        load_policy(session, by, DEFAULT)
        return True
    return bool(written)


def look_ahead(session: Session, by: Identity) -> bool:
    """Fill the calendar when a new year has begun: no deadline may fall beyond its last day. While
    make-up days are missing that should be known, the county office is told once a month.
    """
    last = queries.find_last_day(session)
    ahead = date(local_day(by.now).year + 2, 12, 31)
    filled = (last is None or last < ahead) and ensure_policy(session, by)
    if missing := unpublished(session, by.now):
        _tell_county(session, by, missing)
    return filled


def has_day(session: Session, now: datetime) -> bool:
    """Whether the calendar holds today."""
    return queries.find_day(session, local_day(now)) is not None


def unpublished(session: Session, now: datetime) -> list[int]:
    """Years whose make-up days should be known by now and are not: this one, and from November on
    the next.
    """
    today = local_day(now)
    latest = today.year + (today.month >= _NOVEMBER)
    return [year for year in queries.list_provisional_years(session, today) if year <= latest]


def _tell_county(session: Session, by: Identity, years: list[int]) -> None:
    month = f"{local_day(by.now):%Y-%m}"
    offices = tuple(queries.list_county_offices(session))
    owed = [
        Notice(
            Kind.CALENDAR_PROVISIONAL,
            None,
            offices,
            {"year": year},
            once=f"calendar:{year}:{month}",
        )
        for year in years
    ]
    owe(session, by, owed)
