"""Pure rules of places: what a day means, what a label says of its level."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from geo.codes import level_of

LOCAL = ZoneInfo("Asia/Shanghai")
# The days that can be asked about.
EARLIEST, LATEST = date(1949, 10, 1), date(2999, 12, 31)


def end_of_day(day: date) -> datetime:
    """The moment as of which a day is asked: its end, 24:00 in Asia/Shanghai.

    What changed during the day is answered as it was left; what begins at that midnight is not.
    """
    return datetime.combine(day + timedelta(days=1), time(), LOCAL)


# What stands as of then stands now: nothing is dated after it.
PRESENT = end_of_day(LATEST)


def moment(as_of: date | None) -> datetime | None:
    """The moment that a day is asked as of; None: now."""
    return end_of_day(as_of) if as_of else None


def area_then(label: Any) -> dict[str, Any]:
    """What a label says of an Area, in the shape of an Area."""
    return {
        "id": label.area_id,
        "level": level_of(label.code).value,
        "code": label.code,
        "name": label.name,
        "parent_id": label.parent_id,
        "valid_from": label.valid_from,
        "valid_to": label.valid_to,
    }


def cell_then(label: Any) -> dict[str, Any]:
    """What a label says of a cell, in the shape of a cell."""
    return {
        "id": label.cell_id,
        "village_id": label.village_id,
        "code": label.code,
        "name": label.name,
        "groups": label.groups,
        "valid_from": label.valid_from,
        "valid_to": label.valid_to,
    }
