"""docs/notices.md: its receiver takes what we send and nothing else; it names every kind, state."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from server.notices.delivery.rules import State
from server.notices.queue.service import OWED
from server.notices.rules import Kind
from tests.docs.blocks import PAGES, blocks_of
from tests.notices.conftest import NoticeDesk
from tests.notices.receiver import Receiver, nobody_there

(PROGRAM,) = [block.text for block in blocks_of("notices.md") if block.kind == "python"]
(BODY,) = [json.loads(b.text) for b in blocks_of("notices.md") if b.kind == "json body"]


@contextmanager
def running(secret: str, url: str) -> Iterator[subprocess.Popen[str]]:
    """The page's receiver, listening."""
    port = urlsplit(url).port
    environment = {**os.environ, "SECRET": secret, "PORT": str(port)}
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        while program.poll() is None:
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
        yield program
    finally:
        program.kill()
        program.communicate()


def test_the_receiver_of_the_page_takes_what_we_send_once(desk: NoticeDesk) -> None:
    desk.county.clock.now = datetime.now(UTC)
    url = nobody_there()
    secret = desk.add("platform", url)
    desk.owe()
    with running(secret, url) as program:
        assert desk.go_round() == 1
        assert program.stdout
        first = json.loads(program.stdout.readline())
        assert (first["type"], list(first)) == ("dispute.climbed", list(BODY))
        assert list(first["data"]) == list(BODY["data"])
        desk.owe()
        assert desk.go_round() == 1
        assert json.loads(program.stdout.readline()) != first


def test_and_refuses_what_somebody_else_sends(desk: NoticeDesk) -> None:
    url = nobody_there()
    desk.add("platform", url)
    with running("whsec_" + "B" * 43 + "=", url):
        desk.owe()
        desk.go_round()
        ((state, _, status, _),) = desk.see()
        assert (state, status) == ("waiting", 401)


def test_and_ignores_what_is_repeated_or_old(desk: NoticeDesk, receiver: Receiver) -> None:
    """What an eavesdropper sends again: the signature is right, the id known or the time past."""
    desk.county.clock.now = datetime.now(UTC) - timedelta(minutes=6)
    url = nobody_there()
    secret = desk.add("platform", receiver.url)
    desk.owe()
    desk.go_round()
    desk.county.clock.now = datetime.now(UTC)
    desk.owe()
    desk.go_round()
    old, fresh = receiver.heard
    with running(secret, url) as program:
        for heard in (old, fresh, fresh, old):
            connection = HTTPConnection("127.0.0.1", urlsplit(url).port)
            connection.request("POST", "/", heard.body, heard.headers)
            assert connection.getresponse().status == 204
            connection.close()
        program.terminate()
        assert program.stdout
        assert [json.loads(line) for line in program.stdout] == [fresh.said]


@pytest.mark.parametrize("name", [*Kind, *State, OWED])
def test_the_page_explains_every_kind_and_state(name: str) -> None:
    assert f"| `{name}` |" in (PAGES / "notices.md").read_text("utf-8")
