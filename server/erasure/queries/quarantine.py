"""SQL of what is kept aside of phones' changes, and may speak of an erased person."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.orm import Session

from server.syncing.models import SyncQuarantine


def list_quarantined(session: Session, since: datetime | None) -> Iterator[SyncQuarantine]:
    """What is kept aside, received since then (None: ever); a few hundred at a time in memory."""
    query = select(SyncQuarantine).execution_options(yield_per=200)
    if since:
        query = query.where(SyncQuarantine.received_at >= since)
    yield from session.scalars(query)


_IS_LIVE = text("""
    SELECT EXISTS (SELECT FROM gate.presence(:entity, ARRAY[cast(:id AS uuid)]) WHERE NOT deleted)
""")


def is_live(session: Session, entity: str, row_id: UUID) -> bool:
    """Whether there is such a row, whoever may see it."""
    return bool(session.scalar(_IS_LIVE, {"entity": entity, "id": row_id}))


def delete_quarantined(session: Session, rows: Collection[SyncQuarantine]) -> None:
    """Drop changes that were kept aside. A mid is one phone's own: another may use the same."""
    key = tuple_(SyncQuarantine.device_id, SyncQuarantine.mid)
    keys = [(row.device_id, row.mid) for row in rows]
    session.execute(delete(SyncQuarantine).where(key.in_(keys)))
