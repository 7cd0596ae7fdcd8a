"""The list: cases by what must happen next and by when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.access.door import Asker
from server.access.permissions import Role
from server.console.frame.time_left import SOON, TimeLeft, time_left
from server.disputes.queries import desk
from server.disputes.queries.desk import Wanted
from server.ladder.calendar import WorkingCalendar, end_of, local_day
from server.ladder.errors import CalendarGap
from server.ladder.routing import Level
from server.places import queries as places
from server.policies import service as policies
from server.policies.errors import NoPolicy

PAGE: Final = 50
_LEVELS: Final = {
    Role.MEDIATOR: Level.VILLAGE,
    Role.TOWNSHIP_SUPERVISOR: Level.TOWNSHIP,
    Role.COUNTY_OFFICE: Level.COUNTY,
}
_FIGURES: Final = ("area", "open", "held_at", "ended", "since", "until")


@dataclass(frozen=True, slots=True)
class Line:
    """One case of the list."""

    case: Any
    office: str
    place: str
    next: str
    by_when: datetime | None
    left: TimeLeft | None
    levels: Sequence[str]
    supervised: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list; `total` of `whole` in the asker's reach."""

    lines: Sequence[Line]
    total: int
    whole: int
    page: int
    more: bool
    asked: Mapping[str, Any]
    areas: Sequence[tuple[str, str]]  # (code, name) to narrow by
    from_figure: bool


def read_listing(
    session: Session, me: Asker, asked: Mapping[str, Any], size: int = PAGE
) -> Listing:
    """The page that is asked for: without a word of its own, what waits for the asker's Offices."""
    now, reach = me.identity.now, me.places(session)
    calendar = policies.calendar(session, local_day(now - timedelta(days=400)))
    soon = _warned_of(session, now)
    figure = {name: asked[name] for name in _FIGURES}
    asked = {**asked, **_usual(asked, bool(any(v is not None for v in figure.values())))}
    query = desk.list_desk(reach, me.user_id, now, _wanted(me, asked, calendar, soon), figure)
    whole = desk.list_desk(reach, me.user_id, now, Wanted(status=_status(asked)), figure)
    rows = desk.read_page(session, query, asked["page"], size)
    return Listing(
        [_line(row, calendar, now, soon) for row in rows[:size]],
        desk.count(session, query),
        desk.count(session, whole),
        asked["page"],
        len(rows) > size,
        asked,
        _areas(session, reach),
        any(value is not None for value in figure.values()),
    )


def _usual(asked: Mapping[str, Any], from_figure: bool) -> dict[str, Any]:
    """What is meant where nothing is said: what is open, and whose turn it is. Who comes from a
    figure, or looks for a number, sees all that it counts.
    """
    wide = from_figure or bool(asked["number"])
    return {
        "status": asked.get("status") or ("any" if wide else "open"),
        "turn": asked.get("turn") or ("all" if wide else "ours"),
    }


def _status(asked: Mapping[str, Any]) -> str | None:
    return None if asked["status"] == "any" else str(asked["status"])


def _wanted(me: Asker, asked: Mapping[str, Any], calendar: WorkingCalendar, soon: int) -> Wanted:
    levels = [level for role, level in _LEVELS.items() if role in me.roles]
    due_soon = asked["due"] == "soon"
    return Wanted(
        status=_status(asked),
        turn=levels if asked["turn"] == "ours" else (),
        level=asked["level"],
        category=asked["category"],
        next=asked["next"],
        under=asked["under"] or asked["village"],
        number=asked["number"],
        overdue=asked["due"] == "overdue" or asked["overdue"] is True,
        soon_until=_soon_until(me.identity.now, calendar, soon) if due_soon else None,
        supervised=asked["supervised"],
        alerted=asked["alerted"],
    )


def _warned_of(session: Session, now: datetime) -> int:
    try:
        return policies.current_policy(session, now).policy.warning_working_days
    except NoPolicy:
        return SOON


def _soon_until(now: datetime, calendar: WorkingCalendar, soon: int) -> datetime:
    """The end of the last day to which at most `soon` working days are left."""
    day, left = local_day(now), 0
    try:
        while left < soon or not calendar.is_working(day + timedelta(days=1)):
            day += timedelta(days=1)
            left += calendar.is_working(day)
    except CalendarGap:
        return end_of(local_day(now) + timedelta(days=soon))
    return end_of(day)


def _line(row: Row[Any], calendar: WorkingCalendar, now: datetime, soon: int) -> Line:
    place = " ".join(name for name in (row.township, row.village) if name)
    held = time_left(calendar, now, row.by_when, soon)
    told = (row.next, row.by_when, held, row.levels or (), row.supervised)
    return Line(row.Dispute, row.office, place, *told)


def _areas(session: Session, reach: Any) -> list[tuple[str, str]]:
    """Townships for whoever sees the county; else the villages of the own reach."""
    rows = places.list_villages(session)
    if reach is None:
        return sorted({(row.code[:9], row.township) for row in rows})
    return sorted((row.code, row.name) for row in rows if f"v:{row.id}" in reach)
