"""How long we wait for a database that says nothing.

A time-out of PostgreSQL ends what takes long; none of them covers a backend that stands still
(stopped, its disk gone, its machine frozen), and the driver would wait for it for ever. So the web
waits by itself: a server that has not said a word for this long is taken for lost, its connection
is closed, and the request is answered 503. PostgreSQL ends whatever we ask sooner by
`statement_timeout`, hence silence longer than that is nobody working.

It holds for the whole process: only the web calls it. The worker's statements may be silent for
minutes (its jobs have deadlines of their own), and COPY does not go this way.
"""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import psycopg2
from psycopg2.extensions import (
    POLL_OK,
    POLL_READ,
    POLL_WRITE,
    STATUS_SETUP,
    set_wait_callback,
)

SILENCE: Final = 35.0  # seconds; the web's statement_timeout is 30
CONNECTING: Final = 5.0

_patience: ContextVar[float] = ContextVar("patience", default=SILENCE)


class Silent(psycopg2.OperationalError):
    """The database has not said a word for too long; the driver closes the connection."""


def bound_silence() -> None:
    """From now on nothing in this process waits longer for the database than its patience."""
    set_wait_callback(_wait)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Wait no longer than this for any word, within the block: for what must be answered soon."""
    before = _patience.set(min(seconds, _patience.get()))
    try:
        yield
    finally:
        _patience.reset(before)


_EVENTS: Final = {POLL_READ: select.POLLIN, POLL_WRITE: select.POLLOUT}


def _wait(connection: Any) -> None:
    """What the driver calls instead of waiting by itself. Raises Silent."""
    seconds = _patience.get()
    if connection.status == STATUS_SETUP:
        seconds = min(seconds, CONNECTING)
    while (state := connection.poll()) != POLL_OK:
        events = _EVENTS.get(state)
        if events is None:
            raise psycopg2.OperationalError(f"the driver said {state}")
        if not _ready(connection.fileno(), events, seconds):
            raise Silent(f"no word from the database for {seconds:g} s")


def _ready(descriptor: int, events: int, seconds: float) -> bool:
    waiting = select.poll()
    waiting.register(descriptor, events)
    return bool(waiting.poll(seconds * 1000))
