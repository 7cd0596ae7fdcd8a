"""Fields in which two people met, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from server.access.door import asker, may
from server.access.schemas import RevealIn
from server.bodies import Blueprint
from server.db import transaction
from server.paging import Page, page_of
from server.syncing.models import SyncConflict
from server.syncing.review.conflicts import queries, service
from server.syncing.review.conflicts.schemas import (
    ConflictOut,
    ConflictPageOut,
    ConflictsIn,
    DecideIn,
)

blp = Blueprint("conflicts", __name__, url_prefix="/sync/conflicts", description="冲突 Conflicts")


@blp.route("", methods=["GET"])
@may("sync.quarantine")
@blp.arguments(ConflictsIn, location="query")
@blp.response(200, ConflictPageOut)
def list_conflicts(wanted: dict[str, Any]) -> Page:
    """Fields about which two people differ, masked; those that nobody decided unless asked."""
    with transaction(asker().identity) as session:
        query = queries.list_conflicts(wanted["state"])
        page = page_of(session, query, SyncConflict.id, wanted["after"], wanted["limit"])
        return replace(page, items=service.describe(session, page.items))


@blp.route("/<uuid:conflict_id>", methods=["GET"])
@may("sync.quarantine")
@blp.response(200, ConflictOut)
def read_conflict(conflict_id: UUID) -> dict[str, Any]:
    """One conflict, masked."""
    with transaction(asker().identity) as session:
        return service.describe(session, [queries.get_conflict(session, conflict_id)])[0]


@blp.route("/<uuid:conflict_id>/reveal", methods=["POST"])
@may("sync.reveal")
@blp.arguments(RevealIn)
@blp.response(200, ConflictOut)
def reveal(asked: dict[str, Any], conflict_id: UUID) -> dict[str, Any]:
    """One conflict with both values whole. Who looked, when and why is kept."""
    with transaction(asker().identity) as session:
        return service.reveal(session, conflict_id, asked["reason"])


@blp.route("/<uuid:conflict_id>/decide", methods=["POST"])
@may("sync.decide")
@blp.arguments(DecideIn)
@blp.response(200, ConflictOut)
def decide(asked: dict[str, Any], conflict_id: UUID) -> dict[str, Any]:
    """Keep the server's value, or set the phone's; once."""
    me = asker()
    with transaction(me.identity) as session:
        held = me.places(session)
        return service.decide(session, me.identity, held, conflict_id, **asked)
