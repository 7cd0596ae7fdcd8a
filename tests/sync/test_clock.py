"""Phones with wrong clocks: what time it really was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.clock import correct, from_ms, stamp, to_ms
from sync.model import Instant, Proof, Times

NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
WALL = to_ms(NOW)
HOUR = 3_600_000


def test_within_one_boot_the_monotonic_clock_proves_the_time_whatever_the_wall_says() -> None:
    at, clock = Instant(0, 10 * HOUR, "b"), Instant(99 * HOUR, 13 * HOUR, "b")
    assert correct(at, clock, NOW) == Times(NOW - timedelta(hours=3), Proof.PROVED, NOW)


def test_after_a_restart_the_wall_clock_counts_with_the_offset_measured_now() -> None:
    a_day_fast = WALL + 24 * HOUR
    at, clock = Instant(a_day_fast - 2 * HOUR, 500, "b1"), Instant(a_day_fast, 100, "b2")
    assert correct(at, clock, NOW) == Times(NOW - timedelta(hours=2), Proof.CLAIMED, NOW)


def test_a_phone_that_does_not_name_its_boot_proves_nothing() -> None:
    assert correct(Instant(WALL, 1, ""), Instant(WALL, 2, ""), NOW).proof is Proof.CLAIMED


def test_a_monotonic_clock_that_ran_backwards_is_not_believed() -> None:
    at, clock = Instant(WALL - HOUR, 900, "b"), Instant(WALL, 100, "b")
    assert correct(at, clock, NOW) == Times(NOW - timedelta(hours=1), Proof.CLAIMED, NOW)


@pytest.mark.parametrize("wall", [WALL + HOUR, -(2**53), 2**53, WALL - 400 * 366 * 24 * HOUR])
def test_a_claim_from_the_future_or_from_before_the_product_ends_at_receipt(wall: int) -> None:
    times = correct(Instant(wall, 0, "b1"), Instant(WALL, 0, "b2"), NOW)
    assert times == Times(NOW, Proof.CLAIMED, NOW)


def test_an_uptime_of_centuries_is_not_believed() -> None:
    times = correct(Instant(WALL - 5, 0, "b"), Instant(WALL, 2**53, "b"), NOW)
    assert times == Times(NOW - timedelta(milliseconds=5), Proof.CLAIMED, NOW)


READINGS = st.builds(
    Instant,
    st.integers(-(2**53), 2**53),
    st.integers(0, 2**53),
    st.sampled_from(["", "b1", "b2"]),
)


@given(READINGS, READINGS)
def test_no_reading_breaks_it_and_no_change_comes_after_its_receipt(
    at: Instant, clock: Instant
) -> None:
    times = correct(at, clock, NOW)
    assert datetime(2020, 1, 1, tzinfo=UTC) <= times.recorded_at <= NOW
    assert times.received_at == NOW


def test_stamps_grow_with_n_though_the_clock_went_back() -> None:
    early = Times(NOW - timedelta(hours=1), Proof.CLAIMED, NOW)
    assert stamp(early, "d", 5, WALL) == (WALL, "d", 5)
    assert stamp(early, "d", 5, 0) == (WALL - HOUR, "d", 5)


def test_after_a_reset_time_alone_orders_the_changes() -> None:
    early = Times(NOW - timedelta(hours=1), Proof.CLAIMED, NOW)
    assert stamp(early, "d", 1, WALL, reset=True) > (WALL, "d", 9)


@given(st.integers(-(10**12), 10**13))
def test_milliseconds_go_there_and_back(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms
