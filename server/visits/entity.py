"""How visits sync: appended by phones, never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from server.db import Acting
from server.refusal import Fields, refusing
from server.visits import queries, service
from server.visits.errors import BadVisit
from server.visits.service import NewVisit
from sync.model import Op, Ready, Stamp

SINCE_2 = frozenset({"proof", "received_at"})


class VisitEntity:
    """走访 on phones."""

    name = "visit"
    ops = frozenset({Op.APPEND})
    mutable: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    def columns(self, schema: int) -> Sequence[str]:
        """Schema 2 tells how well the time is known, and when the server heard of it."""
        columns = queries.SYNC_COLUMNS
        return columns if schema >= 2 else [c for c in columns if c not in SINCE_2]

    def selection(self) -> Select[Any]:
        """Visits as phones hold them."""
        return queries.select_sync_rows()

    def apply(self, acting: Acting, run: Sequence[Ready]) -> None:
        """Record a run of visits."""
        with refusing():
            service.add_visits(*acting, [_new(i, ready) for i, ready in enumerate(run)])

    def read(self, session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Visits as phones hold them."""
        return queries.list_sync_rows(session, ids)

    def lock(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Stamp]]:
        """Visits never change: seeing them is enough, and nothing carries a stamp."""
        return {row.id: {} for row in queries.list_sync_rows(session, ids)}


def _new(index: int, ready: Ready) -> NewVisit:
    """`occurred_at` (ms) is what the worker typed; left out, it happened when it was recorded."""
    fields = Fields(ready.set, BadVisit, index)
    return NewVisit(
        id=UUID(ready.change.id),
        household_id=fields.need_id("household_id"),
        occurred_at=fields.take_time("occurred_at") or ready.times.recorded_at,
        recorded_at=ready.times.recorded_at,
        proof=ready.times.proof,
        done_by=fields.take_id("done_by"),
        supersedes_id=fields.take_id("supersedes_id"),
        fields=fields.left,
    )
