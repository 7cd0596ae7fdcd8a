"""What a tile is drawn within: its edges, how coarse, which days, and when a copy is still good."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from geo.errors import InvalidTile
from geo.tiles import QUADKEY_ZOOM, bounds, quadkey_range
from server.maps.tiles.errors import BadPeriod, TileTooFine
from server.places.rules import LOCAL, end_of_day

EXTENT = 4096  # units from edge to edge, as the MVT specification suggests
BUFFER = 64  # units drawn beyond the edges, so that borders do not end there
MOST_FEATURES = 2_000  # of one tile
MOST_POINTS = 5_000  # households or disputes one by one; more of them are drawn as clusters
MOST_VERTICES = 60_000  # with the features' columns this stays below 1 MB
SINGLE_HOUSEHOLDS, SINGLE_DISPUTES = 14, 12  # from these zooms on: one by one
LONGEST_PERIOD = 400  # days
USUAL_PERIOD = 30  # days, today included, where none is asked
_TOLERANCE = 2  # units: a quarter of a pixel on a tile of 512
_SQUARES = 5  # zooms: clusters are drawn in 32 × 32 squares a tile
_CIRCUMFERENCE = 40_075_016.685578488  # metres of web Mercator's world
_FORMAT = "1"  # of the tiles: another one makes every kept copy stale
_NUMBER = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of the web map."""

    z: int
    x: int
    y: int

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """(west, south, east, north) in degrees."""
        return bounds(self.z, self.x, self.y)

    @property
    def reach(self) -> tuple[float, float, float, float]:
        """The edges with the buffer."""
        west, south, east, north = self.edges
        aside, along = ((a - b) * BUFFER / EXTENT * 1.01 for a, b in ((east, west), (north, south)))
        return west - aside, south - along, east + aside, north + along

    @property
    def keys(self) -> tuple[int, int]:
        """The half-open range of quadkeys."""
        return quadkey_range(self.z, self.x, self.y)

    @property
    def square_shift(self) -> int:
        """How many bits of a quadkey lie within one square of a cluster."""
        return 2 * (QUADKEY_ZOOM - min(self.z + _SQUARES, QUADKEY_ZOOM))

    @property
    def tolerance(self) -> float:
        """Metres of web Mercator by which an outline may be off."""
        return math.ldexp(_CIRCUMFERENCE, -self.z) / EXTENT * _TOLERANCE

    def __str__(self) -> str:
        return f"{self.z}/{self.x}/{self.y}"


def tile_named(z: str, x: str, y: str) -> Tile:
    """The tile of an address. Raises InvalidTile, TileTooFine."""
    if not all(_NUMBER.fullmatch(part) for part in (z, x, y)):
        raise InvalidTile(f"{z}/{x}/{y}")
    tile = Tile(int(z), int(x), int(y))
    bounds(tile.z, tile.x, tile.y)
    if tile.z > QUADKEY_ZOOM:
        raise TileTooFine
    return tile


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both included."""

    first: date
    last: date

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From the first day's beginning to the last day's end, in Asia/Shanghai."""
        return end_of_day(self.first - timedelta(days=1)), end_of_day(self.last)


def period_of(first: date | None, last: date | None, now: datetime) -> Period:
    """The period asked for; none: the last 30 days. Raises BadPeriod."""
    if first is None and last is None:
        today = now.astimezone(LOCAL).date()
        return Period(today - timedelta(days=USUAL_PERIOD - 1), today)
    if first is None or last is None or not timedelta() <= last - first < _LONGEST:
        raise BadPeriod
    return Period(first, last)


_LONGEST = timedelta(days=LONGEST_PERIOD)


def levels_at(zoom: int) -> list[str]:
    """Which areas are drawn: the county, townships, then villages with their townships."""
    if zoom < 8:
        return ["county"]
    return ["township"] if zoom < 11 else ["township", "village"]


def stamp_of(
    mark: str | None,
    now: datetime,
    user_id: UUID,
    held: Collection[str] | None,
    *asked: object,
) -> str:
    """What an answer is known by: it holds as long as this stays the same.

    `mark`: the newest of the feed; nothing that is drawn changes without it, but for assignments
    and cases that begin, end or fall due by the clock alone: those are fresh within the hour.
    """
    hour = now.strftime("%Y%m%d%H")
    places = "county" if held is None else ",".join(sorted(held))
    whole = "\n".join(map(str, (_FORMAT, mark, hour, user_id, places, *asked)))
    return sha256(whole.encode()).hexdigest()[:32]
