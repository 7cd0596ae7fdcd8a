"""The time limits of statutes and rules as one table, and what a clock that steps can do to them.

The table says how days are counted and which of our numbers comes from where. That the numbers are
used does not make anything compliant: that is for jurists, and no page or screen says it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ladder.calendar import LOCAL, Limit, Unit, WorkingCalendar, last_day
from server.ladder.clocks import Deadlines, Limits, due_at, extend, start_holding
from server.ladder.kinds import Actor, Event, Need, State
from server.ladder.policy import DEFAULT
from server.ladder.routing import Level
from server.ladder.states import OPEN, Move, decide
from tests.ladder.test_calendar import at, moments

MEDIATION = "people's mediation: generally within one month (statute)"
CONFIRMATION = "court confirmation: asked together within 30 days of effect (statute)"
REGISTER = "petition: 15 days to dispose after registration (regulation)"
HANDLE = "petition: 60 days to handle (regulation)"
OBJECTION = "wrong transfer: objection within 5 working days (regulation)"
REVIEW = "review: asked within 30 days of the written reply, answered within 30 (regulation)"


class Vector(NamedTuple):
    """A limit of the policy as it is delivered, and the day on which it ends."""

    source: str
    limit: Limit
    start: str
    last: str


def days(n: int) -> Limit:
    return Limit(n, Unit.DAYS)


VILLAGE, COUNTY = DEFAULT.levels[Level.VILLAGE], DEFAULT.levels[Level.COUNTY]
TABLE = [
    Vector(MEDIATION, VILLAGE.handle, "2025-03-03", "2025-04-02"),
    Vector(MEDIATION, VILLAGE.handle, "2025-09-01", "2025-10-09"),  # 1 October is a holiday
    Vector(CONFIRMATION, days(DEFAULT.confirmation_days), "2025-03-03", "2025-04-02"),
    Vector(CONFIRMATION, days(DEFAULT.confirmation_days), "2024-01-11", "2024-02-18"),  # make-up
    Vector(REGISTER, COUNTY.accept, "2025-03-03", "2025-03-18"),
    Vector(REGISTER, COUNTY.accept, "2026-02-05", "2026-02-24"),  # Spring Festival to the 23rd
    Vector(HANDLE, COUNTY.handle, "2025-03-03", "2025-05-06"),  # Labour Day to the 5th
    Vector(
        OBJECTION,
        Limit(DEFAULT.objection_working_days, Unit.WORKING_DAYS),
        "2026-02-12",
        "2026-02-26",  # the 13th, make-up Saturday the 14th, 24th, 25th, 26th
    ),
    # No number of ours: a party is told of it, and it is counted outside.
    Vector(REVIEW, days(30), "2025-12-02", "2026-01-04"),  # New Year to the 3rd, a make-up Sunday
]


@pytest.mark.parametrize("vector", TABLE, ids=lambda one: f"{one.source} {one.start}")
def test_a_legal_limit_ends_on_its_day(china: WorkingCalendar, vector: Vector) -> None:
    deadline = china.deadline(at(vector.start), vector.limit)
    assert last_day(deadline).isoformat() == vector.last
    assert deadline.astimezone(LOCAL).time() == datetime.min.time()  # 24:00 of that day


def test_the_numbers_as_delivered_are_those_of_their_sources() -> None:
    assert (VILLAGE.handle, DEFAULT.levels[Level.TOWNSHIP].handle) == (days(30), days(30))
    assert (COUNTY.accept, COUNTY.handle) == (days(15), days(60))
    assert DEFAULT.extension_max_days == 30
    assert DEFAULT.objection_working_days == 5
    assert DEFAULT.confirmation_days == 30


def test_a_petition_is_never_handled_longer_than_from_its_acceptance(
    china: WorkingCalendar,
) -> None:
    """The regulation's 60 days run from acceptance; ours run from receipt, which is earlier."""
    received = at("2025-03-03")
    for waited in range(15):
        accepted = received + timedelta(days=waited)
        ours = start_holding(received, COUNTY, china).handle_by
        assert ours <= china.deadline(accepted, days(60))


def test_thirty_days_more_are_counted_from_the_old_last_day(china: WorkingCalendar) -> None:
    stood = start_holding(at("2025-03-03"), COUNTY, china)
    longer = extend(stood, days(DEFAULT.extension_max_days), china)
    assert last_day(stood.handle_by) == date(2025, 5, 6)
    assert last_day(longer.handle_by) == date(2025, 6, 5)


