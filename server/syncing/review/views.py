"""Changes that wait for a person, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from server.access.door import asker, may
from server.access.schemas import RevealIn
from server.bodies import Blueprint
from server.db import transaction
from server.paging import page_of
from server.syncing.models import SyncQuarantine
from server.syncing.review import queries, service
from server.syncing.review.schemas import (
    CloseIn,
    ReleasedOut,
    ReleaseIn,
    SetAsideIn,
    SetAsideOut,
    SetAsidePageOut,
    SetAsidePlainOut,
)

blp = Blueprint(
    "review", __name__, url_prefix="/sync/quarantine", description="待处理 Changes set aside"
)


@blp.route("", methods=["GET"])
@may("sync.quarantine")
@blp.arguments(SetAsideIn, location="query")
@blp.response(200, SetAsidePageOut)
def list_set_aside(wanted: dict[str, Any]) -> dict[str, Any]:
    """Changes of phones that wait for a person: what, from whom and why, not the content."""
    after, limit, author = wanted.pop("after"), wanted.pop("limit"), wanted.pop("author")
    with transaction(asker().identity) as session:
        query = queries.list_set_aside(author_id=author, **wanted)
        page = page_of(session, query, SyncQuarantine.mid, after, limit)
        counts = queries.count_by_reason(session, query) if after is None else None
        items = service.describe(session, page.items)
        return {"items": items, "next": page.next, "total": page.total, "counts": counts}


@blp.route("/<uuid:device_id>/<uuid:mid>", methods=["GET"])
@may("sync.quarantine")
@blp.response(200, SetAsideOut)
def read_set_aside(device_id: UUID, mid: UUID) -> dict[str, Any]:
    """One change, without its content."""
    with transaction(asker().identity) as session:
        return service.describe(session, [queries.get_set_aside(session, device_id, mid)])[0]


@blp.route("/<uuid:device_id>/<uuid:mid>/reveal", methods=["POST"])
@may("sync.reveal")
@blp.arguments(RevealIn)
@blp.response(200, SetAsidePlainOut)
def reveal(asked: dict[str, Any], device_id: UUID, mid: UUID) -> dict[str, Any]:
    """One change with its content. Who looked, when and why is kept."""
    with transaction(asker().identity) as session:
        return service.reveal(session, device_id, mid, asked["reason"])


@blp.route("/<uuid:device_id>/<uuid:mid>/release", methods=["POST"])
@may("sync.decide")
@blp.arguments(ReleaseIn)
@blp.response(200, ReleasedOut)
def release(asked: dict[str, Any], device_id: UUID, mid: UUID) -> dict[str, Any]:
    """Apply it after all, perhaps with fields put right; in one's own name, done by its author."""
    me = asker().identity
    with transaction(me) as session:
        return service.release(session, me, device_id, mid, **asked)


@blp.route("/<uuid:device_id>/<uuid:mid>/close", methods=["POST"])
@may("sync.decide")
@blp.arguments(CloseIn)
@blp.response(200, SetAsideOut)
def close(asked: dict[str, Any], device_id: UUID, mid: UUID) -> dict[str, Any]:
    """Leave it unapplied for good, with a reason that its author reads."""
    me = asker().identity
    with transaction(me) as session:
        return service.close(session, me, device_id, mid, asked["why"])
