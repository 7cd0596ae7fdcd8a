"""Likely duplicates over HTTP: the list that waits, and decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.households.duplicates import queries, service
from server.households.duplicates.models import LikelyDuplicate
from server.households.duplicates.schemas import (
    DecisionIn,
    DuplicateOut,
    DuplicatePageOut,
    DuplicatesIn,
)
from server.paging import Page, page_of

blp = Blueprint("duplicates", __name__, url_prefix="/households", description="疑似重复 Duplicates")


@blp.route("/duplicates", methods=["GET"])
@may("household.link")
@blp.arguments(DuplicatesIn, location="query")
@blp.response(200, DuplicatePageOut)
def list_duplicates(wanted: dict[str, Any]) -> Page:
    """Pairs of households of one's own places that may be one, masked."""
    with transaction(asker().identity) as session:
        query = queries.list_duplicates(asker().places(session), wanted["decided"])
        key = LikelyDuplicate.id
        page = page_of(session, query, key, wanted["after"], wanted["limit"])
        return replace(page, items=service.describe(session, page.items))


@blp.route("/duplicates/<uuid:duplicate_id>/decision", methods=["POST"])
@may("household.link")
@blp.arguments(DecisionIn)
@blp.response(200, DuplicateOut)
def decide(asked: dict[str, Any], duplicate_id: UUID) -> dict[str, Any]:
    """They are the same (one ends, with a link to the other) or different (never asked again)."""
    me = asker()
    with transaction(me.identity) as session:
        held = me.places(session)
        pair = service.decide(
            session,
            me.identity,
            held,
            duplicate_id,
            asked["decision"],
            asked["keep"],
            asked["reason"],
        )
        return service.describe(session, [pair])[0]
