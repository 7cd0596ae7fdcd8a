"""A clock of the server that somebody sets: cases wait rather than climb early."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.db import Identity, transaction
from server.heartbeats.queries import map_heartbeats
from server.worker import LOOP, Job, Steady, Worker
from server.worker.steady import STEP, TRUST
from tests.smallcounty import START, SmallCounty

HOUR = timedelta(hours=1)
ROUND = timedelta(seconds=20)


@dataclass
class Machine:
    """A server whose clock can be set; how long it has run cannot."""

    true: datetime = START
    off: timedelta = timedelta()
    steady: Steady = field(init=False)

    def __post_init__(self) -> None:
        self.steady = Steady(lambda: (self.true - START).total_seconds() + 1234.5)
        self.look()

    def look(self, after: timedelta = timedelta()) -> timedelta:
        """How far off the truth the next round acts."""
        self.true += after
        return self.steady.believed(self.true + self.off) - self.true


def test_a_clock_that_nobody_touches_is_believed() -> None:
    machine = Machine()
    assert {machine.look(ROUND) for _ in range(1000)} == {timedelta()}


def test_an_hour_ahead_by_mistake_makes_nothing_early_and_set_back_nothing_late() -> None:
    machine = Machine()
    machine.off = HOUR
    assert {machine.look(ROUND) for _ in range(170)} == {timedelta()}
    machine.off = timedelta()
    assert {machine.look(ROUND) for _ in range(500)} == {timedelta()}


def test_an_hour_back_by_mistake_makes_climbs_late_only_until_it_is_set_right() -> None:
    machine = Machine()
    machine.off = -HOUR
    assert machine.look(ROUND) == -HOUR
    machine.off = timedelta()
    assert machine.look(ROUND) == timedelta()


@pytest.mark.parametrize("step", [HOUR, 3 * HOUR, -HOUR])
def test_what_has_stood_for_an_hour_is_the_time(step: timedelta) -> None:
    machine = Machine()
    machine.off = step
    machine.look(ROUND)
    assert machine.look(TRUST - ROUND) == min(step, timedelta())
    assert machine.look(ROUND) == step
    assert machine.look(ROUND) == step


def test_drift_is_followed_however_far_it_leads() -> None:
    machine = Machine()
    for _ in range(100):
        machine.off += STEP
        assert machine.look(ROUND) == machine.off


def test_a_second_step_has_an_hour_of_its_own() -> None:
    machine = Machine()
    machine.off = HOUR
    machine.look(ROUND)
    machine.look(TRUST - 2 * ROUND)
    machine.off = 9 * HOUR
    assert machine.look(ROUND) == timedelta()
    assert machine.look(TRUST - ROUND) == timedelta()
    assert machine.look(ROUND) == 9 * HOUR


far_off = st.one_of(st.just(0), st.integers(61, 86400), st.integers(-86400, -61))


@given(st.lists(st.tuples(st.integers(1, 60), far_off), min_size=1, max_size=50))
def test_whatever_a_clock_shows_within_an_hour_makes_nothing_early(
    rounds: list[tuple[int, int]],
) -> None:
    machine = Machine()
    for waits, off in rounds:
        machine.off = timedelta(seconds=off)
        assert machine.look(timedelta(seconds=waits)) == min(machine.off, timedelta())


def test_the_worker_acts_by_what_is_believed_and_its_heartbeat_by_the_clock(
    county: SmallCounty,
) -> None:
    acted: list[datetime] = []

    def act(by: Identity) -> None:
        acted.append(by.now)

    def back(shown: datetime) -> datetime:
        return shown - HOUR

    assert Worker(county.app, [Job("act", act)], back).run_once(START) == {"act": True}
    assert acted == [START - HOUR]
    with transaction(county.worker) as session:
        assert map_heartbeats(session) == {"act": START, LOOP: START}
