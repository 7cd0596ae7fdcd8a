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


def lock_conflict(session: Session, conflict_id: UUID) -> SyncConflict | None:
    """Lock one conflict that waits for a person; None once somebody has decided it."""
    query = list_conflicts("open").where(SyncConflict.id == conflict_id)
    return session.scalar(query.with_for_update())
