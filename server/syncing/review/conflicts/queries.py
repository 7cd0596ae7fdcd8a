"""All SQL of fields in which two people met."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.syncing.models import SyncConflict
from server.syncing.review.conflicts.errors import ConflictNotFound


def list_conflicts(state: str) -> Select[tuple[SyncConflict]]:
    """Fields in which two people met: "open", "decided", or "logged" (settled by time alone)."""
    query = select(SyncConflict)
    if state == "logged":
        return query.where(~SyncConflict.needs_person)
    if state == "decided":
        return query.where(SyncConflict.decided.is_not(None))
    return query.where(SyncConflict.needs_person, SyncConflict.decided.is_(None))


def get_conflict(session: Session, conflict_id: UUID) -> SyncConflict:
    """One conflict. Raises ConflictNotFound, also where its household is hidden."""
    found = session.get(SyncConflict, conflict_id)
    if found is None:
        raise ConflictNotFound
    return found


def lock_conflict(session: Session, conflict_id: UUID) -> SyncConflict:
    """Lock one conflict. Raises as `get_conflict`."""
    query = select(SyncConflict).where(SyncConflict.id == conflict_id)
    found = session.scalar(query.with_for_update())
    if found is None:
        raise ConflictNotFound
    return found
