"""Handing mail in: one connection for a whole round, bounded in time."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from email.message import EmailMessage
from time import monotonic
from typing import Any, Final

from server.notices.delivery.rules import Answer, one_line
from server.settings import LOOPBACK, MailServer, Tls

SECONDS: Final = 10.0  # for one answer of the mail server
_OK: Final = 250


def hand_in(
    server: MailServer, letters: Iterable[EmailMessage], until: float
) -> Iterator[Answer | None]:
    """Hand in one after the other; an answer for each. It never raises.

    None: it was not tried, since time was up (`until`, of `time.monotonic`) or the server had gone.
    Ten seconds after `until` it is cut off, whatever it is saying.
    """
    waiting = list(letters)
    try:
        with _connect(server, max(until - monotonic(), 0.0) + SECONDS) as smtp:
            for letter in list(waiting):
                if monotonic() > until:
                    break
                answer = _hand_in_one(smtp, letter)
                waiting.pop(0)
                yield answer
    except (OSError, smtplib.SMTPException, ValueError) as error:
        if waiting:
            waiting.pop(0)
            yield _answer_of(error)
    yield from (None for _ in waiting)


class _Bounded(smtplib.SMTP):
    """Cut off after `seconds`: a socket's own time-out begins anew with each byte."""

    def __init__(self, host: str, port: int, *, seconds: float, **more: Any) -> None:
        self._alarm = threading.Timer(seconds, self._cut)
        self._alarm.daemon = True
        self._alarm.start()
        try:
            super().__init__(host, port, timeout=SECONDS, **more)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Also the alarm is over."""
        self._alarm.cancel()
        super().close()

    def _cut(self) -> None:
        reached: socket.socket | None = self.sock
        if reached is not None:
            with suppress(OSError):  # it was over already
                reached.shutdown(socket.SHUT_RDWR)


class _Whole(_Bounded, smtplib.SMTP_SSL):
    """The same over TLS from the start."""


def _connect(server: MailServer, seconds: float) -> smtplib.SMTP:
    """Signed in where a user is set. Raises OSError, SMTPException."""
    context = ssl.create_default_context()
    smtp: smtplib.SMTP
    if server.tls is Tls.WHOLE:
        smtp = _Whole(server.host, server.port, seconds=seconds, context=context)
    else:
        smtp = _Bounded(server.host, server.port, seconds=seconds)
    try:
        smtp.ehlo_or_helo_if_needed()
        # On this machine nobody listens in; elsewhere a server without TLS is refused.
        offered = smtp.has_extn("starttls")
        if server.tls is Tls.START and (offered or server.host not in LOOPBACK):
            smtp.starttls(context=context)
        if server.user is not None:
            smtp.login(server.user, server.password or "")
    except BaseException:
        smtp.close()
        raise
    return smtp


def _hand_in_one(smtp: smtplib.SMTP, letter: EmailMessage) -> Answer:
    """Raises OSError, SMTPException where the connection is over; else what the server said."""
    try:
        smtp.send_message(letter)
    except smtplib.SMTPServerDisconnected:
        raise
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        return _answer_of(error)
    return Answer(_OK)


def _answer_of(error: Exception) -> Answer:
    """Never success, whatever code stands in what was said out of turn."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, refusal = next(iter(error.recipients.values()))
        return Answer(_refusal(code), one_line(refusal.decode(errors="replace")))
    if isinstance(error, smtplib.SMTPResponseException):
        said: bytes | str = error.smtp_error
        text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        return Answer(_refusal(error.smtp_code), one_line(text))
    if isinstance(error, TimeoutError):
        return Answer(None, "超时 timed out")
    return Answer(None, one_line(f"{type(error).__name__}: {error}") or type(error).__name__)


def _refusal(code: int) -> int | None:
    return code if 400 <= code < 600 else None
