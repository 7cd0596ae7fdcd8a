"""The clocks of one Holding: how long an Office has to accept a case, and to handle it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.ladder.calendar import Limit, WorkingCalendar
from server.ladder.kinds import Clock, State
from server.ladder.routing import Level
from server.ladder.states import clock_of
from server.ladder.words import Word


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


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a Holding and is not answered yet, by when it is to be answered."""

    extension_answer_by: datetime | None = None  # of the Office above
    request_answer_by: datetime | None = None  # of the holder, below the county


NOTHING = Asked()


class Bar(Word):
    """What the holder let pass when a case climbs."""

    ACCEPT = "accept", "受理期限"
    REQUEST = "request", "答复当事人期限"
    HANDLE = "handle", "办理期限"


def due_at(state: State, deadlines: Deadlines, asked: Asked = NOTHING) -> datetime | None:
    """The bar that makes the case climb now; None where no clock runs that does."""
    bar = next_bar(state, deadlines, asked)
    return None if bar is None else bar[0]


def next_bar(
    state: State, deadlines: Deadlines, asked: Asked = NOTHING
) -> tuple[datetime, Bar] | None:
    """The earliest bar, and which it is; of two at the same time the first of `Bar`.

    A short limit in days can end before the one for acceptance (a festival lies between): an
    untouched case climbs at the earlier. While an extension is asked for and not answered, nothing
    falls for want of handling; a party that asks for the next level waits for no extension.
    """
    clock = clock_of(state)
    if clock not in (Clock.ACCEPT, Clock.HANDLE):
        return None
    handle_by = max(deadlines.handle_by, asked.extension_answer_by or deadlines.handle_by)
    bars = {
        Bar.ACCEPT: deadlines.accept_by if clock is Clock.ACCEPT else None,
        Bar.REQUEST: asked.request_answer_by,
        Bar.HANDLE: handle_by,
    }
    return min(((at, bar) for bar, at in bars.items() if at), key=lambda found: found[0])


def next_level(level: Level) -> Level | None:
    """One level up. None above the county: the case stays there and is overdue."""
    return _ABOVE[level]


_ABOVE = {Level.VILLAGE: Level.TOWNSHIP, Level.TOWNSHIP: Level.COUNTY, Level.COUNTY: None}
