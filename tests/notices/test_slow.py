"""However long another system takes: it is cut off, and nobody else waits for it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler

import pytest

from server.notices.delivery.posting import post
from server.notices.delivery.rules import Answer, Fate, fate_of
from server.notices.delivery.sending import Try, body_of
from server.notices.delivery.service import EACH
from server.notices.delivery.signing import headers_of
from server.notices.rules import Kind
from server.notices.targets.rules import Endpoint, read_url
from server.settings import LOOPBACK, Settings
from tests.notices.conftest import NoticeDesk
from tests.notices.receiver import Heard, Receiver, Reply, silence


def impatient(
    seconds: float, group: Sequence[Try], settings: Settings, until: float
) -> list[Answer | None]:
    """Sending as it is, but for how long it waits for an answer."""
    answers: list[Answer | None] = []
    for one in group:
        body = body_of(one.notice)
        headers = headers_of(one.id, one.at, body, one.secrets)
        answer = post(read_url(one.address, LOOPBACK), headers, body, seconds)
        answers.append(answer)
        if fate_of(answer) is not Fate.SENT:
            break
    return answers + [None] * (len(group) - len(answers))


def drip(text: bytes, cut: threading.Event | None = None) -> Reply:
    """A letter at a time, faster than any time-out of a single read, for two seconds; `cut` is set
    where somebody hung up on it.
    """

    def reply(request: BaseHTTPRequestHandler, heard: Heard) -> None:
        request.wfile.write(text)
        try:
            for _ in range(100):
                request.wfile.write(b"x")
                threading.Event().wait(0.02)
        except OSError:
            request.close_connection = True
            if cut:
                cut.set()

    return reply


def test_a_body_without_end_is_cut_off_too(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    cut = threading.Event()
    receiver.replies = [drip(b"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n", cut)]
    desk.owe()
    desk.go_round(send=partial(impatient, 0.3))
    assert cut.wait(5)


def test_who_answers_a_letter_at_a_time_is_cut_off(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    receiver.replies = [drip(b"HTTP/1.1 200 OK\r\nX: ")]
    desk.owe()
    desk.go_round(send=partial(impatient, 0.3))
    assert desk.see() == [("waiting", 1, None, "超时 timed out")]


def test_who_has_said_that_it_took_it_may_go_on_talking(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    desk.add("platform", receiver.url)
    receiver.replies = [drip(b"HTTP/1.1 200 OK\r\n\r\n")]
    desk.owe()
    assert desk.go_round(send=partial(impatient, 0.3)) == 1


@pytest.mark.parametrize("tls", [True, False])
def test_who_never_says_a_word_is_left(tls: bool) -> None:
    with silence() as url:
        endpoint = read_url(url, LOOPBACK)
        answer = post(Endpoint(tls, endpoint.host, endpoint.port, "/"), {}, b"", 0.2)
    assert answer == Answer(None, "超时 timed out")


def test_an_address_that_keeps_silent_leaves_time_for_the_next_one(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = read_url(receiver.url, LOOPBACK)
    with full() as silent:
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", address)
            for address in (silent, (endpoint.host, endpoint.port))
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        answer = post(Endpoint(False, "two.example.cn", 80, "/"), {}, b"{}", 2.0)
    assert fate_of(answer) is Fate.SENT


@contextmanager
def full() -> Iterator[tuple[str, int]]:
    """Somebody to whom no connection ever comes about: enough others wait already."""
    with ExitStack() as open_:
        listener = open_.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            waiting = open_.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()


def test_a_slow_endpoint_keeps_nobody_else_waiting(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("quick", receiver.url, Kind.ALERT)
    with silence() as url:
        desk.add("silent", url)
        desk.owe(EACH + 5)
        desk.owe(EACH * 3, Kind.ALERT)
        assert desk.go_round(send=partial(impatient, 0.3)) == EACH * 3
    assert len(receiver.heard) == EACH * 3
    asked = desk.see("s.name, d.tries")
    assert sum(tries for name, tries in asked if name == "silent") == 1
    assert desk.endpoint("silent").failures == 1


def test_when_the_round_is_over_nothing_new_is_taken(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    desk.owe(3)
    assert desk.go_round(seconds=0) == 0
    assert desk.see() == [("waiting", 0, None, None)] * 3
    assert desk.go_round() == 3


def test_what_was_taken_and_not_tried_is_given_back(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    desk.owe(3)
    turns: list[int] = []

    def late(group: Sequence[Try], settings: Settings, until: float) -> list[Answer | None]:
        turns.append(len(group))
        return [None] * len(group)

    assert desk.go_round(send=late) == 0
    assert turns == [3]  # one turn in a round, or the others would wait behind it
    assert desk.see() == [("waiting", 0, None, None)] * 3
    assert desk.go_round() == 3
