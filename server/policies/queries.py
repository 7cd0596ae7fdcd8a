"""All SQL of policies and the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.orm import Session

from server.policies.models import CalendarDay, PolicyVersion
from server.policies.rules import Day


def find_policy(session: Session, day: date) -> PolicyVersion | None:
    """The newest version that is valid on this day."""
    return session.scalar(
        select(PolicyVersion)
        .where(PolicyVersion.valid_from <= day)
        .order_by(PolicyVersion.version.desc())
        .limit(1)
    )


def get_policy(session: Session, policy_id: UUID) -> PolicyVersion:
    """One version."""
    return session.get_one(PolicyVersion, policy_id)


def has_policy(session: Session) -> bool:
    """Whether there is any version."""
    return bool(session.scalar(select(select(PolicyVersion.id).exists())))


def insert_policy(session: Session, **values: Any) -> None:
    """A version; its number follows the newest."""
    number = select(func.coalesce(func.max(PolicyVersion.version), 0) + 1).scalar_subquery()
    session.execute(insert(PolicyVersion).values(version=number, **values))


_UPSERT_DAYS = text("""
    INSERT INTO calendar_day (day, working, name, provisional)
    SELECT * FROM unnest(cast(:days AS date[]), cast(:working AS bool[]),
                         cast(:names AS text[]), cast(:provisional AS bool[]))
        ON CONFLICT (day) DO UPDATE
       SET working = excluded.working, name = excluded.name, provisional = excluded.provisional
     WHERE calendar_day.provisional AND NOT excluded.provisional
 RETURNING day
""")


def upsert_days(session: Session, days: Sequence[Day]) -> int:
    """Days that are not there yet, or stood there provisionally; others are the county's own.

    Returns how many were written.
    """
    written = session.execute(
        _UPSERT_DAYS,
        {
            "days": [day.day for day in days],
            "working": [day.working for day in days],
            "names": [day.name for day in days],
            "provisional": [day.provisional for day in days],
        },
    )
    return len(written.all())


def list_days(session: Session, since: date) -> Sequence[Row[tuple[date, bool, bool]]]:
    """(day, working, provisional) from `since` on."""
    columns = (CalendarDay.day, CalendarDay.working, CalendarDay.provisional)
    return session.execute(select(*columns).where(CalendarDay.day >= since)).all()


def find_last_day(session: Session) -> date | None:
    """The last day that the calendar holds."""
    return session.scalar(select(func.max(CalendarDay.day)))
