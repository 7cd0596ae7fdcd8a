"""All SQL of sync's numbers, of alarms, and of what is kept no longer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from server.access.models import Device, User
from server.syncing.models import SyncQuarantine
from server.syncing.status.models import SyncAlarm

_PHONES = text("SELECT * FROM gate.sync_phones(cast(:users AS uuid[]), :since)")
_LOADS = text("SELECT user_id, n FROM gate.sync_loads(cast(:users AS uuid[]))")
_TOTALS = text("SELECT * FROM gate.sync_totals(:since)")


def list_phones(session: Session, users: Collection[UUID], since: datetime) -> Sequence[Row[Any]]:
    """Numbers of each phone of these users, as far as the asker is in charge of them."""
    return session.execute(_PHONES, {"users": list(users), "since": since}).all()


def map_loads(session: Session, users: Collection[UUID]) -> Mapping[UUID, int]:
    """User → rows that a phone of theirs should hold."""
    return {row.user_id: row.n for row in session.execute(_LOADS, {"users": list(users)})}


def find_totals(session: Session, since: datetime) -> Row[Any] | None:
    """The county in numbers; None for whoever may not ask."""
    return session.execute(_TOTALS, {"since": since}).one_or_none()


# Whoever serves a place in one's charge, or did lately: what they recorded then may still come.
_WORKERS = text("""
    SELECT u.id, u.login, u.name, lies.area
      FROM user_account u
      JOIN LATERAL (
           SELECT v.code, v.name AS area
             FROM assignment a
             LEFT JOIN grid_cell c ON c.id = a.cell_id
             LEFT JOIN office o    ON o.id = a.office_id
             JOIN area v           ON v.id = coalesce(c.village_id, a.area_id, o.area_id)
            WHERE a.user_id = u.id AND a.valid_from <= :at
              AND (a.valid_to IS NULL OR a.valid_to > :since)
              AND a.role NOT LIKE '%\\_admin'
            ORDER BY v.code LIMIT 1) lies ON true
     WHERE gate.sees_county() OR u.id = ANY (ARRAY(SELECT gate.my_colleagues()))
     ORDER BY lies.code, u.name, u.id
""")


def list_workers(session: Session, at: datetime, since: datetime) -> Sequence[Row[Any]]:
    """(id, login, name, area) of everybody in the asker's charge, by area, then by name."""
    return session.execute(_WORKERS, {"at": at, "since": since}).all()


def list_decided(
    session: Session, author_id: UUID, since: datetime, limit: int
) -> Sequence[SyncQuarantine]:
    """What became of an author's changes that were set aside: the latest decisions."""
    query = select(SyncQuarantine).where(
        SyncQuarantine.author_id == author_id, SyncQuarantine.closed_at >= since
    )
    return session.scalars(query.order_by(SyncQuarantine.closed_at.desc()).limit(limit)).all()


def list_waiting(session: Session, author_id: UUID, limit: int) -> Sequence[SyncQuarantine]:
    """An author's changes that wait for a person, in the order in which they were written."""
    query = select(SyncQuarantine).where(
        SyncQuarantine.author_id == author_id, SyncQuarantine.closed_at.is_(None)
    )
    order = (SyncQuarantine.device_id, SyncQuarantine.n)
    return session.scalars(query.order_by(*order).limit(limit)).all()


def upsert_alarms(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Alarms of today: once more of one that there is counts up."""
    statement = upsert(SyncAlarm)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["device_id", "kind", "day"],
            set_={
                "last_at": statement.excluded.last_at,
                "times": SyncAlarm.times + 1,
                "details": statement.excluded.details,
            },
        ),
        list(rows),
    )


def list_alarms(since: datetime, users: Collection[UUID] | None = None) -> Select[Any]:
    """Alarms since then with the login and the name of the phone, the newest first."""
    query = (
        select(SyncAlarm, User.login, User.name, Device.name.label("phone"))
        .join(User, User.id == SyncAlarm.user_id)
        .outerjoin(Device, Device.id == SyncAlarm.device_id)
        .where(SyncAlarm.last_at >= since)
        .order_by(SyncAlarm.last_at.desc(), SyncAlarm.device_id, SyncAlarm.kind)
    )
    return query if users is None else query.where(SyncAlarm.user_id.in_(users))


def count_alarms(session: Session, since: datetime) -> Mapping[str, int]:
    """Kind → on how many phones, since then."""
    query = select(SyncAlarm.kind, func.count(SyncAlarm.device_id.distinct()))
    query = query.where(SyncAlarm.last_at >= since).group_by(SyncAlarm.kind)
    return dict(session.execute(query).tuples().all())
