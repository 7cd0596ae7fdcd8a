"""How visits sync: appended by phones, never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.db import Acting
from server.refusal import refusing
from server.visits import queries, service
from server.visits.service import NewVisit
from sync.clock import from_ms
from sync.model import Op, Ready, Stamp


class VisitEntity:
    """走访 on phones."""

    name = "visit"
    ops = frozenset({Op.APPEND})
    mutable: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    def columns(self, schema: int) -> Sequence[str]:
        """Since schema 1."""
        return queries.SYNC_COLUMNS

    def apply(self, acting: Acting, run: Sequence[Ready]) -> None:
        """Record a run of visits."""
        with refusing():
            service.record_visits(*acting, [_new(ready) for ready in run])

    def read(self, session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Visits as phones hold them."""
        return queries.list_sync_rows(session, ids)

    def lock(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Stamp]]:
        """Visits never change: seeing them is enough, and nothing carries a stamp."""
        return {row.id: {} for row in queries.list_sync_rows(session, ids)}


def _new(ready: Ready) -> NewVisit:
    """`occurred_at` (ms) is what the worker typed; left out, it happened when it was recorded."""
    fields = dict(ready.set)
    occurred, done_by, supersedes = (
        fields.pop(name, None) for name in ("occurred_at", "done_by", "supersedes_id")
    )
    return NewVisit(
        id=UUID(ready.change.id),
        household_id=UUID(fields.pop("household_id")),
        occurred_at=from_ms(occurred) if occurred else ready.times.recorded_at,
        recorded_at=ready.times.recorded_at,
        proof=ready.times.proof,
        done_by=UUID(done_by) if done_by else None,
        supersedes_id=UUID(supersedes) if supersedes else None,
        fields=fields,
    )
