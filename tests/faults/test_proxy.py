"""The road itself: each fate does what its name says, and a seed says the same twice."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from threading import Thread

import pytest

from tests.faults.fates import KILLS, ROADS, Fate, Kind, chance_of, draw
from tests.faults.proxy import Proxy, proxy

BODY = b"0123456789" * 3


class Origin(ThreadingHTTPServer):
    """Answers every whole POST with its number and its body."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.heard: list[bytes] = []


class Desk(BaseHTTPRequestHandler):
    server: Origin
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(body) < len(BODY):
            self.close_connection = True
            return
        self.server.heard.append(body)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        thread = Thread(target=origin.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield origin
        origin.shutdown()
        thread.join()


def ask(port: int) -> bytes | None:
    """What the phone hears; None: the line was lost."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/x", BODY)
        return connection.getresponse().read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def meet(between: Proxy, *kinds: Kind, share: float = 0.5) -> list[bytes | None]:
    """What a phone hears that asks once for each of these."""
    port = between.road("phone", iter([Fate(kind, share) for kind in kinds]))
    return [ask(port) for _ in kinds]


@pytest.mark.parametrize(
    ("kind", "answered", "heard"),
    [
        (Kind.GOOD, True, 1),
        (Kind.SLOW, True, 1),
        (Kind.SLICED, True, 1),
        (Kind.THIN, True, 1),
        (Kind.TWICE, True, 2),
        (Kind.AT_ONCE, True, 2),
        (Kind.ASK_LOST, False, 0),
        (Kind.ASK_RESET, False, 0),
        (Kind.ASK_CUT, False, 0),
        (Kind.ANSWER_LOST, False, 1),
        (Kind.ANSWER_RESET, False, 1),
        (Kind.ANSWER_CUT, False, 1),
    ],
)
def test_a_fate_is_what_its_name_says(
    origin: Origin, kind: Kind, answered: bool, heard: int
) -> None:
    with proxy(origin.server_port) as between:
        (answer,) = meet(between, kind, share=0.9)
    assert answer == (BODY if answered else None)
    assert len(origin.heard) == heard


@pytest.mark.parametrize("kind", [Kind.GATEWAY, Kind.PORTAL])
def test_a_stranger_answers_with_a_page(origin: Origin, kind: Kind) -> None:
    with proxy(origin.server_port) as between:
        (answer,) = meet(between, kind)
    assert answer
    assert answer.startswith(b"<html>")
    assert origin.heard == []


def test_what_is_late_arrives_behind_the_next_request_and_at_the_latest_when_faults_stop(
    origin: Origin,
) -> None:
    with proxy(origin.server_port) as between:
        assert meet(between, Kind.LATE, Kind.GOOD, Kind.LATE) == [None, BODY, None]
        between.mend()
        assert len(origin.heard) == 3


def test_a_reset_is_a_reset(origin: Origin) -> None:
    with proxy(origin.server_port) as between:
        port = between.road("phone", iter([Fate(Kind.ANSWER_RESET, 0)]))
        with socket.create_connection(("127.0.0.1", port), 10) as phone:
            phone.sendall(b"POST /x HTTP/1.1\r\nContent-Length: 30\r\n\r\n" + BODY)
            with pytest.raises(ConnectionResetError):
                phone.recv(1)


def test_something_is_killed_while_the_request_is_at_hand(origin: Origin) -> None:
    killed: list[Fate] = []
    with proxy(origin.server_port, killed.append) as between:
        meet(between, Kind.KILL_BACKEND)
    assert [fate.kind for fate in killed] == [Kind.KILL_BACKEND]


def test_a_seed_says_the_same_twice_and_every_fate_has_its_turn() -> None:
    first, again = (list(islice(draw(chance_of(7, "a"), KILLS), 500)) for _ in range(2))
    assert first == again
    assert {fate.kind for fate in first} == set(Kind)
    other = list(islice(draw(chance_of(8, "a"), ROADS), 500))
    assert {fate.kind for fate in other} == set(ROADS)


def test_what_must_come_comes_in_its_order() -> None:
    fates = islice(draw(chance_of(1), {Kind.GOOD: 1}, [Kind.KILL_WEB, Kind.KILL_JOBS]), 6)
    assert [fate.kind for fate in fates] == [
        Kind.GOOD, Kind.KILL_WEB, Kind.GOOD, Kind.GOOD, Kind.KILL_JOBS, Kind.GOOD,
    ]  # fmt: skip