@pytest.mark.parametrize("event", [Event.REFUSE, Event.FAIL])
def test_who_refuses_or_fails_is_told_their_rights_and_no_clock_runs_on(
    china: WorkingCalendar, event: Event
) -> None:
    given = frozenset({Need.REASON.value})
    refusal = decide(State.IN_MEDIATION, event, Actor.HANDLER, given)
    assert not isinstance(refusal, Move)
    assert refusal.slug == "needs-rights-told"
    move = decide(State.IN_MEDIATION, event, Actor.HANDLER, given | {Need.RIGHTS_TOLD.value})
    assert isinstance(move, Move)
    assert due_at(move.after, start_holding(at("2025-03-03"), VILLAGE, china)) is None


@pytest.mark.parametrize("state", sorted(OPEN))
def test_other_legal_ways_are_never_blocked(state: State) -> None:
    given = frozenset({Need.REASON.value, Need.REFERRED_TO.value})
    move = decide(state, Event.REFER, Actor.HANDLER, given)
    assert isinstance(move, Move)
    assert move.after is State.REFERRED


def test_nothing_that_people_read_calls_itself_compliant() -> None:
    root = Path(__file__).parents[2]
    pages = [*root.glob("docs/*.md"), *root.glob("README*.md"), *root.glob("server/**/*.py")]
    claims = [
        f"{page.name}: {line.strip()}"
        for page in pages
        for line in page.read_text("utf-8").splitlines()
        if any(word in line for word in ("ompliant", "ompliance with", "合规", "依法合法"))
        and not any(word in line for word in (" not ", "不代表", "不构成"))
    ]
    assert claims == []


# The zone in which a time is told, and a clock that steps.

ZONES = [UTC, LOCAL, ZoneInfo("America/New_York"), timezone(timedelta(hours=-11, minutes=-30))]
limits = st.builds(Limit, st.integers(1, 60), st.sampled_from(Unit))


@given(moments, limits, st.sampled_from(ZONES))
def test_a_time_told_in_another_zone_is_the_same_time(
    china: WorkingCalendar, start: datetime, limit: Limit, zone: timezone
) -> None:
    assert china.deadline(start.astimezone(zone), limit) == china.deadline(start, limit)


@given(moments, limits, st.integers(-3600, 3600))
def test_a_receipt_an_hour_off_moves_a_deadline_only_over_midnight(
    china: WorkingCalendar, start: datetime, limit: Limit, seconds: int
) -> None:
    stepped = start + timedelta(seconds=seconds)
    one, other = china.deadline(start, limit), china.deadline(stepped, limit)
    if start.date() == stepped.date():
        assert one == other
    else:
        early, late = sorted((start.date(), stepped.date()))
        assert (late - early).days == 1
        assert (one < other) <= (start < stepped)


steps = st.lists(
    st.tuples(st.integers(20, 86400 * 40), st.integers(-3600, 3600)), min_size=1, max_size=30
)


@given(moments, st.builds(Limits, limits, limits), steps)
def test_a_clock_that_steps_an_hour_climbs_nothing_twice_and_nothing_before_it_says_so(
    china: WorkingCalendar, received: datetime, allowed: Limits, rounds: list[tuple[int, int]]
) -> None:
    """Every round of the worker reads a clock that may have stepped by up to an hour.

    Whatever it shows: a case goes up only when that clock stands at its bar or after it, and the
    level above has its full time from then on, so that stepping back makes nothing due again.
    """
    true, ran_out = received, received + timedelta(days=400)
    held: list[tuple[datetime, Deadlines]] = [(received, start_holding(received, allowed, china))]
    for waits, off in rounds:
        true += timedelta(seconds=waits)
        shown = true + timedelta(seconds=off)
        if shown > ran_out or len(held) == 3:
            break
        due = due_at(State.REGISTERED, held[-1][1])
        assert due is not None
        if due <= shown:
            held.append((shown, start_holding(shown, allowed, china)))
            again = due_at(State.REGISTERED, held[-1][1])
            assert again is not None
            assert again - shown >= timedelta(hours=24)
            assert again > shown + timedelta(hours=2)  # the widest that two looks can differ
    for (_, deadlines), (climbed_at, _) in pairwise(held):
        due = due_at(State.REGISTERED, deadlines)
        assert due is not None
        assert climbed_at >= due
