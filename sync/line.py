"""Line: how a phone reaches the server; over HTTP with nothing but the standard library."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

from sync.errors import SyncError

MAX_ANSWER = 64 * 1024 * 1024  # bytes, unpacked
TIMEOUT = 60.0  # seconds
GZIP = 16 + zlib.MAX_WBITS

Verb = Literal["push", "pull"]


class LineLost(SyncError):
    """No answer, or one that says "later". The request may have taken effect: send it again."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after  # seconds, where the server said so


class LoginLost(SyncError):
    """The server no longer knows this login: a person must log in again."""


class LineRefused(SyncError):
    """The server cannot read what was sent: a fault of the program, sending again cures nothing."""

    def __init__(self, status: int, answer: Any) -> None:
        super().__init__(f"{status}: {answer}")
        self.status = status


class Line(Protocol):
    """What a phone needs of the world."""

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        """The server's answer. Raises `LineLost` (try later) or `LoginLost` (ask the person)."""


class HttpLine:
    """The line over HTTP, with a login bound to one device, gzip both ways."""

    def __init__(
        self,
        base_url: str,
        login: str,
        password: str,
        device: Mapping[str, str],
        timeout: float = TIMEOUT,
    ) -> None:
        """`device` is `{"id": ..., "name": ...}`; `base_url` has no path behind the host but its
        own prefix, such as `https://wangge.example` or `http://127.0.0.1:8000`.
        """
        url = urlsplit(base_url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError("base_url must begin with http:// or https:// and name a host")
        self._make = HTTPSConnection if url.scheme == "https" else HTTPConnection
        self._host, self._port, self._prefix = url.hostname, url.port, url.path.rstrip("/")
        self._credentials = {"login": login, "password": password, "device": dict(device)}
        self._timeout = timeout
        self._connection: HTTPConnection | None = None
        self._access: str | None = None
        self._refresh: str | None = None

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        """POST to the verb; log in before and refresh on 401, each once."""
        if self._access is None:
            self._log_in()
        answer = self._post(f"sync/{verb}", body, self._access)
        if answer.status == 401:
            self._renew()
            answer = self._post(f"sync/{verb}", body, self._access)
        return _settled(answer)

    def close(self) -> None:
        """Hang up. The next call connects again."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _renew(self) -> None:
        """A new access token. The refresh token is let go only when its successor has arrived."""
        answer = self._post("sessions/refresh", {"refresh": self._refresh}, None)
        if answer.status in (400, 401, 403, 422):
            self._log_in()
        else:
            self._take_tokens(answer)

    def _log_in(self) -> None:
        self._access = self._refresh = None
        self._take_tokens(self._post("sessions", self._credentials, None))

    def _take_tokens(self, answer: _Answer) -> None:
        tokens = _settled(answer)
        self._access, self._refresh = tokens["access"], tokens["refresh"]

    def _post(self, path: str, body: Mapping[str, Any], token: str | None) -> _Answer:
        headers = {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "Accept-Encoding": "gzip",
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        # ASCII: half an emoji in a note must reach the server, which sets that one change aside.
        text = json.dumps(body, separators=(",", ":")).encode()
        try:
            connection = self._connected()
            packed = gzip.compress(text, 6, mtime=0)
            connection.request("POST", f"{self._prefix}/api/v1/{path}", packed, headers)
            return _read(connection.getresponse())
        except (OSError, HTTPException, ValueError, zlib.error) as error:
            self.close()
            raise LineLost(type(error).__name__) from error

    def _connected(self) -> HTTPConnection:
        if self._connection is None:
            self._connection = self._make(self._host, self._port, timeout=self._timeout)
        return self._connection


class _Answer(NamedTuple):
    status: int
    body: Any
    retry_after: float | None


def _read(response: HTTPResponse) -> _Answer:
    packed = response.read(MAX_ANSWER)
    text = packed
    if response.getheader("Content-Encoding") == "gzip":
        unpacking = zlib.decompressobj(GZIP)
        text = unpacking.decompress(packed, MAX_ANSWER)
        if not unpacking.eof:
            raise ValueError("answer cut off or too long")
    is_json = "json" in (response.getheader("Content-Type") or "")
    body = json.loads(text) if is_json and text else None
    return _Answer(response.status, body, _seconds(response.getheader("Retry-After")))


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None


def _settled(answer: _Answer) -> dict[str, Any]:
    """The body of a good answer; the three errors otherwise."""
    if 200 <= answer.status < 300 and isinstance(answer.body, dict):
        return answer.body
    if answer.status in (401, 403):
        raise LoginLost(f"answered {answer.status}")
    if answer.status == 429 or answer.status >= 500 or answer.status < 400:
        raise LineLost(f"answered {answer.status}", answer.retry_after)
    raise LineRefused(answer.status, answer.body)
