"""What a phone says that it still holds: what it counts, and which of its counts is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.model import Instant, Op, Report, Unsent
from sync.unsent import heed
from tests.sync.field import MET, FieldPhone
from tests.sync.sample import LI_PHONE, NORTH, SampleCounty

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = 24 * 3_600_000


def at(minutes: int, boot: str = "b1") -> Instant:
    """What the clocks read so many minutes after the phone was switched on."""
    return Instant(0, minutes * 60_000, boot)


def told(changes: int, minutes: int = 60, **more: Any) -> Unsent:
    return replace(Unsent(changes, 0, at(minutes)), **more)


def first(said: Unsent) -> Report:
    """What is kept of a phone that tells for the first time."""
    kept = heed(said, None, NOW)
    assert kept is not None
    return kept


def after(kept: Report, said: Unsent, **later: float) -> Report:
    """What is kept of one that told this before."""
    heard = heed(said, kept, NOW + timedelta(**later))
    assert heard is not None
    return heard


# Which count is kept.


def test_of_a_phone_that_never_told_nobody_knows_what_it_holds() -> None:
    assert heed(None, None, NOW) is None
    assert first(told(0)).changes == 0


def test_who_does_not_tell_leaves_what_was_told_before() -> None:
    kept = first(told(3))
    assert heed(None, kept, NOW + timedelta(days=9)) is kept


def test_the_oldest_is_dated_by_the_phones_own_clocks_where_something_waits() -> None:
    proved = first(told(3, oldest=at(30)))
    assert proved.oldest_at == NOW - timedelta(minutes=30)
    before_the_restart = Instant(0, 5, "b0")
    claimed = first(told(3, at=Instant(DAY, 60_000, "b1"), oldest=before_the_restart))
    assert claimed.oldest_at == NOW - timedelta(days=1)
    assert first(told(3)).oldest_at is None
    assert first(told(0, oldest=at(30))).oldest_at is None


def test_a_later_count_takes_the_place_of_an_earlier_one() -> None:
    later = after(first(told(3)), told(1, 61), minutes=1)
    assert (later.changes, later.told_at) == (1, NOW + timedelta(minutes=1))


def test_a_count_that_was_overtaken_on_its_way_changes_nothing() -> None:
    kept = first(told(0, 60))
    assert after(kept, told(3, 59), hours=1) is kept


def test_across_restarts_and_without_a_boot_the_order_of_arrival_decides() -> None:
    kept = first(told(0, 60))
    assert after(kept, told(3, at=at(1, "b2"))).changes == 3
    assert after(kept, told(3, at=at(1, ""))).changes == 3
    assert after(replace(kept, boot=""), told(3, at=at(1, ""))).changes == 3


def test_the_same_told_again_within_minutes_is_not_written_anew() -> None:
    kept = first(told(3, oldest=at(30)))
    assert after(kept, told(3, 61, oldest=at(30)), minutes=1) is kept
    assert after(kept, told(3, 70, oldest=at(30)), minutes=10) is not kept
    empty = first(told(0))
    assert after(empty, told(0, 61), minutes=1) is empty
    others: tuple[dict[str, Any], ...] = (
        {"oldest": at(35)},
        {"oldest": None},
        {"oldest": at(30), "rejected": 1},
        {"oldest": at(30), "files": 0},
    )
    for other in others:
        assert after(kept, told(3, 61, **other), minutes=1) is not kept, other


def test_a_time_of_a_server_whose_clock_was_ahead_does_not_stand() -> None:
    kept = first(told(3))
    assert after(kept, told(3, 61), days=-1).told_at == NOW - timedelta(days=1)


# What a phone counts.


def record(phone: FieldPhone, house: str, **more: Any) -> None:
    phone.app.record("visit", Op.APPEND, {"house": house, **MET, **more})


def test_of_a_line_that_breaks_in_the_middle_the_server_knows_what_is_left(
    county: SampleCounty, li: FieldPhone
) -> None:
    li.batch = 2
    li.switch_on()
    house = county.write_house(NORTH)
    for _ in range(5):
        record(li, house)
        county.pass_hours(1)
    written = county.time
    li.line.faults = iter(["", "ask"])
    li.app.sync()
    report = county.db.state.devices[LI_PHONE].report
    assert report is not None
    assert (report.changes, report.rejected) == (3, 0)
    assert report.oldest_at is not None
    assert abs(report.oldest_at - (written - timedelta(hours=3))) < timedelta(seconds=1)
    li.app.sync()
    assert not li.app.waiting()
    *_, (verb, body, _) = li.line.calls
    assert (verb, body["unsent"]["changes"], body["unsent"]["oldest"]) == ("pull", 0, None)


def test_what_was_refused_is_told_apart(county: SampleCounty, li: FieldPhone) -> None:
    house = county.write_house(NORTH)
    for note in ("", "长" * 30_000):
        record(li, house, note=note)
    li.app.sync()
    told = [body["unsent"] for _, body, _ in li.line.calls]
    assert [(one["changes"], one["rejected"]) for one in told] == [(0, 0), (0, 1)]
