"""The loop: named jobs, each with its own deadline, none in another's way.

A job runs in a thread, since no time-out of PostgreSQL covers a server that stands still: what
passes its deadline is left behind and not started again before it has ended. Heartbeats say what
came to its end and when; `wangge doctor` reads them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flask import Flask

from server.db import Identity, transaction, worker
from server.errors import WanggeError, in_both
from server.heartbeats import queries as heartbeats
from server.worker.job import Job
from server.worker.jobs import JOBS

log = logging.getLogger("wangge.worker")

WAKE_SECONDS: Final = 20.0  # a case climbs within a minute, also when one round was lost
LOOP: Final = "worker"  # the heartbeat of the loop itself
PATIENCE: Final = timedelta(minutes=5)


class WorkerStuck(WanggeError):
    """A job does not come back; only a new process can run it again."""

    slug = "worker-stuck"
    text = "后台任务卡住，请重新启动。 A job of the worker does not come back; start it again."


def go_round(by: Identity) -> None:
    """Nothing but the heartbeat of the loop itself."""


ALIVE: Final = Job(LOOP, go_round, seconds=10.0)


class Worker:
    """Runs `jobs` within `app`, one after the other, by the time that is `believed`."""

    def __init__(
        self,
        app: Flask,
        jobs: Sequence[Job] = JOBS,
        believed: Callable[[datetime], datetime] = lambda shown: shown,
    ) -> None:
        self._app = app
        self._jobs = jobs
        self._believed = believed
        self._running: dict[str, tuple[threading.Thread, datetime]] = {}
        self._stop = threading.Event()

    def run_once(self, now: datetime) -> Mapping[str, bool]:
        """Every job once, as of `now`: name → whether it came to its end. Raises WorkerStuck."""
        by = worker(self._believed(now))
        done = {job.name: self._attempt(job, now, by) for job in self._jobs}
        self._attempt(ALIVE, now, by)
        for name, (_, since) in self._running.items():
            if now - since > PATIENCE:
                raise WorkerStuck(in_both(WorkerStuck.text, name))
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

    def _attempt(self, job: Job, now: datetime, by: Identity) -> bool:
        """Start a job and wait for it until its deadline."""
        if job.name in self._running and self._running[job.name][0].is_alive():
            log.error("job still running", extra={"fields": {"job": job.name}})
            return False
        ended = threading.Event()
        thread = threading.Thread(
            target=self._run, args=(job, now, by, ended), name=job.name, daemon=True
        )
        self._running[job.name] = (thread, now)
        thread.start()
        thread.join(job.seconds)
        if thread.is_alive():
            log.error("job passed its deadline", extra={"fields": {"job": job.name}})
            return False
        del self._running[job.name]
        return ended.is_set()

    def _run(self, job: Job, now: datetime, by: Identity, ended: threading.Event) -> None:
        by = replace(by, request_id=f"job:{job.name}")
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


class Workers:
    """Several that go round side by side, in one process."""

    def __init__(self, *workers: Worker) -> None:
        self._workers = workers
        self._broken: list[Exception] = []

    def run(self, clock: Callable[[], datetime]) -> None:
        """Until they are stopped; where one cannot go on, none does. Raises WorkerStuck."""
        threads = [
            threading.Thread(target=self._run, args=(one, clock), daemon=True)
            for one in self._workers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for error in self._broken:
            raise error

    def stop(self) -> None:
        """Let each end after the job at hand. Safe within a signal handler."""
        for one in self._workers:
            one.stop()

    def _run(self, one: Worker, clock: Callable[[], datetime]) -> None:
        try:
            one.run(clock)
        except Exception as error:  # noqa: BLE001 (raised again by `run`)
            self._broken.append(error)
        finally:
            self.stop()
