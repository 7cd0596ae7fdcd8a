"""Pure: what two positions of one household say about each other."""

from __future__ import annotations

import math
from typing import Any

from geo.datum import datum_named, to_wgs84
from geo.metres import scale_at
from server.households.rules import wrong_field

Point = tuple[float, float]


def point_of(field: str, value: Any) -> Point | None:
    """The WGS-84 point of a location as phones write it; None for any other field, none, or what
    is no location: a phone's value is kept as it came.
    """
    if field != "location" or value is None or wrong_field(field, value):
        return None
    lon, lat, datum, _accuracy = value
    found_lon, found_lat = to_wgs84(lon, lat, datum_named(datum))
    return float(found_lon), float(found_lat)


def metres_apart(one: Point | None, other: Point | None) -> int | None:
    """How far two points of one county are from each other; None where one is missing."""
    if one is None or other is None:
        return None
    east, north = scale_at((one[1] + other[1]) / 2)
    return round(math.hypot((one[0] - other[0]) * east, (one[1] - other[1]) * north))
