"""Short runs of faults over real phones, real HTTP and a real cluster; `make faults` has long ones.

What must hold afterwards is in tests/faults/rest.py. A red run prints its seed and every request
with its fate: `make faults SEED=…` plays it again.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.house import House, is_ready
from tests.faults.run import plan_of, play
from tests.smallcounty import PASSWORD, id_of

DEVICE = str(id_of("worker-a1e sliced"))


def test_a_push_that_comes_byte_by_byte_is_a_push(house: House) -> None:
    request = _push(house)
    answer = _send(house, (request[at : at + 1] for at in range(len(request))))
    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert b'"status":"applied"' in answer


@pytest.mark.parametrize("seed", ["fewroads-1", "fewkills-1"])
def test_nothing_is_lost_doubled_or_stuck(seed: str, house: House, tmp_path: Path) -> None:
    plan = plan_of(seed)
    report = play(plan, house, tmp_path)
    assert not report.wrong, str(report)
    assert report.visits > 5
    assert {kind.removeprefix("kill_") for kind in plan.sure} <= report.killed.keys()


@pytest.mark.parametrize(
    "lie",
    [
        b"Content-Length: -1\r\n",
        b"Content-Length: many\r\n",
        b"Content-Length: 2\r\nContent-Length: 3\r\n",
        b"Content-Length: 2\r\n",
        b"Content-Length: 99999999999999\r\n",
        b"",
    ],
)
def test_a_false_length_is_refused_and_harms_nobody_else(house: House, lie: bytes) -> None:
    before = house.ask("SELECT count(*) FROM visit")
    head, body = _push(house).split(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    answer = _send(house, [b"\r\n".join(lines) + b"\r\n" + lie + b"\r\n" + body])
    assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413"), answer
    assert house.ask("SELECT count(*) FROM visit") == before
    assert is_ready(house.port)


def _push(house: House) -> bytes:
    """A sound push of one visit, as it travels."""
    clock = {"wall": int(time.time() * 1000), "elapsed": 1, "boot": "b"}
    change = {
        "mid": str(uuid4()),
        "n": 1,
        "entity": "visit",
        "id": str(uuid4()),
        "op": "append",
        "set": {"household_id": str(id_of("A1e-1")), "outcome": "met"},
        "at": clock,
    }
    body = json.dumps({"device": DEVICE, "clock": clock, "changes": [change]}).encode()
    return (
        b"POST /api/v1/sync/push HTTP/1.1\r\nHost: wangge\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\n"
        + f"Authorization: Bearer {_sign_in(house)}\r\n".encode()
        + f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


def _sign_in(house: House) -> str:
    device = {"id": DEVICE, "name": "示例"}
    asked = {"login": "worker-a1e", "password": PASSWORD, "device": device}
    connection = HTTPConnection("127.0.0.1", house.port, timeout=10)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/api/v1/sessions", json.dumps(asked), headers)
    token: str = json.loads(connection.getresponse().read())["access"]
    connection.close()
    return token


def _send(house: House, parts: Iterable[bytes]) -> bytes:
    """Send these parts, each in a packet of its own; all that is answered until the end."""
    with socket.create_connection(("127.0.0.1", house.port), timeout=20) as phone:
        phone.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            phone.sendall(part)
        answer = b""
        while more := phone.recv(65536):
            answer += more
    return answer
