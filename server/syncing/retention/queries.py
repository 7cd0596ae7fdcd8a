"""All SQL of what is kept no longer. Each statement takes a bounded batch and waits for nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

# A receipt outlives what was set aside with it: sent again after it, the same change would meet
# itself in quarantine. Marks are looked at from the oldest on; the newest is never among them.
_PURGES = {
    "receipts": """
        DELETE FROM sync_receipt WHERE (device_id, mid) IN (
            SELECT r.device_id, r.mid FROM sync_receipt r
             WHERE r.received_at < :old
               AND NOT EXISTS (SELECT FROM sync_quarantine q
                                WHERE q.device_id = r.device_id AND q.mid = r.mid)
             ORDER BY r.received_at LIMIT :batch FOR UPDATE SKIP LOCKED)
    """,
    "marks": """
        DELETE FROM feed_mark WHERE seq IN (
            SELECT seq FROM (SELECT seq, at FROM feed_mark ORDER BY seq LIMIT :batch) oldest
             WHERE at < :old) AND seq < (SELECT max(seq) FROM feed_mark)
    """,
    "quarantine": """
        DELETE FROM sync_quarantine WHERE (device_id, mid) IN (
            SELECT device_id, mid FROM sync_quarantine WHERE closed_at < :decided
             ORDER BY closed_at LIMIT :batch FOR UPDATE SKIP LOCKED)
    """,
    "conflicts": """
        DELETE FROM sync_conflict WHERE id IN (
            SELECT id FROM sync_conflict
             WHERE recorded_at < :decided AND (NOT needs_person OR decided_at < :decided)
             ORDER BY recorded_at LIMIT :batch FOR UPDATE SKIP LOCKED)
    """,
    "alarms": """
        DELETE FROM sync_alarm WHERE (device_id, kind, day) IN (
            SELECT device_id, kind, day FROM sync_alarm WHERE last_at < :decided
             ORDER BY last_at LIMIT :batch FOR UPDATE SKIP LOCKED)
    """,
}


def delete_old(session: Session, old: datetime, decided: datetime, batch: int) -> Mapping[str, int]:
    """Delete at most `batch` of each: what → how many. `decided`: for what a person settled."""
    times = {"old": old, "decided": decided, "batch": batch}
    connection = session.connection()
    gone = {what: connection.execute(text(sql), times).rowcount for what, sql in _PURGES.items()}
    return {what: count for what, count in gone.items() if count}
