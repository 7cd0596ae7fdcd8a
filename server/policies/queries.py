"""All SQL of policies and the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, extract, func, insert, select, text
from sqlalchemy.orm import Session

from server.access.models import Office
from server.policies.models import CalendarDay, PolicyVersion
from server.policies.rules.days import Day


def find_policy(session: Session, day: date) -> PolicyVersion | None:
    """The version in force on this day: valid since the latest date; of one date, the newest."""
    return session.scalar(
        select(PolicyVersion)
        .where(PolicyVersion.valid_from <= day)
        .order_by(PolicyVersion.valid_from.desc(), PolicyVersion.version.desc())
        .limit(1)
    )


def find_next_date(session: Session, day: date) -> date | None:
    """The first date after `day` from which some version is valid."""
    later = PolicyVersion.valid_from > day
    return session.scalar(select(func.min(PolicyVersion.valid_from)).where(later))


def get_policy(session: Session, policy_id: UUID) -> PolicyVersion:
    """One version."""
    return session.get_one(PolicyVersion, policy_id)


def find_version(session: Session, number: int) -> PolicyVersion | None:
    """One version by its number."""
    return session.scalar(select(PolicyVersion).where(PolicyVersion.version == number))


def find_label(session: Session, label: str) -> PolicyVersion | None:
    """The newest version of this name."""
    return session.scalar(
        select(PolicyVersion)
        .where(PolicyVersion.body["version"].astext == label)
        .order_by(PolicyVersion.version.desc())
        .limit(1)
    )


def list_policies(session: Session) -> Sequence[PolicyVersion]:
    """Every version, in the order of their numbers."""
    return session.scalars(select(PolicyVersion).order_by(PolicyVersion.version)).all()


def has_policy(session: Session) -> bool:
    """Whether there is any version."""
    return bool(session.scalar(select(select(PolicyVersion.id).exists())))


def find_newest(session: Session) -> int:
    """The number of the version that was added last; 0 before the first."""
    return session.scalar(select(func.max(PolicyVersion.version))) or 0


def lock_versions(session: Session) -> None:
    """Let nobody else add a version until this transaction ends: numbers follow one another."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('policy_version'))"))


def insert_policy(session: Session, **values: Any) -> int:
    """A version; its number follows the newest, and is returned."""
    lock_versions(session)
    number = select(func.coalesce(func.max(PolicyVersion.version), 0) + 1).scalar_subquery()
    added = insert(PolicyVersion).values(version=number, **values).returning(PolicyVersion.version)
    return session.execute(added).scalar_one()


# Days that are not there yet, and those that stood there provisionally; `published` ones also take
# the place of what was published before. What the county changed by hand, with a reason, stays.
_UPSERT_DAYS = text("""
    INSERT INTO calendar_day (day, working, name, provisional)
    SELECT * FROM unnest(cast(:days AS date[]), cast(:working AS bool[]),
                         cast(:names AS text[]), cast(:provisional AS bool[]))
        ON CONFLICT (day) DO UPDATE
       SET working = excluded.working, name = excluded.name, provisional = excluded.provisional
     WHERE calendar_day.why IS NULL
       AND (calendar_day.provisional AND NOT excluded.provisional OR :published)
       AND (calendar_day.working, calendar_day.name, calendar_day.provisional)
           IS DISTINCT FROM (excluded.working, excluded.name, excluded.provisional)
 RETURNING day
""")


def upsert_days(session: Session, days: Sequence[Day], *, published: bool = False) -> int:
    """Fill in days; how many were written."""
    written = session.execute(
        _UPSERT_DAYS,
        {
            "days": [day.day for day in days],
            "working": [day.working for day in days],
            "names": [day.name for day in days],
            "provisional": [day.provisional for day in days],
            "published": published,
        },
    )
    return len(written.all())


_SET_DAY = text("""
    UPDATE calendar_day new
       SET working = :working, name = :name, provisional = false, why = :why
      FROM (SELECT day, working FROM calendar_day WHERE day = :day FOR NO KEY UPDATE) old
     WHERE new.day = old.day
 RETURNING old.working
""")


def set_day(session: Session, day: date, *, working: bool, name: str, why: str) -> bool | None:
    """Change one day; whether it was worked before, None where the calendar does not hold it."""
    asked = {"day": day, "working": working, "name": name, "why": why}
    return session.execute(_SET_DAY, asked).scalar_one_or_none()


def find_day(session: Session, day: date) -> CalendarDay | None:
    """One day, if the calendar holds it."""
    return session.get(CalendarDay, day)


def get_day(session: Session, day: date) -> CalendarDay:
    """One day, as it stands now."""
    return session.get_one(CalendarDay, day, populate_existing=True)


def list_days(session: Session, since: date) -> Sequence[Row[tuple[date, bool, bool]]]:
    """(day, working, provisional) from `since` on."""
    columns = (CalendarDay.day, CalendarDay.working, CalendarDay.provisional)
    return session.execute(select(*columns).where(CalendarDay.day >= since)).all()


def list_year(session: Session, year: int) -> Sequence[CalendarDay]:
    """Every day of a year that the calendar holds."""
    within = CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31))
    return session.scalars(select(CalendarDay).where(within).order_by(CalendarDay.day)).all()


def list_provisional_years(session: Session, since: date) -> Sequence[int]:
    """Years of which some day, from `since` on, is provisional."""
    year = extract("year", CalendarDay.day).label("year")
    later = CalendarDay.provisional & (CalendarDay.day >= since)
    return [
        int(found) for found in session.scalars(select(year).where(later).distinct().order_by(year))
    ]


def find_last_day(session: Session) -> date | None:
    """The last day that the calendar holds."""
    return session.scalar(select(func.max(CalendarDay.day)))


def list_county_offices(session: Session) -> Sequence[UUID]:
    """The Office that leads the county, which answers for its calendar."""
    return session.scalars(select(Office.id).where(Office.level == "county", Office.lead)).all()
