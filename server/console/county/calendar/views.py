"""/rules/calendar: a year of working days; one day changed, with what that would mean."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any

from flask import Response, redirect, request

from server.access.door import asker, may
from server.access.permissions import scope_of
from server.console.county.calendar.months import FIRST, LAST, kind_of, months_of
from server.console.frame.forms import loaded
from server.console.frame.pages import blueprint, shown
from server.db import transaction
from server.disputes.queries.counted import count_deadlines
from server.errors import NotFound, WanggeError
from server.ladder.calendar import local_day
from server.policies import service
from server.policies.rules.days import named_day
from server.policies.schemas import DayIn
from server.policies.service import DayPreview
from server.problems import status_of

pages = blueprint("working_days", __name__)


@pages.get("/rules/calendar")
@may("policy.read")
def show_calendar() -> Response:
    """A year, month by month."""
    me = asker()
    today = local_day(me.identity.now)
    year = _year(request.args.get("year", ""), today.year)
    with transaction(me.identity) as session:
        days = service.list_year(session, year)
        unpublished = service.unpublished(session, me.identity.now)
    return shown(
        "working_days/year.html",
        year=year,
        today=today,
        months=months_of(year, days),
        held=bool(days),
        provisional=any(day.provisional for day in days),
        overdue=year in unpublished,
        may_edit=scope_of("calendar.edit", me.roles) is not None,
        saved=request.args.get("saved"),
    )


@pages.get("/rules/calendar/<day>")
@may("calendar.edit")
def show_day(day: str) -> Response:
    """One day: what it is, and what it would mean to make it the other."""
    return _form(named_day(day), {})


@pages.post("/rules/calendar/<day>")
@may("calendar.edit")
def change_day(day: str) -> Any:
    """Make it a working day or one of rest; deadlines that stand do not move."""
    on, typed = named_day(day), request.form.to_dict()
    said = {"yes": True, "no": False}
    sent = {**typed, "working": said.get(typed.get("working", ""), typed.get("working", ""))}
    try:
        asked = loaded(DayIn(), {name: value for name, value in sent.items() if value != ""})
        with transaction(asker().identity) as session:
            working, why, name = asked["working"], asked["reason"], asked["name"]
            service.set_day(session, on, working=working, why=why, name=name)
    except WanggeError as error:
        return _form(on, typed, error)
    return redirect(f"/rules/calendar?year={on.year}&saved={on}", HTTPStatus.SEE_OTHER)


def _form(day: date, typed: dict[str, str], trouble: WanggeError | None = None) -> Response:
    me = asker().identity
    with transaction(me) as session:
        found = next((one for one in service.list_year(session, day.year) if one.day == day), None)
        if found is None:
            raise NotFound
        preview: DayPreview = service.preview_day(session, me, day, working=not found.working)
        standing = count_deadlines(session, day)
    return shown(
        "working_days/day.html",
        status_of(type(trouble)) if trouble else HTTPStatus.OK,
        day=found,
        kind=kind_of(day, working=found.working),
        preview=preview,
        standing=standing,
        typed=typed,
        trouble=trouble,
        wrong=(trouble.errors or {}) if trouble else {},
    )


def _year(text: str, present: int) -> int:
    """Left out it is this one. Raises NotFound."""
    if not text:
        return present
    if not (text.isascii() and text.isdecimal() and len(text) == 4 and FIRST <= int(text) <= LAST):
        raise NotFound
    return int(text)
