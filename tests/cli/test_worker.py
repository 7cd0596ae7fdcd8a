"""The worker: a job that fails or stands still is nobody else's business."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from server.db import Identity, transaction
from server.heartbeats.queries import map_heartbeats
from server.worker import (
    DELIVERY,
    JOBS,
    LOOP,
    OTHERS,
    PATIENCE,
    SEALING,
    URGENT,
    Job,
    Worker,
    Workers,
    WorkerStuck,
    loop,
)
from tests.cli.keyboard import Keyboard
from tests.smallcounty import SmallCounty


def beats(county: SmallCounty) -> dict[str, datetime]:
    with transaction(county.worker) as session:
        return dict(map_heartbeats(session))


def fail(by: Identity) -> None:
    raise RuntimeError("示例")


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a job that stands still waits for; opened at the end, so that no thread stays."""
    event = threading.Event()
    yield event
    event.set()


def test_every_job_runs_and_leaves_its_heartbeat(county: SmallCounty) -> None:
    worker = Worker(county.app)
    assert worker.run_once(county.clock.now) == {job.name: True for job in JOBS}
    assert beats(county) == dict.fromkeys([LOOP, *(job.name for job in JOBS)], county.clock.now)
    county.clock.pass_time(seconds=20)
    worker.run_once(county.clock.now)
    assert set(beats(county).values()) == {county.clock.now}


def test_a_job_that_fails_does_not_stop_the_others(
    county: SmallCounty, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[Identity] = []
    worker = Worker(county.app, [Job("broken", fail), Job("well", ran.append)])
    assert worker.run_once(county.clock.now) == {"broken": False, "well": True}
    assert [by.now for by in ran] == [county.clock.now]
    assert set(beats(county)) == {LOOP, "well"}
    assert worker.run_once(county.clock.now)["broken"] is False  # and is tried again
    assert "job failed" in caplog.text


def test_a_job_that_stands_still_is_left_behind_and_not_started_twice(
    county: SmallCounty, gate: threading.Event
) -> None:
    started: list[datetime] = []

    def stand_still(by: Identity) -> None:
        started.append(by.now)
        gate.wait()

    worker = Worker(
        county.app, [Job("still", stand_still, seconds=0.01), Job("well", lambda by: 1)]
    )
    for _ in range(3):
        assert worker.run_once(county.clock.now) == {"still": False, "well": True}
        county.clock.pass_time(seconds=20)
    assert len(started) == 1
    assert set(beats(county)) == {LOOP, "well"}
    county.clock.pass_time(seconds=PATIENCE.total_seconds())
    with pytest.raises(WorkerStuck, match="still"):
        worker.run_once(county.clock.now)


def test_a_locked_row_costs_one_round_of_one_job(county: SmallCounty) -> None:
    """Somebody's open transaction holds what a job wants: it tries again at the next round."""

    def touch(by: Identity) -> None:
        with transaction(by) as session:
            session.execute(text("SET LOCAL lock_timeout = '10ms'"))
            session.execute(text("UPDATE sync_epoch SET why = why"))

    worker = Worker(county.app, [Job("touch", touch)])
    with transaction(county.worker) as session:
        session.execute(text("RESET ROLE"))
        session.execute(text("LOCK TABLE sync_epoch IN ACCESS EXCLUSIVE MODE"))
        assert worker.run_once(county.clock.now) == {"touch": False}
    # wangge_worker may not update epochs; the superuser of this test's connection may
    assert worker.run_once(county.clock.now) == {"touch": False}


def test_a_moved_database_begins_a_new_epoch_by_itself(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        session.execute(text("RESET ROLE"))
        session.execute(text("UPDATE sync_epoch SET fingerprint = 'elsewhere'"))
    Worker(county.app).run_once(county.clock.now)
    with transaction(county.worker) as session:
        reasons = session.execute(text("SELECT why FROM sync_epoch ORDER BY number")).scalars()
        assert list(reasons) == ["first", "another_cluster"]


def test_it_ends_when_told_to_without_waiting_for_its_next_round(county: SmallCounty) -> None:
    rounds: list[datetime] = []
    worker = Worker(county.app, [Job("count", lambda by: rounds.append(by.now))])

    def clock() -> datetime:
        worker.stop()  # the signal arrives while the first round is under way
        return county.clock.now + timedelta(seconds=len(rounds))

    worker.run(clock)
    assert len(rounds) == 1


def test_what_is_urgent_goes_round_though_another_job_stands_still(
    county: SmallCounty, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "WAKE_SECONDS", 0.01)
    rounds: list[datetime] = []

    def go(by: Identity) -> None:
        rounds.append(by.now)
        if len(rounds) == 3:
            gate.set()
            both.stop()

    urgent = Worker(county.app, [Job("urgent", go)])
    still = Worker(county.app, [Job("still", lambda by: gate.wait())])
    both = Workers(urgent, still)
    both.run(county.clock)
    assert len(rounds) == 3


def test_where_one_is_stuck_all_end(
    county: SmallCounty, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "WAKE_SECONDS", 0.01)

    def clock() -> datetime:
        county.clock.pass_time(minutes=2)
        return county.clock.now

    still = Worker(county.app, [Job("still", lambda by: gate.wait(), seconds=0.01)])
    with pytest.raises(WorkerStuck, match="still"):
        Workers(Worker(county.app, [Job("well", lambda by: 1)]), still).run(clock)


def test_no_job_is_left_out(county: SmallCounty) -> None:
    apart = [job.name for job in (*URGENT, *DELIVERY, *SEALING, *OTHERS)]
    assert sorted(apart) == sorted(job.name for job in JOBS)
    assert [job.name for job in URGENT] == ["climb"]
    assert [job.name for job in DELIVERY] == ["deliver"]
    assert [job.name for job in SEALING] == ["seal"]


def test_climbing_by_hand_is_harmless(keyboard: Keyboard) -> None:
    assert "climbed: 0" in keyboard.type("climb", "--at", "2026-03-02T09:00")
    assert keyboard.result("climb", "--at", "gestern").exit_code == 2
