"""Line: how a phone reaches the server; over HTTP with nothing but the standard library."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sync.phone import Line as Line
from sync.phone import LineLost as LineLost
from sync.phone import LineRefused as LineRefused
from sync.phone import LoginLost as LoginLost
from sync.phone import Verb as Verb

MAX_ANSWER = 64 * 1024 * 1024  # bytes, unpacked
TIMEOUT = 60.0  # seconds
GZIP = 16 + zlib.MAX_WBITS


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
        return _settled(self._ask("POST", f"sync/{verb}", body, {}))

    def news(self, etag: str | None) -> tuple[str | None, bool]:
        """Whether a pull would bring anything since `etag` was given, and the etag of now.

        Raises what `call` raises.
        """
        known = {"If-None-Match": etag} if etag else {}
        answer = self._ask("GET", "sync/news", None, known)
        if answer.status == 304:
            return answer.etag or etag, False
        _settled(answer)
        return answer.etag, True

    def close(self) -> None:
        """Hang up. The next call connects again."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> _Answer:
        if self._access is None:
            self._log_in()
        answer = self._send(method, path, body, self._access, headers)
        if answer.status == 401:
            self._renew()
            answer = self._send(method, path, body, self._access, headers)
        return answer

    def _renew(self) -> None:
        """A new access token. The refresh token is let go only when its successor has arrived."""
        answer = self._post("sessions/refresh", {"refresh": self._refresh})
        if answer.status in (400, 401, 403, 422):
            self._log_in()
        else:
            self._take_tokens(answer)

    def _log_in(self) -> None:
        self._access = self._refresh = None
        self._take_tokens(self._post("sessions", self._credentials))

    def _take_tokens(self, answer: _Answer) -> None:
        tokens = _settled(answer)
        self._access, self._refresh = tokens["access"], tokens["refresh"]

    def _post(self, path: str, body: Mapping[str, Any]) -> _Answer:
        return self._send("POST", path, body, None, {})

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        token: str | None,
        more: Mapping[str, str],
    ) -> _Answer:
        headers = {"Accept-Encoding": "gzip", **more}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        packed = None
        if body is not None:
            headers |= {"Content-Type": "application/json", "Content-Encoding": "gzip"}
            # ASCII: half an emoji in a note must reach the server, which sets that change aside.
            packed = gzip.compress(json.dumps(body, separators=(",", ":")).encode(), 6, mtime=0)
        try:
            connection = self._connected()
            connection.request(method, f"{self._prefix}/api/v1/{path}", packed, headers)
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
    etag: str | None


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
    retry_after = _seconds(response.getheader("Retry-After"))
    return _Answer(response.status, body, retry_after, response.getheader("ETag"))


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None


def _settled(answer: _Answer) -> dict[str, Any]:
    """The body of a good answer; the three errors otherwise."""
    if 200 <= answer.status < 300 and isinstance(answer.body, dict):
        return answer.body
    if answer.status in (401, 403):
        raise LoginLost(f"answered {answer.status}")
    if answer.status in (408, 429) or answer.status >= 500 or answer.status < 400:
        raise LineLost(f"answered {answer.status}", answer.retry_after, answer.status)
    raise LineRefused(answer.status, answer.body)
