"""One request to a provider: never redirected, bounded in time and size whatever comes back."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from server.access.federation.errors import ProviderAway

SECONDS: Final = 6.0  # from the name to the end of the answer
_MOST: Final = 256 << 10  # bytes of an answer
_AT_ONCE: Final = 4  # each holds a thread of the web

_room = threading.BoundedSemaphore(_AT_ONCE)


def ask(
    url: str, body: str | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """GET, or POST a form; the status and the object that came back ({} where it was none).

    Raises ProviderAway, also where too many wait already.
    """
    if not _room.acquire(blocking=False):
        raise ProviderAway
    try:
        return _asked(url, body, headers or {})
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ProviderAway from error
    finally:
        _room.release()


def _asked(url: str, body: str | None, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    tls = parts.scheme == "https"
    connection = (
        http.client.HTTPSConnection(host, parts.port, timeout=SECONDS, context=_context())
        if tls
        else http.client.HTTPConnection(host, parts.port, timeout=SECONDS)
    )
    try:
        connection.connect()
        return _within_time(connection, parts, body, headers)
    finally:
        connection.close()


def _within_time(
    connection: http.client.HTTPConnection,
    parts: SplitResult,
    body: str | None,
    headers: Mapping[str, str],
) -> tuple[int, dict[str, Any]]:
    # The socket's time-out begins anew with each byte: who sends one a second would never end. The
    # connection itself forgets its socket when the last answer has begun.
    alarm = threading.Timer(SECONDS, _cut, (connection.sock,))
    alarm.daemon = True
    alarm.start()
    try:
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        sent = {"Accept": "application/json", "Connection": "close", **form, **headers}
        connection.request("GET" if body is None else "POST", path, body, sent)
        answer = connection.getresponse()
        return answer.status, _object(answer.read(_MOST + 1))
    finally:
        alarm.cancel()


def _object(said: bytes) -> dict[str, Any]:
    if len(said) > _MOST:
        raise ValueError("an answer of a provider is short")
    try:
        read = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _cut(reached: socket.socket) -> None:
    """Time is up: whoever waits for this socket wakes."""
    with suppress(OSError):  # it was over already
        reached.shutdown(socket.SHUT_RDWR)


@cache
def _context() -> ssl.SSLContext:
    """Certificates are checked; OpenSSL reads SSL_CERT_FILE for a county's own authority."""
    return ssl.create_default_context()
