"""The time by which cases climb: that of the server's clock, while it goes as time does.

A clock that is set ahead by mistake would take cases from those who still have time, and set back
again it gives none of it back. So a step is not believed at once: for an hour the earlier of two
times counts, what the clock shows and what it would show had nobody touched it. A step that was
right makes climbs late for that hour, by no more than the step; never early.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

log = logging.getLogger("wangge.worker")

STEP: Final = timedelta(minutes=1)  # less is drift, and drift is followed
TRUST: Final = timedelta(hours=1)


class Steady:
    """`running`: seconds that this machine has run, which nobody sets; from an arbitrary start."""

    def __init__(self, running: Callable[[], float]) -> None:
        self._running = running
        self._start: datetime | None = None  # what the clock showed at 0 of `running`
        self._step: tuple[timedelta, timedelta] | None = None  # how far it went, and when

    def believed(self, shown: datetime) -> datetime:
        """The time to act by while the clock shows `shown`; never after it."""
        ran = timedelta(seconds=self._running())
        untouched = shown if self._start is None else self._start + ran
        if abs(shown - untouched) > STEP and not self._stands(shown - untouched, ran):
            return min(shown, untouched)
        self._start, self._step = shown - ran, None
        return shown

    def _stands(self, off: timedelta, ran: timedelta) -> bool:
        """Whether it has been off by as much for long enough."""
        if self._step is None or abs(off - self._step[0]) > STEP:
            self._step = (off, ran)
            log.error("clock stepped", extra={"fields": {"seconds": round(off.total_seconds())}})
        return ran - self._step[1] >= TRUST


def running() -> float:
    """Seconds since the machine was started, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
