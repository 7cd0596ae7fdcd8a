"""One POST to a webhook: bounded in time whatever the other side does, never redirected.

`http.client`, since nothing more is needed: one request on one connection, to an address that was
looked at before it was called (a library would look the name up a second time).
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import ip_address
from time import monotonic
from typing import Final

from server.notices.delivery.rules import LONGEST_ANSWER, Answer, one_line
from server.notices.targets.rules import Endpoint, may_be_reached

SECONDS: Final = 10.0  # for one try, from the name to the end of the answer
_SHORTEST: Final = 0.05  # seconds for an address
_READ: Final = 4 * LONGEST_ANSWER  # bytes; the rest of an answer is not even read


class _Refused(OSError):
    """The name leads to an address where no receiver can be."""


def post(
    endpoint: Endpoint, headers: Mapping[str, str], body: bytes, seconds: float = SECONDS
) -> Answer:
    """Send once and say what came back; it never raises, and ends within `seconds` (and a look-up).

    An answer is success or not by its status alone; of its text 200 characters are kept.
    """
    kind = _Secure if endpoint.tls else _Plain
    connection = kind(endpoint.host, endpoint.port, timeout=seconds)
    # The socket's time-out begins anew with each byte: who sends one a second would never end.
    alarm = threading.Timer(seconds, connection.cut)
    alarm.daemon = True
    alarm.start()
    try:
        return _exchange(connection, endpoint, headers, body)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, _why(error, late=connection.is_late))
    finally:
        alarm.cancel()
        connection.close()


def _exchange(
    connection: _Plain,
    endpoint: Endpoint,
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    fixed = {"content-type": "application/json", "user-agent": "wangge", "connection": "close"}
    connection.request("POST", endpoint.path, body, {**fixed, **headers})
    answer = connection.getresponse()
    if connection.is_late:  # cut within its headers, which http.client takes for their end
        raise TimeoutError
    try:
        said = one_line(answer.read(_READ).decode(errors="replace"))
    except (OSError, http.client.HTTPException):
        said = ""  # the status is what counts, and it is here
    if 300 <= answer.status < 400:
        said = "不跟随重定向 redirects are not followed"
    return Answer(answer.status, said, _retry_after(answer))


class _Plain(http.client.HTTPConnection):
    """To an address that was looked at; it can be cut from another thread."""

    is_late = False
    _reached: socket.socket | None = None  # `sock` is let go of when the last answer has begun

    def connect(self) -> None:
        self.sock = self._reached = _reach(self.host, self.port, self.timeout or SECONDS)
        if self.is_late:  # the alarm went off before there was anything to cut
            raise TimeoutError

    def cut(self) -> None:
        """Time is up: whoever waits for this socket wakes."""
        self.is_late = True
        if self._reached is not None:
            with suppress(OSError):  # it was over already
                self._reached.shutdown(socket.SHUT_RDWR)


class _Secure(_Plain):
    """The same over TLS."""

    def connect(self) -> None:
        super().connect()  # a handshake that stands still can be cut, too
        self.sock = _context().wrap_socket(self.sock, server_hostname=self.host)
        self._reached = self.sock


def _reach(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to the first address of this name that answers, all within `seconds`, so that
    none that keeps silent takes the others' time. Raises OSError.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [one for one in found if may_be_reached(ip_address(str(one[4][0]).split("%")[0]))]
    if not allowed:
        raise _Refused("不可用的地址 this address is not for webhooks")
    error: OSError | None = None
    until = monotonic() + seconds
    for left, (family, kind, protocol, _, address) in zip(
        range(len(allowed), 0, -1), allowed, strict=True
    ):
        reached = socket.socket(family, kind, protocol)
        try:
            reached.settimeout(max((until - monotonic()) / left, _SHORTEST))
            reached.connect(address)
            reached.settimeout(seconds)
        except OSError as failed:
            reached.close()
            error = failed
        else:
            return reached
    raise error or OSError


@cache
def _context() -> ssl.SSLContext:
    """Certificates are checked; OpenSSL reads SSL_CERT_FILE for a county's own authority."""
    return ssl.create_default_context()


def _why(error: Exception, *, late: bool) -> str:
    """One line on a try that brought no answer."""
    if late or isinstance(error, TimeoutError):
        return "超时 timed out"
    if isinstance(error, ssl.SSLCertVerificationError):
        return one_line(f"证书不可信 certificate: {error.verify_message}")
    if isinstance(error, socket.gaierror):
        return "域名无法解析 the name cannot be resolved"
    return one_line(f"{type(error).__name__}: {error}") or type(error).__name__


def _retry_after(answer: http.client.HTTPResponse) -> timedelta | None:
    """What the endpoint asks for: seconds, or a date reckoned from the answer's own."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return timedelta(seconds=min(int(said[:9]), 10**6))
    try:
        until = parsedate_to_datetime(said)
        now = parsedate_to_datetime(answer.headers.get("date", ""))
        return max(until - now, timedelta(0))
    except (ValueError, TypeError):
        return None
