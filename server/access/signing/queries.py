"""SQL of what is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session


def delete_logins(session: Session, before: datetime, batch: int) -> int:
    """Delete the oldest tokens that nobody could have refreshed since then; how many.

    By their ids, which begin with their time. One that another still names (by a clock that was set
    back, or where a policy was shortened) goes after it.
    """
    born_before = UUID(int=int(before.timestamp() * 1000) << 80)
    asked = {"before": before, "born_before": born_before, "batch": batch}
    deleted: CursorResult[Any] = session.execute(_DELETE, asked)  # type: ignore[assignment] # of a DELETE
    return deleted.rowcount


_DELETE = text("""
    DELETE FROM login WHERE id IN (
        SELECT l.id FROM login l
         WHERE l.id < :born_before AND l.refresh_until < :before
           AND NOT EXISTS (SELECT FROM login p
                            WHERE p.succeeded_by = l.id
                              AND (p.id > l.id OR p.refresh_until >= :before))
         ORDER BY l.id LIMIT :batch)
""")
