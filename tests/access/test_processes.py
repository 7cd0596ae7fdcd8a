"""Guesses are counted where every process of the web sees them: two servers, one county."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

from bench.web import serving
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


def test_guesses_at_two_servers_are_one_count(county: SmallCounty, tmp_path: Path) -> None:
    known = environment(county.url, tmp_path)
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
