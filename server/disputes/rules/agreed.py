"""What was agreed in a case, and how long it is followed up. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from server.ladder.calendar import LOCAL


class Agreed(NamedTuple):
    """The last number of a term of a case, and those of its last agreement that are not done."""

    last: int
    open: frozenset[int]


NOTHING = Agreed(0, frozenset())


def followed_up_until(settled_at: datetime, days: int, due: Collection[date]) -> datetime:
    """When the clock closes a settled case at the earliest: after the policy's days, and not before
    the last day on which a term falls due has ended.
    """
    ends = [datetime.combine(day + timedelta(days=1), time(), LOCAL) for day in due]
    return max((settled_at + timedelta(days=days), *ends))
