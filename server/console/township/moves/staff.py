"""Who can be sent to a cell, and the plan that a form about it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from server.errors import Invalid
from server.places.rules import LOCAL

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Serving:
    """One cell that somebody serves, from–to."""

    cell: str
    name: str
    leads: bool
    start: datetime
    until: datetime | None

    def meets(self, first: date, last: date | None) -> bool:
        """Whether it is served on one of these days."""
        begins = self.start.astimezone(LOCAL).date()
        ends = self.until.astimezone(LOCAL) - timedelta(microseconds=1) if self.until else None
        return (last is None or begins <= last) and (ends is None or ends.date() >= first)


@dataclass(slots=True)
class Colleague:
    """Somebody who can be sent to a cell, and what they serve now or later."""

    login: str
    name: str
    villages: dict[str, str] = field(default_factory=dict)  # code → name
    serves: list[Serving] = field(default_factory=list)

    def serves_on(self, first: date, last: date | None) -> Mapping[str, str]:
        """Code → name of the cells served on one of these days."""
        return {one.cell: one.name for one in self.serves if one.meets(first, last)}


WAYS: Final = ("cover", "instead", "beside")


def colleagues(rows: Sequence[Any]) -> dict[str, Colleague]:
    """Login → who it is, of what the query of staff found."""
    found: dict[str, Colleague] = {}
    for row in rows:
        one = found.setdefault(row.login, Colleague(row.login, row.name))
        one.villages[row.village] = row.village_name
        if row.cell:
            one.serves.append(
                Serving(row.cell, row.cell_name, row.leads, row.valid_from, row.valid_to)
            )
    return found


def serving(staff: Mapping[str, Colleague], cell: str) -> list[tuple[Colleague, Serving]]:
    """Who serves a cell now or later; who leads it first."""
    found = [(who, one) for who in staff.values() for one in who.serves if one.cell == cell]
    return sorted(found, key=lambda pair: (not pair[1].leads, pair[1].start, pair[0].login))


def way_of(asked: str | None, present: Sequence[Any]) -> str:
    """Which of the three forms; a cell that nobody serves needs somebody, not a stand-in."""
    if not present:
        return "beside"
    return asked if asked in WAYS else WAYS[0]


def plan_of(
    way: str, form: Form, cell: str, staff: Mapping[str, Colleague], today: date
) -> dict[str, Any]:
    """The plan of a move that the form asks for; what else is wrong with it, its schema says.

    Raises Invalid where nobody is chosen.
    """
    user = form.get("other", "").strip() or form.get("user", "")
    if not user:
        raise Invalid(errors={"user": "请选一人。 Choose somebody."})
    first, last = form.get("from", ""), form.get("to", "")
    span = {name: day for name, day in (("from", first), ("to", last)) if day}
    if way == "cover":
        return {"kind": "assignment", "cover": _cover(form, user, span, cell, staff, today)}
    change = {"user": user, "cell": cell, **span}
    if way == "beside":
        return {"kind": "assignment", "changes": [{**change, "leads": bool(form.get("leads"))}]}
    away = form.get("away", "")
    led = any(who.login == away and one.leads for who, one in serving(staff, cell))
    until = _day(first)
    end = {"user": away, "cell": cell}
    if until and until > today:
        end["at"] = str(until - timedelta(days=1))
    return {"kind": "assignment", "changes": [{**change, "leads": led}], "ends": [end]}


def away_cells(form: Form, staff: Mapping[str, Colleague], today: date) -> Mapping[str, str]:
    """Code → name of all that the absent one would serve in the time that was asked for."""
    away = staff.get(form.get("away", ""))
    first, last = _day(form.get("from", "")) or today, _day(form.get("to", ""))
    return away.serves_on(first, last) if away else {}


def _cover(
    form: Form,
    user: str,
    span: Mapping[str, str],
    cell: str,
    staff: Mapping[str, Colleague],
    today: date,
) -> dict[str, Any]:
    """Each of the absent one's cells by whom the form names for it, else by the one stand-in."""
    by: dict[str, list[str]] = {}
    for code in away_cells(form, staff, today) or {cell: ""}:
        by.setdefault(_login(form.get(f"by-{code}", "")) or user, []).append(code)
    taken = [{"user": who, "cells": sorted(codes)} for who, codes in sorted(by.items())]
    return {"user": form.get("away", ""), **span, "by": taken}


def _login(typed: str) -> str:
    """Of a name with its login, as the form suggests them, the login; else as it was typed."""
    return typed.rpartition(" · ")[2].strip()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
