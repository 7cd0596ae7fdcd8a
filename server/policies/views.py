"""Policies and the calendar over HTTP: read by all who signed in, changed by the county office."""

from __future__ import annotations

from typing import Any

from server.access.door import asker, fresh, may
from server.bodies import Blueprint
from server.db import transaction
from server.ladder.routing import Category
from server.policies import service
from server.policies.models import CalendarDay
from server.policies.rules.days import named_day
from server.policies.rules.written import checked, named_version
from server.policies.schemas import (
    DayIn,
    DayOut,
    DayPreviewIn,
    DayPreviewOut,
    LoadedOut,
    PoliciesOut,
    PolicyDraftIn,
    PolicyOut,
    PreviewOut,
    ProposalIn,
    YearIn,
    YearOut,
)

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
        return {
            "items": items,
            "in_force": service.number_in_force(session, me.now),
            "latest": service.latest(session).version if items else None,
            "newest": service.newest(session),
        }


@policies.route("/<version>", methods=["GET"])
@may("policy.read")
@policies.response(200, PolicyOut)
def get_policy(version: str) -> service.InForce:
    """One version, whole."""
    with transaction(asker().identity) as session:
        return service.get_version(session, named_version(version))


@policies.route("", methods=["POST"])
@may("policy.edit")
@policies.arguments(ProposalIn)
@policies.response(201, LoadedOut)
def propose_policy(sent: dict[str, Any]) -> service.Revision:
    """Put a new version into force from its first day on; running cases keep theirs."""
    fresh()
    policy = checked(sent["policy"])
    with transaction(asker().identity) as session:
        return service.propose(session, asker().identity, policy, sent["base"], sent["reason"])


@policies.route("/preview", methods=["POST"])
@may("policy.edit")
@policies.arguments(PolicyDraftIn)
@policies.response(200, PreviewOut)
def preview_policy(sent: dict[str, Any]) -> service.Preview:
    """What a version would mean for a new case, beside what is in force. Nothing is written."""
    policy = checked(sent["policy"])
    of = [Category(sent["category"])] if sent["category"] else list(Category)
    with transaction(asker().identity) as session:
        return service.preview_policy(session, asker().identity, policy, of, sent["received"])


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


@calendar.route("/<day>/preview", methods=["POST"])
@may("calendar.edit")
@calendar.arguments(DayPreviewIn)
@calendar.response(200, DayPreviewOut)
def preview_day(asked: dict[str, Any], day: str) -> service.DayPreview:
    """What it would mean for a new case if a day were worked, or not. Nothing is written."""
    me = asker().identity
    with transaction(me) as session:
        return service.preview_day(session, me, named_day(day), working=asked["working"])
