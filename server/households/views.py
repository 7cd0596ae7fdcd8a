"""Households over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from server.access.door import asker, may
from server.access.schemas import RevealIn
from server.bodies import Blueprint
from server.db import transaction
from server.households import queries, service
from server.households.models import Household
from server.households.schemas import (
    AmendmentIn,
    HouseholdIn,
    HouseholdOut,
    HouseholdPageOut,
    HouseholdPlainOut,
    HouseholdsIn,
)
from server.households.service import Amendment, NewHousehold
from server.paging import Page, page_of
from server.places import queries as places

blp = Blueprint("households", __name__, url_prefix="/households", description="住户 Households")


@blp.route("", methods=["GET"])
@may("household.read")
@blp.arguments(HouseholdsIn, location="query")
@blp.response(200, HouseholdPageOut)
def list_households(wanted: dict[str, Any]) -> Page:
    """Households within one's own places, masked; by village, cell, placing or state."""
    with transaction(asker().identity) as session:
        village, cell = wanted.pop("village"), wanted.pop("cell")
        query = queries.list_households(
            asker().places(session),
            village_id=places.get_area(session, village).id if village else None,
            cell_id=places.get_cell(session, cell).id if cell else None,
            placed_by=wanted["placed_by"],
            unplaced=wanted["unplaced"],
            state=wanted["state"],
        )
        return page_of(session, query, Household.id, wanted["after"], wanted["limit"])


@blp.route("/<uuid:household_id>", methods=["GET"])
@may("household.read")
@blp.response(200, HouseholdOut)
def read_household(household_id: UUID) -> Household:
    """One household, masked."""
    with transaction(asker().identity) as session:
        return queries.get_household(session, household_id)


@blp.route("", methods=["POST"])
@may("household.create")
@blp.arguments(HouseholdIn)
@blp.response(201, HouseholdOut)
def register_household(new: dict[str, Any]) -> Household:
    """Register a household; it is placed by its point or group, or by hand."""
    keys = ("id", "village_id", "group_no", "cell_id")
    household = NewHousehold(**{key: new.pop(key) for key in keys}, fields=new)
    with transaction(asker().identity) as session:
        held = asker().places(session)
        service.register_households(session, asker().identity, held, [household])
        return queries.get_household(session, household.id)


@blp.route("/<uuid:household_id>", methods=["PATCH"])
@may("household.amend")
@blp.arguments(AmendmentIn)
@blp.response(200, HouseholdOut)
def amend_household(fields: dict[str, Any], household_id: UUID) -> Household:
    """Set fields of a household, stamped with the server's time; a new location places anew."""
    me = asker().identity
    with transaction(me) as session:
        queries.get_household(session, household_id)
        amendment = Amendment(household_id, fields, service.stamps_of(fields, me))
        held = asker().places(session)
        service.amend_households(session, me, held, [amendment])
        return queries.get_household(session, household_id)


@blp.route("/<uuid:household_id>/reveal", methods=["POST"])
@may("household.reveal")
@blp.arguments(RevealIn)
@blp.response(200, HouseholdPlainOut)
def reveal_household(asked: dict[str, Any], household_id: UUID) -> Household:
    """One household unmasked. Who looked, when and why is kept."""
    with transaction(asker().identity) as session:
        return service.reveal_household(session, household_id, asked["reason"])
