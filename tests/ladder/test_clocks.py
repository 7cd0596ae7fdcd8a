"""The clocks of a Holding, and the rung above."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from server.ladder.calendar import LOCAL, Limit, WorkingCalendar, last_day
from server.ladder.clocks import Deadlines, Limits, due_at, extend, next_level, start_holding
from server.ladder.kinds import State
from server.ladder.routing import Level
from server.ladder.states import OPEN

VILLAGE = Limits(accept=Limit.parse("3 working_days"), handle=Limit.parse("30 days"))


def received(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 10, 30, tzinfo=LOCAL)


def test_both_clocks_start_when_the_office_receives_the_case(china: WorkingCalendar) -> None:
    deadlines = start_holding(received(2026, 3, 2), VILLAGE, china)
    assert deadlines == Deadlines(
        accept_by=datetime(2026, 3, 5, 16, tzinfo=UTC),
        handle_by=datetime(2026, 4, 1, 16, tzinfo=UTC),
    )


def test_the_office_above_gets_its_full_time(china: WorkingCalendar) -> None:
    below = start_holding(received(2026, 3, 2), VILLAGE, china)
    above = start_holding(below.handle_by, VILLAGE, china)
    # The bar is 00:00 on 2 April: that day is the first day above, and does not count.
    assert last_day(above.handle_by) == date(2026, 5, 6)
    assert last_day(above.accept_by) == date(2026, 4, 8)


def test_until_it_is_accepted_the_first_bar_counts_then_the_second(china: WorkingCalendar) -> None:
    deadlines = start_holding(received(2026, 3, 2), VILLAGE, china)
    assert due_at(State.REGISTERED, deadlines) == deadlines.accept_by
    assert due_at(State.ACCEPTED, deadlines) == deadlines.handle_by
    assert due_at(State.IN_MEDIATION, deadlines) == deadlines.handle_by


@pytest.mark.parametrize("state", sorted(State))
def test_only_an_open_case_is_due(china: WorkingCalendar, state: State) -> None:
    deadlines = start_holding(received(2026, 3, 2), VILLAGE, china)
    assert (due_at(state, deadlines) is not None) == (state in OPEN)


def test_over_a_festival_an_urgent_case_does_not_wait_for_its_acceptance(
    china: WorkingCalendar,
) -> None:
    urgent = Limits(accept=Limit.parse("3 working_days"), handle=Limit.parse("7 days"))
    deadlines = start_holding(received(2026, 2, 13), urgent, china)
    assert last_day(deadlines.accept_by) == date(2026, 2, 25)
    assert last_day(deadlines.handle_by) == date(2026, 2, 24)
    assert due_at(State.REGISTERED, deadlines) == deadlines.handle_by


def test_an_extension_is_counted_from_the_old_last_day(china: WorkingCalendar) -> None:
    deadlines = start_holding(received(2026, 3, 2), VILLAGE, china)
    longer = extend(deadlines, Limit.parse("5 working_days"), china)
    assert longer.accept_by == deadlines.accept_by
    # 1 April, then 2 and 3 April, Tomb-Sweeping until the 6th, and 7, 8, 9 April.
    assert last_day(longer.handle_by) == date(2026, 4, 9)


def test_the_ladder_has_three_rungs_and_ends_at_the_county() -> None:
    assert next_level(Level.VILLAGE) is Level.TOWNSHIP
    assert next_level(Level.TOWNSHIP) is Level.COUNTY
    assert next_level(Level.COUNTY) is None
