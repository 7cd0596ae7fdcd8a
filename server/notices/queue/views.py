"""The queue over HTTP, for the system administrator: no body, no address, no secret."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.notices.delivery.rules import State
from server.notices.queue import service
from server.notices.queue.schemas import NoticeOut, QueueIn, QueueOut

blp = Blueprint("notices", __name__, url_prefix="/notices", description="通知 Notices")


@blp.route("", methods=["GET"])
@may("notice.read")
@blp.arguments(QueueIn, location="query")
@blp.response(200, QueueOut)
def list_queue(wanted: dict[str, Any]) -> service.QueuePage:
    """What is owed to webhooks and mail addresses, and how far each delivery has come."""
    state = State(wanted["state"]) if wanted["state"] else None
    with transaction(asker().identity) as session:
        return service.list_queue(session, state, wanted["after"], wanted["limit"])


@blp.route("/<uuid:one_id>", methods=["GET"])
@may("notice.read")
@blp.response(200, NoticeOut)
def show_notice(one_id: UUID) -> dict[str, Any]:
    """One notice with its deliveries, by its own id or by that of a delivery."""
    with transaction(asker().identity) as session:
        return service.show(session, one_id)


@blp.route("/<uuid:one_id>/retry", methods=["POST"])
@may("notice.retry")
@blp.response(200, NoticeOut)
def retry(one_id: UUID) -> dict[str, Any]:
    """Have what was given up tried again: all of a notice, or one delivery."""
    with transaction(asker().identity) as session:
        return service.retry(session, one_id)
