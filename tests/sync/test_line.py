"""The line over HTTP: logins, lost logins, packed bodies, and a server that has no time."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from sync.line import HttpLine, LineLost, LineRefused, LoginLost
from sync.phone import PhoneError

DEVICE = {"id": "01900000-0000-7000-8000-00000000000a", "name": "老手机"}


class Office(ThreadingHTTPServer):
    """A server of a few lines: knows one login, and answers what the story tells it to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.log: list[tuple[str, Any]] = []
        self.access = "a1"
        self.refresh = "r1"
        self.etag = '"e1"'
        self.logins = True
        self.errors: list[int] = []
        self.answers: list[tuple[int, dict[str, str]]] = []

    def answer(self, path: str, body: Any, token: str | None) -> tuple[int, Any]:
        self.log.append((path, body))
        tokens = {"access": self.access, "refresh": self.refresh}
        if path == "/g/api/v1/sessions":
            return (201, tokens) if self.logins else (401, {})
        if path == "/g/api/v1/sessions/refresh":
            return (200, tokens) if body["refresh"] == self.refresh else (401, {})
        if token != f"Bearer {self.access}":
            return 401, {}
        return 200, {"echo": body, "next_n": 1}


class Desk(BaseHTTPRequestHandler):
    server: Office
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        packed = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(gzip.decompress(packed))
        status, answer = self.server.answer(self.path, body, self.headers["Authorization"])
        headers: dict[str, str] = {}
        if "sync" in self.path and status == 200 and self.server.answers:
            status, headers = self.server.answers.pop(0)
        text = gzip.compress(json.dumps(answer).encode())
        self.send_response(status)
        length = {"Content-Length": str(len(text)), "Content-Encoding": "gzip"}
        for name, value in {"Content-Type": "application/json", **length, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text[:-9] if headers.get("Content-Length") else text)
        self.close_connection = "Content-Length" in headers

    def do_GET(self) -> None:
        status, _ = self.server.answer(self.path, None, self.headers["Authorization"])
        if self.server.errors:
            status = self.server.errors.pop(0)
        if status == 200 and self.headers["If-None-Match"] == self.server.etag:
            status = 304
        text = b"" if status == 304 else b"{}"
        self.send_response(status)
        self.send_header("ETag", self.server.etag)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the stories read `Office.log`."""


@pytest.fixture
def office() -> Iterator[Office]:
    with Office() as office:
        thread = Thread(target=office.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield office
        office.shutdown()
        thread.join()


@pytest.fixture
def line(office: Office) -> Iterator[HttpLine]:
    line = HttpLine(f"http://127.0.0.1:{office.server_port}/g/", "li", "pass", DEVICE, timeout=5)
    yield line
    line.close()


def paths(office: Office) -> list[str]:
    return [path.removeprefix("/g/api/v1/") for path, _ in office.log]


def test_it_logs_in_once_with_its_device_and_then_calls(office: Office, line: HttpLine) -> None:
    assert line.call("push", {"说": "你好"})["echo"] == {"说": "你好"}
    line.call("pull", {})
    assert paths(office) == ["sessions", "sync/push", "sync/pull"]
    assert office.log[0][1] == {"login": "li", "password": "pass", "device": DEVICE}


def test_an_access_that_ran_out_is_renewed(office: Office, line: HttpLine) -> None:
    line.call("pull", {})
    office.access = "a2"
    assert line.call("pull", {})["next_n"] == 1
    assert paths(office)[2:] == ["sync/pull", "sessions/refresh", "sync/pull"]


def test_news_are_asked_for_with_what_was_heard_last(office: Office, line: HttpLine) -> None:
    assert line.news(None) == ('"e1"', True)
    assert line.news('"e1"') == ('"e1"', False)
    office.etag, office.access = '"e2"', "a2"  # and meanwhile the access ran out
    assert line.news('"e1"') == ('"e2"', True)
    assert paths(office)[-3:] == ["sync/news", "sessions/refresh", "sync/news"]


@pytest.mark.parametrize("status", [401, 403, 404, 503])
def test_no_news_is_never_taken_from_an_error(office: Office, line: HttpLine, status: int) -> None:
    line.news(None)
    office.errors = [status] * 2
    with pytest.raises(PhoneError):
        line.news('"e1"')


def test_a_family_of_tokens_that_was_ended_needs_the_password(
    office: Office, line: HttpLine
) -> None:
    line.call("pull", {})
    office.access, office.refresh = "a2", "r2"
    assert line.call("pull", {})["next_n"] == 1
    assert paths(office)[3:] == ["sessions/refresh", "sessions", "sync/pull"]
    office.access, office.refresh, office.logins = "a3", "r3", False
    with pytest.raises(LoginLost):
        line.call("pull", {})


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_server_without_time_is_asked_again_later(
    office: Office, line: HttpLine, status: int
) -> None:
    office.answers = [(status, {"Retry-After": "17"})]
    with pytest.raises(LineLost) as lost:
        line.call("push", {})
    assert (lost.value.retry_after, lost.value.status) == (17, status)
    assert line.call("push", {})["next_n"] == 1


def test_a_request_that_nobody_can_read_is_not_sent_for_ever(
    office: Office, line: HttpLine
) -> None:
    office.answers = [(400, {})]
    with pytest.raises(LineRefused):
        line.call("push", {})


def test_an_answer_that_breaks_off_is_a_lost_line(office: Office, line: HttpLine) -> None:
    office.answers = [(200, {"Content-Length": "99999"})]
    with pytest.raises(LineLost):
        line.call("push", {})
    assert line.call("push", {})["next_n"] == 1


def test_a_server_that_is_not_there_is_a_lost_line(office: Office) -> None:
    office.server_close()
    line = HttpLine(f"http://127.0.0.1:{office.server_port}", "li", "pass", DEVICE, timeout=5)
    with pytest.raises(LineLost):
        line.call("push", {})


@pytest.mark.parametrize("url", ["ftp://example", "wangge.example", "file:///etc/passwd"])
def test_only_http_is_a_line(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        HttpLine(url, "li", "pass", DEVICE)
