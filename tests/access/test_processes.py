"""Guesses are counted where every process of the web sees them: two servers, one county."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest

from bench.web import serving
from server.db import db, transaction
from server.syncing.healing.service import ensure_epoch
from tests.access.authenticator import try_to_sign_in
from tests.cli.keyboard import environment
from tests.smallcounty import PASSWORD, SmallCounty, id_of


def sign_in(port: int, password: str, device: str) -> int:
    """The status of one try at this server."""
    body = {
        "login": "worker-a1w",
        "password": password,
        "device": {"id": str(id_of(device)), "name": device},
    }
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/api/v1/sessions", json.dumps(body), headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_guesses_of_two_processes_are_one_count(county: SmallCounty) -> None:
    """Each with connections of its own; the same clock, so that nothing comes back meanwhile."""
    told = [status for process in (1, 2) for status in in_another_process(county, process)]
    assert (told.count(401), told.count(429)) == (10, 6)


def in_another_process(county: SmallCounty, n: int) -> list[int]:
    """The statuses of eight guesses."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            db.engine.dispose(close=False)  # the parent's connections are the parent's
            guesses = [try_to_sign_in(county, "county", password=f"{n} {k}") for k in range(8)]
            os.write(writes, bytes(one.status_code // 2 for one in guesses))
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb") as said:
        statuses = [2 * half + 1 for half in said.read()]
    assert os.waitpid(child, 0)[1] == 0
    return statuses


@pytest.mark.long
def test_guesses_at_two_servers_are_one_count(county: SmallCounty, tmp_path: Path) -> None:
    known = environment(county.url, tmp_path)
    with transaction(county.worker) as session:
        ensure_epoch(session, county.worker)  # this database is a copy: the web opens after it
    with ExitStack() as stack:
        ports = [stack.enter_context(serving(known, processes=1)) for _ in range(2)]
        assert sign_in(ports[0], PASSWORD, "own") == 201

        def guess(n: int) -> int:
            return sign_in(ports[n % 2], f"guess {n}", "thief's")

        with ThreadPoolExecutor(4) as threads:
            told = [status for status in threads.map(guess, range(32)) if status != 503]
        assert told.count(401) == 10
        assert set(told) == {401, 429}
        assert [sign_in(port, PASSWORD, "thief's") for port in ports] == [429, 429]
        assert [sign_in(port, PASSWORD, "own") for port in ports] == [201, 201]
