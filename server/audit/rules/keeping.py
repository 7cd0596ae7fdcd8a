"""Pure: how long acts are kept, and which of the oldest links may go."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

LEAST_MONTHS: Final = 6  # logs are kept for at least six months (Cybersecurity Law, art. 21)
MOST_MONTHS: Final = 120


class Old(NamedTuple):
    """One of the oldest links: when its act was, or it was sealed, whichever is later."""

    number: int
    hash: bytes
    latest: datetime


def months_before(at: datetime, months: int) -> datetime:
    """The same day and time so many months before, or the last day of that month."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    day = min(at.day, monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)


def removable(oldest: Iterable[Old], until: datetime) -> list[Old]:
    """Those before the first that is still to be kept: what goes, goes from the front."""
    gone: list[Old] = []
    for link in oldest:
        if link.latest > until:
            break
        gone.append(link)
    return gone
