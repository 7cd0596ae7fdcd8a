"""Service needs and consents over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.households import queries as households
from server.households.needs import queries, service
from server.households.needs.models import Consent, ServiceNeed
from server.households.needs.schemas import (
    ConsentPageOut,
    EndingIn,
    NeedIn,
    NeedOut,
    NeedPageOut,
)
from server.households.needs.service import NewNeed, Withdrawal
from server.households.service import stamps_of
from server.ladder.calendar import local_day
from server.paging import Page, PageIn, page_of

blp = Blueprint("needs", __name__, url_prefix="/households", description="服务需求 Service needs")


@blp.route("/needs/ending", methods=["GET"])
@may("household.read")
@blp.arguments(EndingIn, location="query")
@blp.response(200, NeedPageOut)
def list_ending(wanted: dict[str, Any]) -> Page:
    """Needs within one's own places whose consent ends soon: ask again before it does."""
    me = asker()
    today = local_day(me.identity.now)
    with transaction(me.identity) as session:
        until = today + timedelta(days=wanted["days"])
        query = queries.list_needs(me.places(session), today, until=until)
        return page_of(session, query, ServiceNeed.id, wanted["after"], wanted["limit"])


@blp.route("/<uuid:household_id>/needs", methods=["GET"])
@may("household.read")
@blp.arguments(PageIn, location="query")
@blp.response(200, NeedPageOut)
def list_needs(wanted: dict[str, Any], household_id: UUID) -> Page:
    """What a household wants from us, as far as its consent holds today."""
    me = asker().identity
    with transaction(me) as session:
        households.get_household(session, household_id)
        query = queries.list_needs(None, local_day(me.now), household_id=household_id)
        return page_of(session, query, ServiceNeed.id, wanted["after"], wanted["limit"])


@blp.route("/<uuid:household_id>/consents", methods=["GET"])
@may("household.read")
@blp.arguments(PageIn, location="query")
@blp.response(200, ConsentPageOut)
def list_consents(wanted: dict[str, Any], household_id: UUID) -> Page:
    """Every consent that a household gave: by whom (masked), how, until when, and how it ended."""
    with transaction(asker().identity) as session:
        households.get_household(session, household_id)
        query = queries.list_consents(household_id)
        return page_of(session, query, Consent.id, wanted["after"], wanted["limit"])


@blp.route("/<uuid:household_id>/needs", methods=["POST"])
@may("household.amend")
@blp.arguments(NeedIn)
@blp.response(201, NeedOut)
def record_need(said: dict[str, Any], household_id: UUID) -> ServiceNeed:
    """Record a need with the consent that it stands on; one for the same need is replaced."""
    me = asker().identity
    with transaction(me) as session:
        households.get_household(session, household_id)
        new = NewNeed(said.pop("id"), household_id, me.now, said)
        service.record_needs(session, me, [new])
        (made,) = queries.lock_needs(session, [new.id])
        return made


@blp.route("/<uuid:household_id>/needs/<uuid:need_id>/withdraw", methods=["POST"])
@may("household.amend")
@blp.response(204)
def withdraw_consent(household_id: UUID, need_id: UUID) -> None:
    """Take a consent back: as easily as it was given, and at once."""
    me = asker().identity
    with transaction(me) as session:
        households.get_household(session, household_id)
        queries.get_need(session, household_id, need_id)
        stamps = stamps_of(["withdrawn"], me)
        taken = Withdrawal(need_id, {"withdrawn": True}, {k: list(v) for k, v in stamps.items()})
        service.withdraw_needs(session, me, [taken])
