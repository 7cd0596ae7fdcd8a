"""All SQL of heartbeats."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from server.heartbeats.models import Heartbeat


def beat(session: Session, name: str, at: datetime) -> None:
    """`name` was alive at `at`."""
    statement = upsert(Heartbeat).values(name=name, at=at)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": at}))


def map_heartbeats(session: Session) -> Mapping[str, datetime]:
    """Name → when it was last alive."""
    rows = session.execute(select(Heartbeat.name, Heartbeat.at))
    return dict(rows.tuples().all())
