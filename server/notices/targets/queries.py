"""All SQL of targets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from server.notices.models import Subscription


def insert_target(session: Session, target: Subscription) -> None:
    """A new one. A name that is taken is found by `find_target` before."""
    session.add(target)
    session.flush()


def find_target(session: Session, name: str) -> Subscription | None:
    """Whoever has this name and was not removed; locked."""
    query = select(Subscription).where(Subscription.name == name, Subscription.removed_at.is_(None))
    return session.scalar(query.with_for_update(key_share=True))


_LIST = text("""
    SELECT s.id, s.name, s.channel, s.kinds, s.active, s.stopped_at, s.failures, s.rests_until,
           s.old_until, area.code AS area_code, o.name AS office,
           count(d.id) FILTER (WHERE d.state = 'waiting') AS waiting,
           count(d.id) FILTER (WHERE d.state = 'dead')    AS dead
      FROM notice_subscription s
      LEFT JOIN area              ON area.id = s.area_id
      LEFT JOIN office o          ON o.id = s.office_id
      LEFT JOIN notice_delivery d ON d.subscription_id = s.id AND d.state IN ('waiting', 'dead')
     WHERE s.removed_at IS NULL AND s.channel = :channel
     GROUP BY s.id, area.code, o.name
     ORDER BY s.name
""")


def list_targets(session: Session, channel: str) -> Sequence[Row[Any]]:
    """Targets of a channel by name, with what waits for each and what was given up."""
    return session.execute(_LIST, {"channel": channel}).all()


def list_names(session: Session) -> Sequence[str]:
    """Names of all targets that are told of anything."""
    return session.scalars(select(Subscription.name).where(Subscription.active)).all()


def map_addresses(session: Session, ids: Sequence[UUID]) -> dict[UUID, str | None]:
    """Id → address, opened."""
    query = select(Subscription.id, Subscription.address).where(Subscription.id.in_(ids))
    return dict(session.execute(query).tuples().all())


_DROP = text("""
    UPDATE notice_delivery SET state = 'dropped', ended_at = :at, lease = NULL
     WHERE subscription_id = :id AND state = 'waiting'
""")


def drop_waiting(session: Session, target_id: UUID, at: datetime) -> int:
    """What still waits for a target is not sent any more; how many."""
    return session.connection().execute(_DROP, {"id": target_id, "at": at}).rowcount
