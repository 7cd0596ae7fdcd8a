"""Disputes over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.disputes import service
from server.disputes.models import Dispute
from server.disputes.queries import cases
from server.disputes.queries.counted import narrow_to_figure
from server.disputes.queries.narrowing import narrow
from server.disputes.schemas import (
    DisputeIn,
    DisputeOut,
    DisputePageOut,
    DisputesIn,
    EventIn,
    OpenDisputeOut,
)
from server.disputes.service import NewDispute, NewEvent
from server.disputes.service.history import OpenDispute
from server.paging import Page, page_of
from server.places import queries as places

blp = Blueprint("disputes", __name__, url_prefix="/disputes", description="矛盾纠纷 Disputes")


@blp.route("", methods=["GET"])
@may("dispute.read")
@blp.arguments(DisputesIn, location="query")
@blp.response(200, DisputePageOut)
def list_disputes(wanted: dict[str, Any]) -> Page:
    """Disputes within one's own places, narrowed by what is asked for."""
    after, limit = wanted.pop("after"), wanted.pop("limit")
    with transaction(asker().identity) as session:
        village = wanted.pop("village")
        query = cases.list_disputes(
            asker().places(session),
            asker().user_id,
            asker().identity.now,
            status=wanted.pop("status"),
            level=wanted.pop("level"),
            village_id=places.get_area(session, village).id if village else None,
            overdue=wanted.pop("overdue"),
        )
        counted = ("area", "open", "held_at", "ended", "since", "until")
        query = narrow_to_figure(query, **{name: wanted.pop(name) for name in counted})
        return page_of(session, narrow(query, **wanted), Dispute.id, after, limit)


@blp.route("/<uuid:dispute_id>", methods=["GET"])
@may("dispute.read")
@blp.response(200, OpenDisputeOut)
def read_dispute(dispute_id: UUID) -> OpenDispute:
    """One case: story, parties (masked), Holdings and history. The look is written down."""
    with transaction(asker().identity) as session:
        return service.open_dispute(session, dispute_id)


@blp.route("", methods=["POST"])
@may("dispute.register")
@blp.arguments(DisputeIn)
@blp.response(201, DisputeOut)
def register_dispute(new: dict[str, Any]) -> Dispute:
    """Register a dispute; it starts at the lowest level that covers its place and all parties."""
    by = asker().identity
    id_, occurred_at, done_by = new.pop("id"), new.pop("occurred_at"), new.pop("done_by")
    ref = new.pop("external_ref")
    dispute = NewDispute(
        id_,
        new,
        occurred_at or by.now,
        by.now,
        done_by=done_by,
        external_ref=ref and (ref["system"], ref["id"]),
    )
    with transaction(by) as session:
        service.register_dispute(session, by, dispute)
        return cases.get_dispute(session, id_)


@blp.route("/<uuid:dispute_id>/events", methods=["POST"])
@may("dispute.act")
@blp.arguments(EventIn)
@blp.response(201, DisputeOut)
def act_on_dispute(sent: dict[str, Any], dispute_id: UUID) -> Dispute:
    """Act on a dispute: accept, mediate, settle, refer, escalate, and so on."""
    by = asker().identity
    id_, occurred_at, done_by = sent.pop("id"), sent.pop("occurred_at"), sent.pop("done_by")
    fields = {**sent, "dispute_id": dispute_id}
    event = NewEvent(id_, fields, occurred_at or by.now, by.now, done_by=done_by)
    with transaction(by) as session:
        service.act(session, by, event)
        return cases.get_dispute(session, dispute_id)
