"""The clocks of one Holding: how long an Office has to accept a case, and to handle it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.ladder.calendar import Limit, WorkingCalendar
from server.ladder.routing import Level
from server.ladder.states import Clock, State, clock_of


@dataclass(frozen=True, slots=True)
class Limits:
    """What a policy allows an Office: both limits start when that Office receives the case."""

    accept: Limit
    handle: Limit


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The two bars of a Holding, in UTC; each is the first instant that is too late."""

    accept_by: datetime
    handle_by: datetime


def start_holding(received_at: datetime, limits: Limits, calendar: WorkingCalendar) -> Deadlines:
    """The clocks of an Office that receives a case at `received_at`: by creation, climb or return.

    Raises CalendarGap, NaiveTime.
    """
    return Deadlines(
        accept_by=calendar.deadline(received_at, limits.accept),
        handle_by=calendar.deadline(received_at, limits.handle),
    )


def extend(deadlines: Deadlines, by: Limit, calendar: WorkingCalendar) -> Deadlines:
    """`handle_by` moved by a granted extension, counted from the old last day on."""
    last_moment = deadlines.handle_by - timedelta(microseconds=1)
    return replace(deadlines, handle_by=calendar.deadline(last_moment, by))


def due_at(state: State, deadlines: Deadlines) -> datetime | None:
    """The bar that makes the case climb now; None where no clock runs that does.

    A short limit in days can end before the one for acceptance (a festival lies between): an
    untouched case climbs at the earlier.
    """
    match clock_of(state):
        case Clock.ACCEPT:
            return min(deadlines.accept_by, deadlines.handle_by)
        case Clock.HANDLE:
            return deadlines.handle_by
        case _:
            return None


def next_level(level: Level) -> Level | None:
    """One level up. None above the county: the case stays there and is overdue."""
    return _ABOVE[level]


_ABOVE = {Level.VILLAGE: Level.TOWNSHIP, Level.TOWNSHIP: Level.COUNTY, Level.COUNTY: None}
