"""All SQL of the queue as IT sees it: how far things have come, and nothing of what they say.

Column by column, since the web may read no others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

_COUNTS = text("""
    SELECT 'owed' AS state, count(id) AS n FROM notice WHERE fanned_at IS NULL
     UNION ALL
    SELECT state, count(id) FROM notice_delivery GROUP BY state
""")


def map_counts(session: Session) -> Mapping[str, int]:
    """State → how many; `owed`: notices that were not made out to anybody yet."""
    return dict(session.execute(_COUNTS).tuples().all())


_OLDEST = text("SELECT min(since) FROM notice_delivery WHERE state = 'waiting'")


def find_oldest_waiting(session: Session) -> datetime | None:
    """Since when the oldest delivery waits."""
    found: datetime | None = session.execute(_OLDEST).scalar()
    return found


_DELIVERIES = """
    SELECT d.id, d.notice_id, n.kind, s.name AS target, s.channel, d.state, d.tries, n.owed_at,
           CASE d.state WHEN 'waiting' THEN greatest(d.next_at, s.rests_until) END AS next_at,
           d.ended_at, d.status, d.error
      FROM notice_delivery d
      JOIN notice n              ON n.id = d.notice_id
      JOIN notice_subscription s ON s.id = d.subscription_id
"""
_LIST = text(f"""
    {_DELIVERIES}
     WHERE (cast(:state AS text) IS NULL OR d.state = :state)
       AND (cast(:after AS uuid) IS NULL OR d.id > :after)
     ORDER BY d.id LIMIT :limit
""")


def list_deliveries(
    session: Session, state: str | None, after: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Deliveries in the order in which they were made out."""
    return session.execute(_LIST, {"state": state, "after": after, "limit": limit}).all()


_SHOW = text(f"{_DELIVERIES} WHERE d.id = :id OR d.notice_id = :id ORDER BY d.id")


def list_deliveries_of(session: Session, one_id: UUID) -> Sequence[Row[Any]]:
    """The deliveries of a notice, or the one that has this id itself."""
    return session.execute(_SHOW, {"id": one_id}).all()


_FIND = text("SELECT id, kind, owed_at, fanned_at FROM notice WHERE id = :id")


def find_notice(session: Session, notice_id: UUID) -> Row[Any] | None:
    """One notice: when it was owed and made out."""
    return session.execute(_FIND, {"id": notice_id}).one_or_none()


_RETRY = text("""
    UPDATE notice_delivery
       SET state = 'waiting', since = gate.now(), next_at = gate.now(), lease = NULL,
           ended_at = NULL
     WHERE (id = :id OR notice_id = :id) AND state = 'dead'
       AND subscription_id IN (SELECT id FROM notice_subscription WHERE active)
""")


def revive(session: Session, one_id: UUID) -> int:
    """Let dead deliveries be tried again, where their target is active; how many."""
    return session.connection().execute(_RETRY, {"id": one_id}).rowcount
