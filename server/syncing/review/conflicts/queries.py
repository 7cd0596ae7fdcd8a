"""All SQL of fields in which two people met."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from server.access.models import User
from server.households.models import Household
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


_OWNERS = text("SELECT device_id, user_id FROM gate.phone_owners(cast(:ids AS uuid[]))")


def map_owners(session: Session, devices: Collection[UUID]) -> Mapping[UUID, str]:
    """Phone → name of whose it is; what the asker may not know is missing."""
    owners = dict(session.execute(_OWNERS, {"ids": list(devices)}).tuples().all())
    rows = session.execute(select(User.id, User.name).where(User.id.in_(owners.values())))
    names = dict(rows.tuples().all())
    return {device: names[user] for device, user in owners.items() if user in names}


def map_stamps(session: Session, households: Collection[UUID]) -> Mapping[UUID, dict[str, Any]]:
    """Household → field → [ms, phone or empty, number] of what stands now."""
    rows = session.execute(
        select(Household.id, Household.stamps).where(Household.id.in_(households))
    )
    return dict(rows.tuples().all())
