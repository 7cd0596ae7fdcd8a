"""Vector tiles as QGIS would read them: by GDAL, in degrees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from geo.tiles import bounds, tile_of
from tests.smallcounty import SOUTH, WEST, Desk

# The small county in degrees, and the strip of it in which its households live.
COUNTY = (WEST["A1"], SOUTH, WEST["B1"] + 0.1, SOUTH + 0.1)
STRIP = (WEST["A1"], SOUTH + 0.049, WEST["B1"] + 0.1, SOUTH + 0.051)


@dataclass(frozen=True)
class Feature:
    """One feature: what it says, and its shape in degrees."""

    columns: dict[str, Any]
    shape: BaseGeometry

    def __getitem__(self, column: str) -> Any:
        return self.columns[column]


def tiles_of(
    zoom: int, within: tuple[float, float, float, float] = COUNTY
) -> Iterator[tuple[int, int, int]]:
    """Every tile that the small county, or a box in degrees, touches."""
    west, south, east, north = within
    xs, ys = tile_of([west, east], [north, south], zoom)
    for x in range(int(xs[0]), int(xs[1]) + 1):
        for y in range(int(ys[0]), int(ys[1]) + 1):
            yield zoom, x, y


def ask(desk: Desk, layer: str, tile: tuple[int, int, int], **sent: Any) -> Any:
    """The whole answer to one tile."""
    z, x, y = tile
    return desk.call("GET", f"/tiles/{layer}/{z}/{x}/{y}.mvt", **sent)


def read(desk: Desk, layer: str, tile: tuple[int, int, int], **query: Any) -> list[Feature]:
    """The features of one tile."""
    answer = ask(desk, layer, tile, query_string=query)
    assert answer.status_code in {200, 204}, answer.text
    found = decode(answer.data, layer, tile) if answer.status_code == 200 else []
    assert int(answer.headers["Wangge-Features"]) == len(found)
    return found


def read_all(desk: Desk, layer: str, zoom: int, **query: Any) -> list[Feature]:
    """The features of every tile of the small county; points, of the strip where they are."""
    within = STRIP if layer in {"households", "disputes"} else COUNTY
    return [one for tile in tiles_of(zoom, within) for one in read(desk, layer, tile, **query)]


def decode(mvt: bytes, layer: str, tile: tuple[int, int, int]) -> list[Feature]:
    """What a tile holds; columns that a feature lacks are left out."""
    z, x, y = tile
    meta, _, shapes, values = pyogrio.raw.read(mvt, layer=layer, X=x, Y=y, Z=z, CLIP="NO")
    names = [name for name in meta["fields"] if name != "mvt_id"]
    columns = [column for name, column in zip(meta["fields"], values, strict=True) if name in names]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    said = [{k: v for k, v in row.items() if v is not None and v == v} for row in rows]
    flat = shapely.transform(shapely.from_wkb(shapes), _degrees)
    return [Feature(row, shape) for row, shape in zip(said, flat, strict=True)]


def _degrees(metres: Any) -> Any:
    radius = 6378137.0
    lon = np.degrees(metres[:, 0] / radius)
    lat = np.degrees(2 * np.arctan(np.exp(metres[:, 1] / radius)) - np.pi / 2)
    return np.column_stack([lon, lat])


def width(zoom: int) -> float:
    """Degrees of longitude from edge to edge of a tile."""
    west, _, east, _ = bounds(zoom, 0, 0)
    return east - west
