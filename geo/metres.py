"""Degrees to metres, near enough for a county: one local scale, east and north.

Lengths of a degree on the WGS-84 ellipsoid by the usual cosine series, good to a centimetre per
kilometre. What follows from using *one* scale for a whole shape: a length `d` degrees of latitude
away from where the scale was taken is wrong by tan(latitude) · d in its east part, 0.1 % at 10 km
from the middle at 32° N; an area, taken at the middle of its own shape, by the square of that.
"""

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

FloatArray = NDArray[np.float64]
Scale = tuple[FloatArray, FloatArray]


def scale_at(lat: ArrayLike) -> Scale:
    """Metres per degree (east, north) at latitudes in degrees; the shape of `lat`."""
    phi = np.radians(np.asarray(lat, dtype=np.float64))
    east = 111412.84 * np.cos(phi) - 93.5 * np.cos(3 * phi) + 0.118 * np.cos(5 * phi)
    north = 111132.92 - 559.82 * np.cos(2 * phi) + 1.175 * np.cos(4 * phi)
    return np.asarray(east), np.asarray(north)


def middle_of(shape: BaseGeometry) -> float:
    """The latitude halfway between a shape's southern and northern end."""
    _, south, _, north = shape.bounds
    return (south + north) / 2


def in_metres(shape: BaseGeometry) -> BaseGeometry:
    """The shape in metres from (0, 0), at the scale of its own middle. Shape must not be empty."""
    return shapely.transform(shape, lambda degrees: degrees * factors(middle_of(shape)))


def area_m2(shape: BaseGeometry) -> float:
    """Square metres; 0 for lines, points and what is empty."""
    return 0.0 if shape.is_empty else float(in_metres(shape).area)


def factors(lat: float) -> FloatArray:
    """The scale as one row of two, to multiply a list of (lon, lat) with."""
    return np.stack(scale_at(lat))
