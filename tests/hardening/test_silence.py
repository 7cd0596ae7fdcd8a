"""A database that stands still, is away, or is lent out: 503 soon, and then it goes on."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import set_wait_callback
from sqlalchemy import text
from sqlalchemy.engine import make_url

from server.app import create_app
from server.db import db, transaction
from server.errors import TryLater
from server.patience import SILENCE, bound_silence, patience
from tests import smallcounty
from tests.smallcounty import SmallCounty, id_of

SHORT = 0.3  # seconds of patience in these stories
STUCK = 20.0  # seconds; whoever waits longer than this is not bounded at all


@pytest.fixture(autouse=True)
def _bounded(request: pytest.FixtureRequest) -> Iterator[None]:
    """As in a process of the web; the driver knows one way of waiting for the whole process."""
    if "county" in request.fixturenames:
        request.getfixturevalue("county")  # which is made by COPY, and that waits another way
    bound_silence()
    yield
    set_wait_callback(None)


@contextmanager
def frozen(url: str) -> Iterator[list[int]]:
    """Every backend that serves this database stands still, as on a disk that does not answer."""
    at = make_url(url)
    looking = psycopg2.connect(
        user="postgres", dbname=at.database, host=at.query["host"], port=at.query["port"]
    )
    looking.autocommit = True
    with looking.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        pids = [pid for (pid,) in cursor.fetchall()]
    looking.close()
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield pids
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def check_busy(answer: Any) -> None:
    """It is told to come back, in a form that phones and people understand."""
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.content_type == "application/problem+json"


def test_a_backend_that_stands_still_is_left_and_another_serves(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    began = time.monotonic()
    with frozen(county.url) as pids:
        assert pids, "the pool holds a connection"
        with patience(SHORT):
            check_busy(desk.call("GET", "/households"))
            assert desk.call("GET", "/households").status_code == 200, "by another backend"
    assert time.monotonic() - began < STUCK
    assert desk.call("GET", "/households").status_code == 200


def test_readyz_says_so_before_whoever_asks_gives_up(county: SmallCounty) -> None:
    client = county.app.test_client()
    assert client.get("/readyz").status_code == 200
    began = time.monotonic()
    with frozen(county.url):
        check_busy(client.get("/readyz"))
    assert time.monotonic() - began < STUCK < SILENCE
    assert client.get("/readyz").status_code == 200


def test_a_commit_that_is_never_answered_is_not_said_to_be_done(county: SmallCounty) -> None:
    by = county.identity("county")
    began = time.monotonic()

    def write_and_freeze(stack: ExitStack) -> None:
        with patience(SHORT), transaction(by) as session:
            session.execute(text("SELECT 1"))
            stack.enter_context(frozen(county.url))

    with ExitStack() as stack, pytest.raises(TryLater):
        write_and_freeze(stack)
    assert time.monotonic() - began < STUCK


def test_a_server_that_takes_the_call_and_says_nothing(tmp_path: Path) -> None:
    """As a stopped postmaster: the system accepts for it, and nobody ever answers."""
    with TemporaryDirectory(prefix="wg-") as folder, socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(f"{folder}/.s.PGSQL.5432")
        deaf.listen(8)
        url = f"postgresql+psycopg2://wangge_app@/none?host={folder}&port=5432"
        app = create_app(smallcounty.settings(url, tmp_path))
        began = time.monotonic()
        with patience(SHORT):
            check_busy(app.test_client().get("/readyz"))
        assert time.monotonic() - began < STUCK


def test_a_pool_that_is_lent_out_whole(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    pool: Any = db.engine.pool
    patient, pool._timeout = pool._timeout, 0.05
    assert patient <= SILENCE
    try:
        with ExitStack() as lent:
            for _ in range(pool.size() + pool._max_overflow):
                lent.enter_context(db.engine.connect())
            visit = {"id": str(id_of("a visit")), "household_id": str(id_of("A1w-1"))}
            check_busy(desk.call("GET", "/households"))
            check_busy(desk.call("POST", "/visits", json=visit))
            check_busy(county.app.test_client().get("/readyz"))
            assert county.app.test_client().get("/healthz").status_code == 200
        assert desk.call("GET", "/households").status_code == 200, "when they came back"
    finally:
        pool._timeout = patient
