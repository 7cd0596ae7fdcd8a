"""What `wangge doctor` asks the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.archive import LEFTOVER


def get_database_time(session: Session) -> datetime:
    """The time by the database's clock."""
    at: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return at


def list_leftovers(session: Session) -> Sequence[str]:
    """Databases that a killed restore left beside this one."""
    found = session.execute(
        text("""
            SELECT datname FROM pg_database
             WHERE starts_with(datname, current_database())
               AND substr(datname, length(current_database()) + 1) ~ :leftover
             ORDER BY datname
        """),
        {"leftover": LEFTOVER},
    )
    return found.scalars().all()


def find_oldest_due(session: Session, at: datetime) -> datetime | None:
    """Since when the longest overlooked case ought to have climbed."""
    due: datetime | None = session.execute(
        text("""
            SELECT min(due_at) FROM holding
             WHERE ended_at IS NULL AND overdue_at IS NULL AND due_at <= :at
        """),
        {"at": at},
    ).scalar()
    return due


def count_unstamped(session: Session) -> int:
    """Committed feed entries that no phone will ever hear of: always none."""
    return int(
        session.execute(text("SELECT count(*) FROM feed_entry WHERE seq IS NULL")).scalar_one()
    )


_WRONG_HEADS = text("""
    WITH recomputed AS (
        SELECT bucket, max(seq) AS seq, count(*) FILTER (WHERE put) AS n,
               coalesce(bit_xor(feed.digest(entity, row_id, seq)) FILTER (WHERE put), 0) AS h
          FROM feed_entry GROUP BY bucket
    )
    SELECT count(*) FROM recomputed r FULL JOIN feed_head k USING (bucket)
     WHERE (r.seq, r.n, r.h) IS DISTINCT FROM (k.seq, k.n, k.h)
""")


def count_wrong_heads(session: Session) -> int:
    """Buckets whose kept head is not what their entries give: always none."""
    return int(session.execute(_WRONG_HEADS).scalar_one())
