"""Policies and the calendar over HTTP: read by all who signed in; the county office sets days."""

from __future__ import annotations

from typing import Any

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.policies import service
from server.policies.models import CalendarDay
from server.policies.rules.days import named_day
from server.policies.rules.written import named_version
from server.policies.schemas import DayIn, DayOut, PoliciesOut, PolicyOut, YearIn, YearOut

policies = Blueprint("policies", __name__, url_prefix="/policies", description="办理期限 Policies")
calendar = Blueprint("calendar", __name__, url_prefix="/calendar", description="工作日历 Calendar")


@policies.route("", methods=["GET"])
@may("policy.read")
@policies.response(200, PoliciesOut)
def list_policies() -> dict[str, Any]:
    """Every version of the policy, and the one that is in force."""
    me = asker().identity
    with transaction(me) as session:
        items = service.list_versions(session)
        return {"items": items, "in_force": service.number_in_force(session, me.now)}


@policies.route("/<version>", methods=["GET"])
@may("policy.read")
@policies.response(200, PolicyOut)
def get_policy(version: str) -> service.InForce:
    """One version, whole."""
    with transaction(asker().identity) as session:
        return service.get_version(session, named_version(version))


@calendar.route("", methods=["GET"])
@may("policy.read")
@calendar.arguments(YearIn, location="query")
@calendar.response(200, YearOut)
def get_year(wanted: dict[str, Any]) -> dict[str, Any]:
    """The days of a year that the calendar holds."""
    with transaction(asker().identity) as session:
        days = service.list_year(session, wanted["year"])
        return {**wanted, "days": days, "provisional": any(day.provisional for day in days)}


@calendar.route("/<day>", methods=["PUT"])
@may("calendar.edit")
@calendar.arguments(DayIn)
@calendar.response(200, DayOut)
def set_day(asked: dict[str, Any], day: str) -> CalendarDay:
    """Make a day a working day or one of rest; deadlines that stand do not move."""
    with transaction(asker().identity) as session:
        return service.set_day(
            session,
            named_day(day),
            working=asked["working"],
            why=asked["reason"],
            name=asked["name"],
        )
