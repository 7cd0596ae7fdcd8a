"""SQL of what phones hold of disputes and their events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session, aliased

from server.access.models import Office
from server.disputes.models import Dispute, DisputeEvent, Holding
from server.disputes.queries.cases import among

# What phones hold of a dispute and of an event, in wire order, without id and rev.
DISPUTE_COLUMNS = (
    "category",
    "story",
    "status",
    "level",
    "office_name",
    "due_at",
    "accept_by",
    "handle_by",
    "village_id",
    "cell_id",
    "channel",
    "size",
    "occurred_at",
    "recorded_at",
    "received_at",
    "done_by",
    "recorded_by",
    "related_id",
)
EVENT_COLUMNS = (
    "dispute_id",
    "n",
    "kind",
    "from_status",
    "to_status",
    "why",
    "agreement",
    "referred_to",
    "rights_told",
    "refused",
    "intended",
    "done_by",
    "recorded_by",
    "occurred_at",
    "recorded_at",
    "received_at",
    "proof",  # since schema 2
)


def select_sync_disputes() -> Select[Any]:
    """Disputes as phones hold them: id, then DISPUTE_COLUMNS."""
    held = aliased(Holding)
    elsewhere = {
        "office_name": Office.name.label("office_name"),
        "due_at": held.due_at,
        "accept_by": held.accept_by,
        "handle_by": held.handle_by,
    }
    columns = [elsewhere.get(name, getattr(Dispute, name, None)) for name in DISPUTE_COLUMNS]
    return (
        select(Dispute.id, *columns)
        .join(Office, Office.id == Dispute.office_id)
        .outerjoin(held, (held.dispute_id == Dispute.id) & held.ended_at.is_(None))
    )


def list_sync_disputes(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Those among these that the asker may see, as phones hold them."""
    return session.execute(select_sync_disputes().where(among(Dispute.id, ids))).all()


def select_sync_events() -> Select[Any]:
    """Events as phones hold them: id, then EVENT_COLUMNS."""
    return select(DisputeEvent.id, *(getattr(DisputeEvent, name) for name in EVENT_COLUMNS))


def list_sync_events(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Those among these that the asker may see, as phones hold them."""
    return session.execute(select_sync_events().where(among(DisputeEvent.id, ids))).all()
