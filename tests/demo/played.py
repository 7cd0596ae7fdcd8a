"""The demo's month, played once in a run of the suite: whoever needs it first plays it.

It takes most of a minute. The database is kept as a template that nobody connects to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from os import getpid
from pathlib import Path

from flask import Flask

from server import sealed
from server.app import create_app
from server.db import db, transaction, worker
from server.demo.cases import Fate
from server.demo.people import Counts
from server.demo.play import play
from server.demo.proof import Proof
from server.demo.report import Line
from server.erasure import rounds
from server.figures import service as figures
from server.installation import Installation, opened
from tests.conftest import TestCluster
from tests.demo.once import beside, draw_once, once
from tests.smallcounty import Clock

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # a Monday, 08:00 local time
_NAME, _TEMPLATE = "demo_month", "wangge_demo"
_KEY = "A" * 43 + "="
_number = count(1)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of the month; `installation` is the very one that it was played in."""

    environment: Mapping[str, str]
    admin_url: str
    counts: Counts
    proof: Proof
    lines: list[Line]
    fates: list[Fate]
    now: datetime  # when the month was over
    said: list[str]
    slips: list[str]  # codes that residents went home with

    @property
    def installation(self) -> Installation:
        """The installation, to be read."""
        return Installation(self.environment, self.admin_url, {})


@dataclass(frozen=True, slots=True)
class DemoCounty:
    """A copy of the demo's county that a file of tests has for itself."""

    installation: Installation
    now: datetime
    slips: list[str]

    @contextmanager
    def opened(self) -> Iterator[tuple[Flask, Clock]]:
        """Its application, at the end of the month, for one test."""
        settings, clock = self.installation.settings(), Clock(self.now)
        app = create_app(settings, clock)
        sealed.use(sealed.Keyring(settings.seal_keys, settings.blind_key))  # it is the process's
        try:
            yield app, clock
        finally:
            with app.app_context():
                db.session.remove()
                for engine in db.engines.values():
                    engine.dispose()


def play_once(cluster: TestCluster) -> Played:
    """The month, as the first who asked in this run played it."""
    return once(cluster, "demo_month", lambda: _play(cluster, beside(cluster) / "demo"))


@contextmanager
def demo_copy(cluster: TestCluster) -> Iterator[DemoCounty]:
    """A database of one's own with the month in it."""
    played = play_once(cluster)
    name = f"d_{getpid()}_{next(_number)}"
    cluster.create(name, _TEMPLATE)
    installation = played.installation.at(name)
    settings = installation.settings("worker")
    try:
        with opened(settings):  # a database that was copied is closed until somebody has seen to it
            rounds.look_after(worker(played.now), settings.data_dir)
        yield DemoCounty(installation, played.now, played.slips)
    finally:
        cluster.drop(name)


def _play(cluster: TestCluster, var: Path) -> Played:
    cluster.create(_NAME, "wangge_migrated")
    var.mkdir()
    environment = {
        "WANGGE_DATABASE_URL": cluster.url(_NAME, "wangge_app"),
        "WANGGE_WORKER_DATABASE_URL": cluster.url(_NAME, "wangge_worker"),
        "WANGGE_ADMIN_DATABASE_URL": cluster.url(_NAME),
        "WANGGE_DATA_DIR": str(var),
        "WANGGE_SEAL_KEYS": f"k1:{_KEY}",
        "WANGGE_BLIND_KEY": _KEY,
        "WANGGE_MIN_FREE_BYTES": "0",
        "WANGGE_SECOND_FACTOR": "optional",  # as `wangge up` says where the demo is played
    }
    installation = Installation(environment, cluster.url(_NAME), {})
    installation.migrate()
    said: list[str] = []
    month = play(installation, said.append, START, drawing=lambda _seed: draw_once(cluster))
    with opened(installation.settings("worker")):
        _count_figures(month.month.clock.now)
    cluster.part(_NAME)  # the story's web server keeps its connections
    cluster.create(_TEMPLATE, _NAME)
    fates = list(month.month.desks.fates.values())
    now = month.month.clock.now
    return Played(
        environment,
        installation.admin_url,
        month.counts,
        month.proof,
        month.lines,
        fates,
        now,
        said,
        month.month.slips,
    )


def _count_figures(now: datetime) -> None:
    """As the worker does all the time where a county is at work."""
    counted = 1
    while counted:
        with transaction(worker(now)) as session:
            counted = figures.count(session)
