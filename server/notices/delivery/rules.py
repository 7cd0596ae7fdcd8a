"""Pure: what an answer means for a delivery, and when the next try is.

A try fails because of this one delivery (it was refused) or because of the endpoint (away, slow,
overloaded). In the second case the endpoint rests, and with it whatever waits for it: it is asked
again by one delivery at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random
from typing import Final

GIVEN_UP: Final = timedelta(days=7)
LONGEST_ANSWER: Final = 200  # characters of an answer that are kept
LONGEST_REST: Final = timedelta(days=1)  # whatever an endpoint asks for
JITTER: Final = 0.2  # so that those who failed together do not come back together

# The steps that Standard Webhooks 1.0 gives as an example, without its first (the worker wakes
# three times a minute); the last one repeats.
STEPS: Final = tuple(
    timedelta(minutes=minutes) for minutes in (0.5, 5, 30, 120, 300, 600, 840, 1200, 1440)
)
# An endpoint is asked by one delivery, not by all: it may be asked more often.
RESTS: Final = tuple(timedelta(minutes=minutes) for minutes in (0.5, 2, 10, 30, 60, 120, 240))


_AWAY: Final = timedelta(hours=2)


class State(StrEnum):
    """How far a delivery has come."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"  # given up; a person may have it tried again
    DROPPED = "dropped"  # its target was removed


class Fate(StrEnum):
    """What an answer means."""

    SENT = "sent"
    REFUSED = "refused"  # this delivery; others may do better
    AWAY = "away"  # the endpoint, for all
    GONE = "gone"  # the endpoint, for good


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from one try; `status` is None where nothing did. `said` is one short line."""

    status: int | None
    said: str = ""
    retry_after: timedelta | None = None

    @property
    def seen(self) -> str | None:
        """As the queue shows it."""
        return f"{self.status or ''} {self.said}".strip() or None


_OF_STATUS = {410: Fate.GONE, 408: Fate.AWAY, 425: Fate.AWAY, 429: Fate.AWAY}


def fate_of(answer: Answer) -> Fate:
    """A webhook's answer as Standard Webhooks reads it: only 2xx is success, 3xx is no way on."""
    if answer.status is None or answer.status >= 500:
        return Fate.AWAY
    if 200 <= answer.status < 300:
        return Fate.SENT
    return _OF_STATUS.get(answer.status, Fate.REFUSED)


def pause_of(tries: int, fate: Fate, chance: Random) -> timedelta:
    """How long a delivery waits after its `tries`-th try failed (from 1).

    At most two hours where its endpoint was away: another one has asked by then.
    """
    pause = _spread(STEPS[min(tries, len(STEPS)) - 1], chance)
    return min(pause, _AWAY) if fate is Fate.AWAY else pause


def rest_of(failures: int, asked: timedelta | None, chance: Random) -> timedelta:
    """How long an endpoint rests after its `failures`-th failure in a row (from 1).

    `asked`: what it said itself (Retry-After); never shorter, and at most a day.
    """
    own = _spread(RESTS[min(failures, len(RESTS)) - 1], chance)
    return max(own, min(asked or own, LONGEST_REST))


def one_line(said: str) -> str:
    """At most 200 characters of what came back, on one line, without what a screen would obey."""
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:LONGEST_ANSWER]


def _spread(span: timedelta, chance: Random) -> timedelta:
    return span * chance.uniform(1 - JITTER, 1 + JITTER)
