"""Ratings over HTTP, for the Offices of the case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from server.access.door import asker, may
from server.audit.service import record
from server.bodies import Blueprint
from server.db import transaction
from server.disputes.queries.cases import get_dispute
from server.resident.ratings import queries
from server.resident.ratings.schemas import RatingOut

blp = Blueprint("ratings", __name__, url_prefix="/disputes", description="评价 Ratings")


@blp.route("/<uuid:dispute_id>/ratings", methods=["GET"])
@may("dispute.read")
@blp.response(200, RatingOut(many=True))
def list_ratings(dispute_id: UUID) -> Sequence[Row[Any]]:
    """What the parties said of the Offices that had the case. The look is written down."""
    with transaction(asker().identity) as session:
        get_dispute(session, dispute_id)
        record(session, "rating.read", dispute=dispute_id)
        return queries.list_ratings(session, dispute_id)
