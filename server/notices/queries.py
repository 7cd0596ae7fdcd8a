"""All SQL of what is owed. What becomes of it is read in `delivery` and `queue`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.db import run

# Without a conflict target, which would have to be read: whoever writes here reads nothing. In the
# order of their keys, so that two who owe the same matters wait for each other and do not embrace.
_OWE = """
    INSERT INTO notice (id, kind, dispute_id, office_ids, body, once, owed_at)
    SELECT id, kind, dispute_id, office_ids, body, once, gate.now()
      FROM json_populate_recordset(NULL::notice, cast(:rows AS json))
     ORDER BY once, id
        ON CONFLICT DO NOTHING
"""


def insert_notices(session: Session, rows: str) -> None:
    """Notices as JSON (server.rows.as_json); those whose `once` is known are left out."""
    run(session, _OWE, {"rows": rows})


_PURGES = (
    """
    DELETE FROM notice_delivery WHERE id IN (
        SELECT id FROM notice_delivery WHERE ended_at < :old
         ORDER BY ended_at LIMIT :batch FOR UPDATE SKIP LOCKED)
    """,
    """
    DELETE FROM notice WHERE id IN (
        SELECT n.id FROM notice n
         WHERE n.fanned_at < :old AND n.once IS NULL
           AND NOT EXISTS (SELECT FROM notice_delivery d WHERE d.notice_id = n.id)
         ORDER BY n.fanned_at LIMIT :batch FOR UPDATE SKIP LOCKED)
    """,
)


def delete_old(session: Session, old: datetime, batch: int) -> int:
    """Delete at most `batch` deliveries that ended, and notices that nobody waits for; how many."""
    connection = session.connection()
    values = {"old": old, "batch": batch}
    return sum(connection.execute(text(sql), values).rowcount for sql in _PURGES)
