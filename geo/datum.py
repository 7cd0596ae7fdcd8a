"""WGS-84, GCJ-02, BD-09, CGCS2000: where a point truly is, over whole arrays.

Phones' GPS speaks WGS-84; maps published in China speak GCJ-02, Baidu's BD-09 on top of it. The
difference, about half a kilometre, is enough to land in another cell.

CGCS2000 is taken as equal to WGS-84: the two, equal in 2000, have drifted apart with the continent
by less than a metre; a phone is off by several.
GCJ-02 has no published formula; this is the one in general use, good to about a metre.
BD-09 is its published step on top of GCJ-02.

The shift applies inside the rectangle 72.004–137.8347° E, 0.8293–55.8271° N (edges included,
judged by the WGS-84 point) and nowhere else. At its edge the map is discontinuous: within a shift
of the edge (under 0.05°, far out at sea or abroad) a shifted point may have two origins, and the
one inside the rectangle is taken; a reading with no origin inside is left as it is.
Missing (NaN) and infinite coordinates pass through unchanged.
"""

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import UnevenLists, UnknownDatum

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Pair = tuple[FloatArray, FloatArray]


class Datum(StrEnum):
    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"
    CGCS2000 = "cgcs2000"


def datum_named(name: str) -> Datum:
    """The datum a person means by WGS-84, gcj02, BD 09 … Raises UnknownDatum."""
    plain = name.strip().lower().replace("-", "").replace(" ", "").replace("_", "")
    try:
        return Datum(plain)
    except ValueError:
        raise UnknownDatum(name) from None


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> Pair:
    """True positions as `datum` shows them. Degrees; new arrays of the common shape.

    Raises UnevenLists.
    """
    lon, lat = _pair(lon, lat)
    shown = _SHOWN_IN.get(datum)
    if shown is not None:
        inside = _within(lon, lat)
        lon[inside], lat[inside] = shown(lon[inside], lat[inside])
    return lon, lat


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> Pair:
    """True positions of what `datum` shows: the inverse of `from_wgs84`, to less than 1e-9 degrees.

    Degrees; new arrays of the common shape. Raises UnevenLists.
    """
    lon, lat = _pair(lon, lat)
    shown = _SHOWN_IN.get(datum)
    if shown is not None:
        near = _within(lon, lat, margin=_REACH)
        at_lon, at_lat = lon[near], lat[near]
        true_lon, true_lat = _undo(shown, at_lon, at_lat)
        shifted = _within(true_lon, true_lat, margin=_ROUNDING)
        lon[near] = np.where(shifted, true_lon, at_lon)
        lat[near] = np.where(shifted, true_lat, at_lat)
    return lon, lat


def _undo(
    shown: Callable[[FloatArray, FloatArray], Pair], lon: FloatArray, lat: FloatArray
) -> Pair:
    """Fixed point of w ← w + (seen − shown(w)).

    The shift changes by less than 2 % of the distance moved, so every round gains about two digits.
    """
    true_lon, true_lat = lon, lat
    for _ in range(_ROUNDS):
        seen_lon, seen_lat = shown(true_lon, true_lat)
        miss_lon, miss_lat = lon - seen_lon, lat - seen_lat
        true_lon, true_lat = true_lon + miss_lon, true_lat + miss_lat
        if max(np.abs(miss_lon).max(initial=0), np.abs(miss_lat).max(initial=0)) < _EXACT:
            break
    return true_lon, true_lat


def _gcj02(lon: FloatArray, lat: FloatArray) -> Pair:
    """A shift in metres (polynomial and waves about 105° E, 35° N) on Krasovsky's ellipsoid."""
    x, y = lon - 105.0, lat - 35.0
    phi = np.radians(lat)
    waves = 20 * _sin(6, x) + 20 * _sin(2, x)
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (waves + 20 * _sin(1, x) + 40 * _sin(1 / 3, x)) * 2 / 3
    east += (150 * _sin(1 / 12, x) + 300 * _sin(1 / 30, x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (waves + 20 * _sin(1, y) + 40 * _sin(1 / 3, y)) * 2 / 3
    north += (160 * _sin(1 / 12, y) + 320 * _sin(1 / 30, y)) * 2 / 3
    bend = 1 - _KRASOVSKY_E2 * np.sin(phi) ** 2
    per_degree_east = np.radians(_KRASOVSKY_A / np.sqrt(bend) * np.cos(phi))
    per_degree_north = np.radians(_KRASOVSKY_A * (1 - _KRASOVSKY_E2) / bend**1.5)
    return lon + east / per_degree_east, lat + north / per_degree_north


def _bd09(lon: FloatArray, lat: FloatArray) -> Pair:
    """Baidu's step: GCJ-02 turned and stretched a little about (0, 0), then moved."""
    x, y = _gcj02(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _sin(times: float, degrees: FloatArray) -> FloatArray:
    return np.asarray(np.sin(times * np.pi * degrees))


def _within(lon: FloatArray, lat: FloatArray, margin: float = 0.0) -> BoolArray:
    west, south, east, north = _RECTANGLE
    across = (lon >= west - margin) & (lon <= east + margin)
    return np.asarray(across & (lat >= south - margin) & (lat <= north + margin))


def _pair(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Fresh float arrays of one common shape."""
    east, north = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    try:
        east, north = np.broadcast_arrays(east, north)
    except ValueError:
        raise UnevenLists(f"{east.shape} / {north.shape}") from None
    return east.copy(), north.copy()


_SHOWN_IN: dict[Datum, Callable[[FloatArray, FloatArray], Pair]] = {
    Datum.GCJ02: _gcj02,
    Datum.BD09: _bd09,
}
_RECTANGLE = (72.004, 0.8293, 137.8347, 55.8271)  # west, south, east, north
_REACH = 0.05  # degrees; no shift inside the rectangle is longer
_KRASOVSKY_A = 6378245.0  # metres
_KRASOVSKY_E2 = 0.00669342162296594323
_BAIDU = np.pi * 3000 / 180
_ROUNDS = 30
_EXACT = 1e-12  # degrees
_ROUNDING = 1e-10  # degrees; a point on the very edge comes back a few bits beside it
