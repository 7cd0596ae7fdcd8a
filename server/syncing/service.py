"""The two verbs over this database, the epoch, and the guard against a full disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.ids import new_id
from server.syncing import queries
from server.syncing.entities import REGISTRY
from server.syncing.errors import DiskLow
from server.syncing.store import PostgresStore
from sync.model import Page, Pull, Push, Pushed
from sync.pull import pull
from sync.push import push

MAX_PAGE_ROWS = 2000
MAX_PAGE_BYTES = 1 << 20  # of rows as JSON, before gzip


def take_push(session: Session, by: Identity, request: Push) -> Pushed:
    """Apply a push in the open transaction (role wangge_push)."""
    pushed = push(request, REGISTRY, PostgresStore(session, by))
    record(session, "sync.push", changes=len(request.changes), device=by.device_id)
    return pushed


def answer_pull(session: Session, by: Identity, request: Pull) -> Page:
    """One page, in the open snapshot."""
    return pull(request, REGISTRY, PostgresStore(session, by), MAX_PAGE_ROWS, MAX_PAGE_BYTES)


def record_pull(session: Session, by: Identity, page: Page) -> None:
    """Personal data left for a phone: which buckets, how many rows."""
    sent = {
        bucket: sum(len(rows) for _, rows in entities.values())
        for bucket, entities in page.put.items()
    }
    if sent:
        record(session, "sync.pull", device=by.device_id, rows=sent)


def check_disk(directory: Path, threshold: int) -> None:
    """Raises DiskLow where less than `threshold` bytes are free: a full disk stops PostgreSQL."""
    if shutil.disk_usage(directory).free < threshold:
        raise DiskLow(retry_after=120)


def ensure_epoch(session: Session, by: Identity, why: str | None = None) -> bool:
    """Begin a new epoch where the database is another one (or `why` says so); ends every session.

    Returns whether one began.
    """
    present, fingerprint = queries.find_epoch(session), queries.get_fingerprint(session)
    if present and present.fingerprint == fingerprint and why is None:
        return False
    reason = why or ("moved" if present else "first")
    queries.insert_epoch(
        session, id=new_id(by.now), began_at=by.now, why=reason, fingerprint=fingerprint
    )
    queries.end_all_logins(session, by.now)
    record(session, "sync.epoch", why=reason)
    return True
