"""Offices over HTTP: added and kept. Everybody reads them under /places/offices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from server.access import queries as access
from server.access.accounts.offices import service
from server.access.accounts.offices.schemas import NewOfficeIn, OfficeIn, OfficeOut
from server.access.door import asker, may
from server.access.models import Office
from server.bodies import Blueprint
from server.db import transaction
from server.places.queries import get_area

blp = Blueprint("offices", __name__, url_prefix="/offices", description="承办单位 Offices")


@blp.route("", methods=["POST"])
@may("office.keep")
@blp.arguments(NewOfficeIn)
@blp.response(201, OfficeOut)
def add_office(asked: dict[str, Any]) -> Office | None:
    """Add an Office; the first one of its Area leads."""
    by = asker().identity
    with transaction(by) as session:
        area = get_area(session, asked["area"])
        told = (asked["kind"], asked["name"], asked["public_telephone"])
        return access.find_office(session, service.add_office(session, by, area, *told))


@blp.route("/<uuid:office_id>", methods=["PATCH"])
@may("office.keep")
@blp.arguments(OfficeIn)
@blp.response(200, OfficeOut)
def amend_office(changed: dict[str, Any], office_id: UUID) -> Office:
    """Another name, kind or telephone; or it takes over what comes to its Area."""
    with transaction(asker().identity) as session:
        return service.amend_office(session, office_id, changed)
