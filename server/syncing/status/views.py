"""Sync in numbers, over HTTP: for a worker, for a supervisor, for IT."""

from __future__ import annotations

from typing import Any

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.paging import Page, PageIn
from server.syncing.status import service
from server.syncing.status.schemas import StatusOut, TotalsOut, WorkerPageOut

blp = Blueprint("status", __name__, url_prefix="/sync/status", description="同步情况 Sync status")


@blp.route("", methods=["GET"])
@may("sync.status")
@blp.response(200, StatusOut)
def show_mine() -> dict[str, Any]:
    """One's own phones: what arrived, what counts, and why a record does not count yet."""
    me = asker()
    with transaction(me.identity) as session:
        return service.my_status(session, me.identity, me.user_id)


@blp.route("/workers", methods=["GET"])
@may("sync.supervise")
@blp.arguments(PageIn, location="query")
@blp.response(200, WorkerPageOut)
def list_workers(wanted: dict[str, Any]) -> Page:
    """Everybody in one's charge, by area and name, with the numbers that they see too."""
    me = asker().identity
    with transaction(me) as session:
        items, following, total = service.list_workers(session, me, **wanted)
        return Page(items, following, total if wanted["after"] is None else None)


@blp.route("/county", methods=["GET"])
@may("sync.county")
@blp.response(200, TotalsOut)
def show_county() -> dict[str, Any]:
    """The county in numbers: no person, no content."""
    me = asker().identity
    with transaction(me) as session:
        return service.county_totals(session, me)
