"""Handing mail in: one connection for a whole round, bounded in time."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from time import monotonic
from typing import Final

from server.notices.delivery.rules import Answer, one_line
from server.settings import LOOPBACK, MailServer, Tls

SECONDS: Final = 10.0  # for one answer of the mail server
_OK: Final = 250


def hand_in(
    server: MailServer, letters: Iterable[EmailMessage], until: float
) -> Iterator[Answer | None]:
    """Hand in one after the other; an answer for each. It never raises.

    None: it was not tried, since time was up (`until`, of `time.monotonic`) or the server had gone.
    """
    waiting = list(letters)
    try:
        with _connect(server) as smtp:
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


def _connect(server: MailServer) -> smtplib.SMTP:
    """Signed in where a user is set. Raises OSError, SMTPException."""
    context = ssl.create_default_context()
    if server.tls is Tls.WHOLE:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=SECONDS, context=context
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
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
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, refusal = next(iter(error.recipients.values()))
        return Answer(code, one_line(refusal.decode(errors="replace")))
    if isinstance(error, smtplib.SMTPResponseException):
        said: bytes | str = error.smtp_error
        text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        return Answer(error.smtp_code, one_line(text))
    if isinstance(error, TimeoutError):
        return Answer(None, "超时 timed out")
    return Answer(None, one_line(f"{type(error).__name__}: {error}") or type(error).__name__)
