"""How disputes sync: phones make disputes and append events; the server says how it goes on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.db import Acting
from server.disputes import service
from server.disputes.queries import cases
from server.disputes.service import NewDispute, NewEvent
from server.refusal import refusing
from sync.clock import from_ms
from sync.model import Op, Ready, Stamp


class DisputeEntity:
    """矛盾纠纷 on phones. Its status is never patched: it follows from events."""

    name = "dispute"
    ops = frozenset({Op.CREATE})
    mutable: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    def columns(self, schema: int) -> Sequence[str]:
        """Since schema 1."""
        return cases.DISPUTE_COLUMNS

    def apply(self, acting: Acting, run: Sequence[Ready]) -> None:
        """Register a run of disputes."""
        with refusing():
            service.register_disputes(*acting, [_dispute(ready) for ready in run])

    def read(self, session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Disputes as phones hold them."""
        return cases.list_sync_disputes(session, ids)

    def lock(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Stamp]]:
        """Phones change none that is there: seeing it is enough, and nothing carries a stamp."""
        return {row.id: {} for row in cases.list_sync_disputes(session, ids)}


class DisputeEventEntity:
    """办理记录 on phones. A move that the ladder refuses is kept as a note."""

    name = "dispute_event"
    ops = frozenset({Op.APPEND})
    mutable: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    def columns(self, schema: int) -> Sequence[str]:
        """Since schema 1."""
        return cases.EVENT_COLUMNS

    def apply(self, acting: Acting, run: Sequence[Ready]) -> None:
        """Append a run of events."""
        with refusing():
            service.append_events(*acting, [_event(ready) for ready in run])

    def read(self, session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Events as phones hold them."""
        return cases.list_sync_events(session, ids)

    def lock(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Stamp]]:
        """Events never change."""
        return {row.id: {} for row in cases.list_sync_events(session, ids)}


def _dispute(ready: Ready) -> NewDispute:
    fields, occurred_at, done_by = _common(ready)
    return NewDispute(
        id=UUID(ready.change.id),
        fields=fields,
        occurred_at=occurred_at,
        recorded_at=ready.times.recorded_at,
        proof=ready.times.proof,
        done_by=done_by,
    )


def _event(ready: Ready) -> NewEvent:
    fields, occurred_at, done_by = _common(ready)
    return NewEvent(
        id=UUID(ready.change.id),
        fields=fields,
        occurred_at=occurred_at,
        recorded_at=ready.times.recorded_at,
        proof=ready.times.proof,
        done_by=done_by,
    )


def _common(ready: Ready) -> tuple[dict[str, Any], datetime, UUID | None]:
    """`occurred_at` (ms) is what the worker typed; left out, it happened when it was recorded."""
    fields = dict(ready.set)
    occurred, done_by = fields.pop("occurred_at", None), fields.pop("done_by", None)
    at = from_ms(occurred) if occurred else ready.times.recorded_at
    return fields, at, UUID(done_by) if done_by else None
