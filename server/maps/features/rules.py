"""Pure: what `bbox` and `datetime` of OGC API – Features ask for, and the quadkeys of a box.

Forms after OGC 17-069r4, 7.15.3 and 7.15.4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from geo.tiles import QUADKEY_ZOOM, quadkey_range, tile_of
from server.maps.features.errors import BadQuery

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
MOST_TILES = 16  # of one box: each may cost one look into the index


class Box(NamedTuple):
    """A box in degrees, WGS-84; it does not cross the antimeridian."""

    west: float
    south: float
    east: float
    north: float


class Span(NamedTuple):
    """A time or an interval, both ends within it; None: open."""

    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a collection somebody asks for; what is left out does not bar."""

    boxes: Sequence[Box] = ()
    span: Span | None = None
    equal: Mapping[str, object] = field(default_factory=dict)  # property → value
    under: str = ""  # code of an Area or a cell


def read_bbox(text: str) -> tuple[Box, ...]:
    """`west,south,east,north`, or with two heights, which are not looked at.

    A box whose west is greater than its east crosses the antimeridian and gives two.
    Raises BadQuery.
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise _wrong("bbox") from None
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise _wrong("bbox")
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise _wrong("bbox")
    if west <= east:
        return (Box(west, south, east, north),)
    return Box(west, south, 180.0, north), Box(-180.0, south, east, north)


def read_datetime(text: str) -> Span:
    """An RFC 3339 time or date, or an interval `a/b`, each end open as `..` or empty.

    A date is the whole day in UTC. Raises BadQuery.
    """
    ends = text.split("/")
    if len(ends) > 2:
        raise _wrong("datetime")
    since, until = _moment(ends[0], last=False), _moment(ends[-1], last=True)
    if len(ends) == 1 and since is None:
        raise _wrong("datetime")
    if since and until and since > until:
        raise _wrong("datetime")
    return Span(since, until)


def cover(box: Box) -> list[tuple[int, int]]:
    """Half-open ranges of quadkeys (of QUADKEY_ZOOM) that hold every point of the box.

    At most MOST_TILES, at the finest zoom that allows it; they hold points beside it too.
    """
    for zoom in range(QUADKEY_ZOOM, -1, -1):
        x, y = tile_of([box.west, box.east], [box.north, box.south], zoom)
        if (x[1] - x[0] + 1) * (y[1] - y[0] + 1) <= MOST_TILES:
            break
    columns, rows = np.arange(x[0], x[1] + 1), np.arange(y[0], y[1] + 1)
    return _joined(sorted(quadkey_range(zoom, int(c), int(r)) for c in columns for r in rows))


def _joined(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges that follow each other become one."""
    joined: list[tuple[int, int]] = []
    for low, high in ranges:
        if joined and joined[-1][1] == low:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined


def _moment(text: str, *, last: bool) -> datetime | None:
    if text in {"", ".."}:
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong("datetime") from None
    day = len(text) == len("2026-03-02")
    return at.replace(hour=23, minute=59, second=59, microsecond=999_999) if day and last else at


def _wrong(name: str) -> BadQuery:
    return BadQuery(errors={name: _FORMS[name]})


_FORMS = {
    "bbox": "west,south,east,north in degrees (CRS84)",
    "datetime": "2026-03-02, 2026-03-02T01:00:00Z, or an interval such as 2026-03-02/..",
}
