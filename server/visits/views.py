"""Visits over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from server.access.door import asker, may
from server.access.schemas import RevealIn
from server.bodies import Blueprint
from server.db import transaction
from server.paging import Page, page_of
from server.visits import queries, service
from server.visits.models import Visit
from server.visits.schemas import VisitIn, VisitOut, VisitPageOut, VisitPlainOut, VisitsIn
from server.visits.service import NewVisit

blp = Blueprint("visits", __name__, url_prefix="/visits", description="走访 Visits")


@blp.route("", methods=["GET"])
@may("visit.read")
@blp.arguments(VisitsIn, location="query")
@blp.response(200, VisitPageOut)
def list_visits(wanted: dict[str, Any]) -> Page:
    """Visits within one's own places; by household, outcome, author or time."""
    after, limit = wanted.pop("after"), wanted.pop("limit")
    with transaction(asker().identity) as session:
        query = queries.list_visits(
            asker().places(session), household_id=wanted.pop("household"), **wanted
        )
        return page_of(session, query, Visit.id, after, limit)


@blp.route("/<uuid:visit_id>", methods=["GET"])
@may("visit.read")
@blp.response(200, VisitOut)
def read_visit(visit_id: UUID) -> Visit:
    """One visit."""
    with transaction(asker().identity) as session:
        return queries.get_visit(session, visit_id)


@blp.route("/<uuid:visit_id>/reveal", methods=["POST"])
@may("visit.reveal")
@blp.arguments(RevealIn)
@blp.response(200, VisitPlainOut)
def reveal_visit(asked: dict[str, Any], visit_id: UUID) -> Visit:
    """One visit with its note. Who looked, when and why is kept."""
    with transaction(asker().identity) as session:
        return service.reveal_visit(session, visit_id, asked["reason"])


@blp.route("", methods=["POST"])
@may("visit.record")
@blp.arguments(VisitIn)
@blp.response(201, VisitOut)
def record_visit(new: dict[str, Any]) -> Visit:
    """Record a visit in the browser; it counts as recorded now."""
    keys = ("id", "household_id", "done_by", "supersedes_id")
    now = asker().identity.now
    visit = NewVisit(
        **{key: new.pop(key) for key in keys},
        occurred_at=new.pop("occurred_at") or now,
        recorded_at=now,
        fields=new,
    )
    with transaction(asker().identity) as session:
        service.record_visits(session, asker().identity, [visit])
        return queries.get_visit(session, visit.id)
