"""Unplaced households over HTTP: the list, and placings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.households.models import Household
from server.households.unplaced import queries, service
from server.households.unplaced.schemas import (
    PlacingsIn,
    PlacingsOut,
    UnplacedIn,
    UnplacedPageOut,
)
from server.paging import Page, page_of
from server.places import queries as places

blp = Blueprint("unplaced", __name__, url_prefix="/households", description="未落格 Unplaced")


@blp.route("/unplaced", methods=["GET"])
@may("household.read")
@blp.arguments(UnplacedIn, location="query")
@blp.response(200, UnplacedPageOut)
def list_unplaced(wanted: dict[str, Any]) -> Page:
    """Households without a cell within one's own places: why, what is near, what is suggested."""
    with transaction(asker().identity) as session:
        held = asker().places(session)
        under = places.present_prefix(session, wanted["under"])
        query = queries.list_unplaced(held, under, wanted["reason"])
        page = page_of(session, query, Household.id, wanted["after"], wanted["limit"])
        lost = service.describe(session, held, page.items, wanted["suggest"] is not None)
        return replace(page, items=lost)


@blp.route("/placings", methods=["POST"])
@may("household.amend")
@blp.arguments(PlacingsIn)
@blp.response(200, PlacingsOut)
def place_households(asked: dict[str, Any]) -> Mapping[str, int]:
    """Place unplaced households, by group, by address, by hand or anew by point; all or none."""
    me = asker().identity
    with transaction(me) as session:
        held = asker().places(session)
        return service.place_households(session, me, held, asked["items"], asked["why"])
