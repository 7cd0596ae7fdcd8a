"""The whole database stands still, or its disk is full: minutes, so `make faults` plays it.

The disk is a small one of our own in memory, which takes the right to mount (root, as in CI).
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from migrations.upgrade import upgrade
from server.app import create_app
from server.cluster import Cluster
from server.db import db, transaction, worker
from server.patience import SILENCE
from tests import smallcounty
from tests.conftest import TestCluster
from tests.faults.house import House, await_true, children, standing
from tests.smallcounty import START, Clock, SmallCounty, id_of

pytestmark = pytest.mark.long
GIVES_UP = SILENCE + 15  # seconds; nginx would give up after sixty
DISK = "420m"
MOST_VISITS = 2000


@pytest.fixture
def house() -> Iterator[House]:
    with standing() as found:
        yield found


@contextmanager
def stopped(postmaster: int) -> Iterator[None]:
    """PostgreSQL with all its processes stands still."""
    everybody = [postmaster, *children(postmaster)]
    try:
        for pid in everybody:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in everybody:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def asked(house: House, path: str, seconds: float) -> tuple[int, int]:
    """(status, Retry-After) of a GET; it must be answered within so many seconds."""
    connection = HTTPConnection("127.0.0.1", house.port, timeout=seconds)
    try:
        connection.request("GET", path, headers={"Authorization": "Bearer nobodys-token"})
        answer = connection.getresponse()
        answer.read()
        return answer.status, int(answer.getheader("Retry-After") or 0)
    finally:
        connection.close()


def test_while_the_database_stands_still_the_web_says_so_and_the_worker_lives(
    house: House,
) -> None:
    postmaster = house.cluster._pid()
    assert postmaster is not None
    with stopped(postmaster):
        status, wait = asked(house, "/readyz", 10)
        assert (status, wait > 0) == (503, True)
        status, wait = asked(house, "/api/v1/households", GIVES_UP)
        assert (status, wait > 0) == (503, True)
        assert asked(house, "/healthz", 10)[0] == 200, "the process itself is well"
        assert house.jobs.poll() is None, "the worker waits, and does not end"
    await_true(lambda: asked(house, "/readyz", 30)[0] == 200, "the web is ready again")
    assert asked(house, "/api/v1/households", 30)[0] == 401, "and knows who may not come in"
    _await_a_round(house)


def _await_a_round(house: House) -> None:
    """The same worker comes to the end of its jobs again."""
    (since,) = house.ask("SELECT clock_timestamp()")[0]
    newer = "SELECT count(*) FROM heartbeat WHERE at > %(since)s"
    await_true(lambda: house.ask(newer, since=since)[0][0] > 0, "a job ended", 240)
    assert house.jobs.poll() is None


@contextmanager
def small_disk() -> Iterator[Path]:
    """A disk that is full soon."""
    with TemporaryDirectory(prefix="wangge-disk-", dir="/tmp") as place:
        how = ["-t", "tmpfs", "-o", f"size={DISK},mode=0711"]
        subprocess.run(["mount", *how, "wangge-disk", place], check=True)
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)


@contextmanager
def county_on(disk: Path) -> Iterator[tuple[SmallCounty, Cluster]]:
    """The small county, in a cluster on this disk."""
    with Cluster(disk / "postgres", temporary=True, say=lambda line: None).serving() as cluster:
        made = TestCluster(cluster.admin_url())
        made.create("small_disk")
        upgrade(made.url("small_disk"))
        made.slim("small_disk")
        clock = Clock()
        app = create_app(smallcounty.settings(made.url("small_disk")), clock=clock)
        with app.app_context():
            with transaction(worker(START)) as session:
                smallcounty.seed(session)
            yield SmallCounty(app, clock, made.url("small_disk")), cluster
            db.session.remove()
            db.engine.dispose()


def test_on_a_full_disk_nothing_is_acknowledged_that_is_not_kept() -> None:
    with small_disk() as disk, county_on(disk) as (county, cluster):
        desk = county.sign_in("worker-a1w")
        ballast = disk / "ballast"
        _fill(ballast)
        kept, refused = _until_refused(desk)
        assert refused is not None, "a full disk was not noticed"
        assert (refused.status_code, refused.headers["Retry-After"] > "0") == (503, True)
        ballast.unlink()
        await_true(lambda: _serves(county, cluster), "it serves again")
        assert _stored(county.url) >= kept, "what was acknowledged is there"
        again = desk.call("POST", "/visits", json=_visit(uuid4()))
        assert again.status_code == 201, again.text


def _fill(ballast: Path) -> None:
    """To the last byte."""
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))


def _visit(visit_id: Any) -> dict[str, Any]:
    return {
        "id": str(visit_id),
        "household_id": str(id_of("A1w-1")),
        "outcome": "met",
        "occurred_at": START.isoformat(),
        "note": "示例" * 500,
    }


def _until_refused(desk: Any) -> tuple[set[str], Any]:
    kept: set[str] = set()
    for _ in range(MOST_VISITS):
        visit_id = str(uuid4())
        answer = desk.call("POST", "/visits", json=_visit(visit_id))
        if answer.status_code != 201:
            return kept, answer
        kept.add(visit_id)
    return kept, None


def _serves(county: SmallCounty, cluster: Cluster) -> bool:
    """PostgreSQL may have ended for want of room: it is started, as whoever supervises it does."""
    if not cluster.running():
        cluster.start()
    return county.app.test_client().get("/readyz").status_code == 200


def _stored(url: str) -> set[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {str(one) for (one,) in connection.execute(text("SELECT id FROM visit"))}
    engine.dispose()
    return found
