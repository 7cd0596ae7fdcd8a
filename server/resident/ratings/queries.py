"""SQL of ratings, for whoever sees the case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from server.disputes.models import Party
from server.resident.models import Rating


def list_ratings(session: Session, dispute_id: UUID) -> Sequence[Row[Any]]:
    """What was said of a case, in order."""
    newest = func.max(Rating.at).over(partition_by=(Rating.party_id, Rating.holding_id))
    said = (Rating.holding_id, Rating.level, Rating.rating, Rating.comment, Rating.at)
    return session.execute(
        select(*said, Party.side, (Rating.at == newest).label("counts"))
        .join(Party, Party.id == Rating.party_id)
        .where(Rating.dispute_id == dispute_id)
        .order_by(Rating.at, Rating.id)
    ).all()
