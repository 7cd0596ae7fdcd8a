"""The queue as IT sees it: what waits, what was given up, and trying it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.notices.delivery.rules import State
from server.notices.errors import NoSuchNotice, NothingToRetry
from server.notices.queue import queries

OWED = "owed"


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of deliveries; `counts` are of everything: by state, and `owed` (not made out)."""

    counts: dict[str, int]
    items: list[dict[str, Any]]
    next: UUID | None


def list_queue(session: Session, state: State | None, after: UUID | None, limit: int) -> QueuePage:
    """Deliveries of a state (or all), the oldest first, and how many there are of each."""
    counted = queries.map_counts(session)
    rows = queries.list_deliveries(session, state, after, limit + 1)
    return QueuePage(
        counts={name: counted.get(name, 0) for name in (OWED, *State)},
        items=[dict(row._mapping) for row in rows[:limit]],
        next=rows[limit - 1].id if len(rows) > limit else None,
    )


def show(session: Session, one_id: UUID) -> dict[str, Any]:
    """One notice with its deliveries; `one_id` is its own or a delivery's. Raises NoSuchNotice."""
    deliveries = queries.list_deliveries_of(session, one_id)
    notice = queries.find_notice(session, deliveries[0].notice_id if deliveries else one_id)
    if notice is None:
        raise NoSuchNotice
    return {**notice._mapping, "deliveries": [dict(row._mapping) for row in deliveries]}


def retry(session: Session, one_id: UUID) -> dict[str, Any]:
    """Let what was given up of a notice, or one delivery, be tried again for seven more days.

    Raises NoSuchNotice, NothingToRetry.
    """
    revived = queries.revive(session, one_id)
    shown = show(session, one_id)
    if not revived:
        raise NothingToRetry
    record(session, "notice.retry", notice=shown["id"], deliveries=revived)
    return shown
