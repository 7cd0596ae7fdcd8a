"""Slippy map tiles and quadkeys: which square of the web map a point lies in, at every zoom.

Web Mercator tiles: at zoom z the world is 2^z by 2^z squares, x from west to east, y from north to
south. A tile holds its western and northern edge, not its eastern and southern one, so every point
lies in one tile. Points beyond ±85.0511° latitude count to the outermost row.

A quadkey is the Morton number of a tile: the bits of x and y interleaved, y's bit above x's, as
in the usual base-4 quadkey text. All points of a tile are one range of quadkeys, which is how a map
finds its rows under row security: an integer range is leakproof, a spatial operator is not.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import InvalidCoordinate, InvalidTile, UnevenLists

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
MAX_ZOOM = 31  # 62 bits: what a signed bigint holds
QUADKEY_ZOOM = 20  # squares of about 38 m: finer than any map asks


def tile_of(lon: ArrayLike, lat: ArrayLike, zoom: int) -> tuple[IntArray, IntArray]:
    """(x, y) of the tile that holds each point. Degrees; same shape as lon and lat.

    Agrees with `bounds` to the last bit: the first estimate is set right against the edges.
    Raises InvalidTile (zoom), InvalidCoordinate (missing or out of range), UnevenLists.
    """
    _check_zoom(zoom)
    lon, lat = _pair(lon, lat)
    count = 1 << zoom
    phi = np.radians(np.clip(lat, -_MERCATOR_END, _MERCATOR_END))
    x = _inside(np.floor((lon + 180) / 360 * count), count)
    y = _inside(np.floor((1 - np.arcsinh(np.tan(phi)) / np.pi) / 2 * count), count)
    x = x - (lon < _west(x, zoom)) + (lon >= _west(x + 1, zoom))
    y = y - (lat > _north(y, zoom)) + (lat <= _north(y + 1, zoom))
    return _inside(x, count), _inside(y, count)


def bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """(west, south, east, north) of a tile, in degrees. Raises InvalidTile."""
    _check_tile(z, x, y)
    west, east = _west(np.array([x, x + 1]), z)
    north, south = _north(np.array([y, y + 1]), z)
    return float(west), float(south), float(east), float(north)


def quadkey(lon: ArrayLike, lat: ArrayLike, zoom: int = QUADKEY_ZOOM) -> IntArray:
    """The Morton number of each point's tile, 0 ≤ key < 4^zoom. Raises as `tile_of`."""
    x, y = tile_of(lon, lat, zoom)
    return _spread(x) | (_spread(y) << 1)


def quadkey_range(z: int, x: int, y: int, at_zoom: int = QUADKEY_ZOOM) -> tuple[int, int]:
    """Half-open range [low, high) of the quadkeys at `at_zoom` that lie in tile z/x/y.

    A tile finer than `at_zoom` gives the one key that contains it. Raises InvalidTile.
    """
    _check_tile(z, x, y)
    _check_zoom(at_zoom)
    key = int(_spread(np.asarray(x)) | (_spread(np.asarray(y)) << 1))
    if z > at_zoom:
        key >>= 2 * (z - at_zoom)
        return key, key + 1
    shift = 2 * (at_zoom - z)
    return key << shift, (key + 1) << shift


def _west(x: IntArray, zoom: int) -> FloatArray:
    """Western edge of column x. x / 2^zoom is exact, so a tile and its ancestors share edges."""
    return np.asarray(np.ldexp(x.astype(np.float64), -zoom) * 360 - 180)


def _north(y: IntArray, zoom: int) -> FloatArray:
    """Northern edge of row y."""
    down = np.ldexp(y.astype(np.float64), -zoom)
    return np.asarray(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * down)))))


def _inside(tile: NDArray[np.generic], count: int) -> IntArray:
    """The date line and the poles count to the outermost tiles."""
    return np.clip(tile.astype(np.int64), 0, count - 1)


def _spread(bits: ArrayLike) -> IntArray:
    """Every bit moved to twice its place, zeros between: the classic five steps of masks."""
    spread = np.asarray(bits, dtype=np.int64)
    for shift, mask in _MASKS:
        spread = (spread | (spread << shift)) & mask
    return spread


def _pair(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    east, north = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if east.shape != north.shape:
        raise UnevenLists(f"{east.shape} / {north.shape}")
    good = (np.abs(east) <= 180) & (np.abs(north) <= 90)
    if not good.all():
        bad = int(np.argmin(good))
        raise InvalidCoordinate(f"{east.ravel()[bad]}, {north.ravel()[bad]}")
    return east, north


def _check_zoom(zoom: int) -> None:
    if not 0 <= zoom <= MAX_ZOOM:
        raise InvalidTile(zoom)


def _check_tile(z: int, x: int, y: int) -> None:
    _check_zoom(z)
    if not (0 <= x < 1 << z and 0 <= y < 1 << z):
        raise InvalidTile(f"{z}/{x}/{y}")


_MERCATOR_END = 85.0511287798066  # degrees: where the square world ends
_MASKS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)
