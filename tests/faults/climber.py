"""Workers that let cases climb and die by SIGKILL between any two instructions.

They are forked from a process that has imported everything, so that a new one works at once.
"""

from __future__ import annotations

import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from multiprocessing.util import get_temp_dir

from flask import Flask

from server import db, sealed
from server.disputes.service.climbing import climb, find_ways
from server.errors import TryLater
from server.settings import Settings

PATIENCE = 300.0  # seconds


def work(settings: Settings, at: datetime, batch: int) -> None:
    """One worker's life: batch after batch, until nothing is due."""
    sealed.use(sealed.Keyring(settings.seal_keys, settings.blind_key))
    app = Flask("climber")
    db.connect(app, settings)
    with app.app_context():
        while _climb_some(at, batch):
            time.sleep(0.05)  # the database is away: not to ask it without a pause


def _climb_some(at: datetime, batch: int) -> bool:
    """Whether to come again: something was due, or the database was away."""
    by = db.worker(at)
    try:
        with db.transaction(by) as session:
            ways = find_ways(session, at)
        taken = bool(ways)
        while taken:
            with db.transaction(by) as session:
                taken = bool(climb(session, at, batch, ways))
    except TryLater:
        return True
    return ways is not None


def climb_under_fire(
    settings: Settings,
    at: datetime,
    batch: int,
    kills: int,
    chance: random.Random,
    also: Callable[[], None] = lambda: None,
) -> int:
    """Two workers at a time; one of them dies again and again, and another takes its place.

    `also`: what else befalls them at each death. Returns how many died at work, when those that
    were left have come to the end. Raises AssertionError where one ends otherwise.
    """
    fork = _forking()

    def start() -> BaseProcess:
        worker = fork.Process(target=work, args=(settings, at, batch), daemon=True)
        worker.start()
        return worker

    workers, died = [start(), start()], 0
    for _ in range(kills):
        time.sleep(chance.uniform(0.05, 0.5))  # death comes when it comes
        victim = workers.pop(chance.randrange(len(workers)))
        victim.kill()
        victim.join()
        died += victim.exitcode == -9
        also()
        workers.append(start())
    for worker in workers:
        worker.join(PATIENCE)
        assert worker.exitcode == 0, worker.exitcode
    return died


def _forking() -> ForkServerContext:
    """Its socket lies in a place that lasts as long as this process: that of tests goes before."""
    usual, tempfile.tempdir = tempfile.tempdir, "/tmp"  # noqa: S108 (mkdtemp inside)
    try:
        get_temp_dir()
    finally:
        tempfile.tempdir = usual
    fork = multiprocessing.get_context("forkserver")
    fork.set_forkserver_preload([__name__])
    return fork
