"""The two verbs over this database, and the guard against a full disk."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.syncing.entities import REGISTRY
from server.syncing.errors import DiskLow
from server.syncing.status.rules import alarms_of_push
from server.syncing.status.service import raise_alarms
from server.syncing.store import PostgresStore
from server.visits.entity import VisitEntity
from sync.ids import UUID_FORM
from sync.model import Change, Push, Pushed, Status
from sync.push import push


def take_push(session: Session, by: Identity, request: Push, *, careful: bool = True) -> Pushed:
    """Apply a push in the open transaction (role wangge_push).

    One audit row for all of it, visits named: they write none of their own in a push. Raises
    TryAgain where the transaction is lost; not `careful`, it is lost by the first bad change.
    """
    pushed = push(request, REGISTRY, PostgresStore(session, by, careful=careful))
    raise_alarms(session, by, alarms_of_push(request, pushed))
    applied = {answer.mid for answer in pushed.outcomes if answer.status is Status.APPLIED}
    taken: dict[str, Change] = {}
    for change in sorted(request.changes, key=lambda change: change.n):
        taken.setdefault(change.mid, change)  # of two that claim one mid the first is taken
    visits = [c.id for m, c in taken.items() if c.entity == VisitEntity.name and m in applied]
    sent: dict[str, Any] = {"changes": len(request.changes), "epoch": _epoch_named(request)}
    record(session, "sync.push", **sent, visits=len(visits), ids=visits[:50])
    return pushed


def _epoch_named(request: Push) -> str | None:
    """Ours are ids; whatever else a phone says may be anybody's name."""
    return request.epoch if UUID_FORM.fullmatch(request.epoch or "") else None


def check_disk(directory: Path, threshold: int) -> None:
    """Raises DiskLow where less than `threshold` bytes are free: a full disk stops PostgreSQL."""
    if shutil.disk_usage(directory).free < threshold:
        raise DiskLow(retry_after=120)
