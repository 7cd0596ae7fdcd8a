"""The worker: one loop of named jobs, each with its own deadline, none in another's way.

A job runs in a thread, since no time-out of PostgreSQL covers a server that stands still: what
passes its deadline is left behind and not started again before it has ended. Heartbeats say what
came to its end and when; `wangge doctor` reads them. Any number of workers may run.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import SystemRandom
from typing import Final

from flask import Flask, current_app
from sqlalchemy.orm import Session

from server.attachments import tidying
from server.db import Identity, transaction, worker
from server.disputes.service.climbing import climb, find_ways
from server.disputes.service.following import close_followed_up, remind
from server.disputes.service.recusing import see_to_recusals
from server.disputes.service.warning import warn
from server.erasure import rounds
from server.errors import WanggeError
from server.figures import service as figures
from server.heartbeats import queries as heartbeats
from server.notices import service as notices
from server.notices.delivery.service import deliver
from server.policies.service import look_ahead
from server.resident import service as residents
from server.syncing.retention.service import purge

log = logging.getLogger("wangge.worker")

WAKE_SECONDS: Final = 20.0  # a case climbs within a minute, also when one round was lost
LOOP: Final = "worker"  # the heartbeat of the loop itself
PATIENCE: Final = timedelta(minutes=5)
BATCHES: Final = 20  # of what is purged in one round: the first one of an old county is not endless


class WorkerStuck(WanggeError):
    """A job does not come back; only a new process can run it again."""

    slug = "worker-stuck"
    text = "后台任务卡住，请重新启动。 A job of the worker does not come back; start it again."


@dataclass(frozen=True, slots=True)
class Job:
    """`run` does its work in its own transactions; `seconds` is its deadline."""

    name: str
    run: Callable[[Identity], object]
    seconds: float = 30.0


def climb_due(by: Identity) -> int:
    """Cases whose deadline has passed go one level up; how many. Commits batch by batch."""
    with transaction(by) as session:
        ways = find_ways(session, by.now)
    climbed = 0
    while ways:
        with transaction(by) as session:
            batch = climb(session, by.now, ways=ways)
        if not batch:
            break
        climbed += batch
    return climbed


def warn_ahead(by: Identity) -> int:
    """Offices hear that a bar is near, each bar once; how many cases."""
    return _by_batches(by, warn)


def step_aside(by: Identity) -> int:
    """Recusals that were found are told, and cases passed on; how many."""
    done = 0
    while True:
        with transaction(by) as session:
            batch = see_to_recusals(session, by)
        if not batch:
            return done
        done += batch


def follow_up(by: Identity) -> int:
    """Settled cases whose follow-up is over are closed; how many."""
    return _by_batches(by, close_followed_up)


def remind_due(by: Identity) -> int:
    """Offices hear which agreed terms fall due; how many."""
    return _by_batches(by, remind)


def look_after(by: Identity) -> bool:
    """Persons whose erasure was asked for go; so do those who came back with an old database,
    before it begins a new epoch and opens. Whether one began.
    """
    directory: Path = current_app.extensions["wangge.settings"].data_dir
    return rounds.look_after(by, directory)


def go_round(by: Identity) -> None:
    """Nothing but the heartbeat of the loop itself."""


def fill_calendar(by: Identity) -> None:
    """The first round of a new year fills in another year of working days."""
    with transaction(by) as session:
        look_ahead(session, by)


def count_figures(by: Identity) -> int:
    """What changed is counted anew, batch by batch; what is left then waits for a round."""
    counted = 0
    for _ in range(BATCHES):
        with transaction(by) as session:
            batch = figures.count(session)
        if not batch:
            break
        counted += batch
    return counted


def tidy_files(by: Identity) -> int:
    """Files that belong to no record any more are deleted; how many."""
    settings = current_app.extensions["wangge.settings"]
    return tidying.go_round(by, settings.data_dir)


def purge_old(by: Identity) -> int:
    """What sync keeps no longer is deleted, batch by batch; what is left then waits for a round."""
    purged = 0
    for _ in range(BATCHES):
        with transaction(by) as session:
            batch = purge(session, by) + notices.purge(session, by) + residents.forget(session, by)
        if not batch:
            break
        purged += batch
    return purged


def deliver_owed(by: Identity) -> int:
    """Webhooks and mails that are due are sent; how many. Signed at the time of sending."""
    known = current_app.extensions
    now: datetime = known["wangge.clock"]()
    return deliver(replace(by, now=now), known["wangge.settings"], SystemRandom())


def _by_batches(by: Identity, take: Callable[[Session, datetime], int]) -> int:
    """Until nothing is left, each batch in a transaction of its own; how much it was."""
    total = 0
    while True:
        with transaction(by) as session:
            batch = take(session, by.now)
        if not batch:
            return total
        total += batch


ALIVE: Final = Job(LOOP, go_round, seconds=10.0)
JOBS: Final = (
    Job(rounds.JOB, look_after, seconds=60.0),
    Job("calendar", fill_calendar),
    Job("recusal", step_aside),
    Job("climb", climb_due),
    Job("warn", warn_ahead),
    Job("follow", follow_up),
    Job("remind", remind_due),
    Job("deliver", deliver_owed),
    Job("figures", count_figures, seconds=120.0),
    Job("attachments", tidy_files),
    Job("retention", purge_old),
)


class Worker:
    """Runs `jobs` within `app`. Make one for each process."""

    def __init__(self, app: Flask, jobs: Sequence[Job] = JOBS) -> None:
        self._app = app
        self._jobs = jobs
        self._running: dict[str, tuple[threading.Thread, datetime]] = {}
        self._stop = threading.Event()

    def run_once(self, now: datetime) -> Mapping[str, bool]:
        """Every job once, as of `now`: name → whether it came to its end. Raises WorkerStuck."""
        done = {job.name: self._attempt(job, now) for job in self._jobs}
        self._attempt(ALIVE, now)
        for name, (_, since) in self._running.items():
            if now - since > PATIENCE:
                raise WorkerStuck(f"{WorkerStuck.text} {name}")
        return done

    def run(self, clock: Callable[[], datetime]) -> None:
        """Go round until `stop`."""
        log.info("worker started")
        while not self._stop.is_set():
            self.run_once(clock())
            self._stop.wait(WAKE_SECONDS)
        log.info("worker stopped")

    def stop(self) -> None:
        """Let `run` end after the job at hand. Safe within a signal handler."""
        self._stop.set()

    def _attempt(self, job: Job, now: datetime) -> bool:
        """Start a job and wait for it until its deadline."""
        if job.name in self._running and self._running[job.name][0].is_alive():
            log.error("job still running", extra={"fields": {"job": job.name}})
            return False
        ended = threading.Event()
        thread = threading.Thread(
            target=self._run, args=(job, now, ended), name=job.name, daemon=True
        )
        self._running[job.name] = (thread, now)
        thread.start()
        thread.join(job.seconds)
        if thread.is_alive():
            log.error("job passed its deadline", extra={"fields": {"job": job.name}})
            return False
        del self._running[job.name]
        return ended.is_set()

    def _run(self, job: Job, now: datetime, ended: threading.Event) -> None:
        by = worker(now, request_id=f"job:{job.name}")
        try:
            with self._app.app_context():
                result = job.run(by)
                with transaction(by) as session:
                    heartbeats.beat(session, job.name, now)
        except Exception:  # whatever one job meets, the others go on
            log.exception("job failed", extra={"fields": {"job": job.name}})
            return
        ended.set()
        if result:
            log.info("job done", extra={"fields": {"job": job.name, "result": result}})
