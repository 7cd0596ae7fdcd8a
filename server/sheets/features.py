"""What the kinds of maps have in common: features, each a geometry with its properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from struct import unpack
from typing import Any, Final, NamedTuple

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from server.sheets.errors import BadSheet
from server.sheets.positions import has_more_than
from server.sheets.table import MAX_COLUMNS, Record, number_text, text_of

MAX_VERTICES: Final = 100_000  # of one feature; geo.partition takes as many for a whole village
LON, LAT = "经度 (geometry)", "纬度 (geometry)"  # the columns that a point is, by their titles
_POINT_WKB: Final = 21  # bytes


class Feature(NamedTuple):
    """One feature: its number from 1, its properties (None: it has none), its geometry.

    The geometry is as the file had it: GeoJSON's object, or WKB.
    """

    number: int
    properties: Mapping[str, Any] | None
    geometry: Any


def as_records(features: Iterable[Feature]) -> Iterator[Record]:
    """Features as lines of a list, the point as two more columns; the last record is the header.

    GeoJSON knows all its columns only at its end: the caller moves the header (line 0) to the top.
    """
    titles: dict[str, None] = {}
    number = 0
    for number, properties, geometry in features:
        known = properties or {}
        titles |= dict.fromkeys(known)
        if len(titles) > MAX_COLUMNS:
            raise BadSheet(f"属性超过 {MAX_COLUMNS} 个。 More than {MAX_COLUMNS} properties.")
        rest = [text_of(known.get(title)) for title in titles]
        yield Record(number, [*point_of(geometry), *rest])
    if not number:
        raise BadSheet("文件是空的，没有要素。 The file is empty: it has no features.")
    yield Record(0, [LON, LAT, *titles])


def point_of(geometry: Any) -> tuple[str, str]:
    """Longitude and latitude of a point as texts; ("", "") for none.

    Of anything but one point the longitude is its name, which a list then refuses as no number.
    """
    if geometry is None:
        return "", ""
    if isinstance(geometry, bytes):
        return _point_of_wkb(geometry)
    kind = geometry.get("type") if isinstance(geometry, dict) else "?"
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "MultiPoint" and isinstance(coordinates, list) and len(coordinates) == 1:
        kind, coordinates = "Point", coordinates[0]
    if kind != "Point" or not isinstance(coordinates, list):
        return str(kind)[:40], ""
    if not coordinates:
        return "", ""
    lon, lat = (*map(text_of, coordinates[:2]), "")[:2]
    return lon, lat


def _point_of_wkb(wkb: bytes) -> tuple[str, str]:
    order = "<" if wkb[:1] == b"\x01" else ">"
    if len(wkb) == _POINT_WKB and unpack(f"{order}I", wkb[1:5])[0] == 1:
        lon, lat = unpack(f"{order}2d", wkb[5:_POINT_WKB])
        return number_text(lon), number_text(lat)
    several = shapely.from_wkb(wkb)
    if several.geom_type == "MultiPoint" and shapely.get_num_geometries(several) == 1:
        lon, lat = shapely.get_coordinates(several)[0].tolist()
        return number_text(lon), number_text(lat)
    return ("", "") if several.is_empty else (several.geom_type, "")


class Unreadable(ValueError):
    """A geometry that is none, with what is wrong about it."""


def shape_of(geometry: Any) -> BaseGeometry:
    """A feature's geometry in two dimensions. Raises Unreadable."""
    try:
        if isinstance(geometry, bytes):
            found = shapely.from_wkb(geometry)
        else:
            if has_more_than(2 * MAX_VERTICES, geometry):  # its parts are counted too
                raise _too_many()
            found = shape(geometry)
        if shapely.get_num_coordinates(found) > MAX_VERTICES:
            raise _too_many()
        return shapely.force_2d(found)
    except Unreadable:
        raise
    except Exception as error:  # shapely raises whatever its parts raise
        raise Unreadable(f"几何无法读取。 its geometry cannot be read: {error}"[:200]) from error


def _too_many() -> Unreadable:
    return Unreadable(
        f"顶点超过 {MAX_VERTICES} 个，请先简化。 "
        f"it has more than {MAX_VERTICES} vertices: simplify it first"
    )
