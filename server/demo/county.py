"""Villages and cells drawn from a seed, tiling the real boundary of Tongjiang county exactly.

The county is woven into small faces on one precision grid. Townships, villages and cells are
connected groups of faces, each level inside the one above, so neighbours share their vertices
and nothing has to be cut twice. The areas and the county boundary are real, all lines inside
it are invented.
"""

import csv
import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

AREAS_CSV = Path(__file__).parent / "data" / "tongjiang_areas.csv"
COUNTY_GEOJSON = Path(__file__).parent / "data" / "tongjiang_county.geojson"
SEED = 511921
LABEL = "示意（合成）边界 synthetic boundary"

GRID = 1e-7  # degrees, about 1 cm: every vertex of every polygon lies on it
FACE = 0.0053  # degrees of latitude between the centres of faces, about 590 m
SEAT = (107.245, 31.912)  # the county seat: built up, so its faces, villages and cells are smaller
SEAT_RADIUS = 0.045  # degrees of latitude
WIDTH = 0.848  # a degree of longitude in degrees of latitude, at 32 degrees north
SEAT_TOWNSHIP = "511921001"


@dataclass(frozen=True)
class AreaRow:
    """One line of the official list; `parent_code` is None for the province."""

    code: str
    level: str
    name: str
    parent_code: str | None


@dataclass(frozen=True)
class CellShape:
    """A cell: 15-digit code, name, the villager groups it covers, WGS-84 polygon."""

    code: str
    name: str
    groups: tuple[int, ...]
    polygon: Polygon


@dataclass(frozen=True)
class County:
    """The demo county. `group_counts` says how many groups each village has: 1..n.

    A few villages have a group that no cell names. A village that owns an exclave of the
    county is a MultiPolygon; every cell is one Polygon.
    """

    boundary: MultiPolygon
    areas: list[AreaRow]
    village_shapes: dict[str, Polygon | MultiPolygon]
    cells: list[CellShape]
    group_counts: dict[str, int]


@dataclass(frozen=True)
class _Mesh:
    faces: NDArray[np.object_]
    centres: NDArray[np.float64]  # x is scaled by WIDTH, so that distances are round
    links: list[list[tuple[int, float]]]  # neighbours across an edge, with distance


def draw(seed: int = SEED) -> County:
    """Draw the county: 33 townships, 367 villages, 4 to 7 cells a village; WGS-84.

    The same seed gives the same bytes. Takes a few seconds.
    """
    rng = random.Random(seed)
    areas, boundary = read_areas(), read_boundary()
    mesh = _weave(boundary, rng)
    plan = {a.code: rng.randint(4, 7) for a in areas if a.level == "village"}
    parts = _divide_county(mesh, plan, rng)
    names = {a.code: a.name for a in areas}
    county = County(boundary, areas, {}, [], {})
    for village, groups_of_faces in parts.items():
        polygons = [_union(mesh.faces[faces]) for faces in groups_of_faces]
        numbering = reading_order([(p.centroid.x, p.centroid.y) for p in polygons])
        county.group_counts[village], groups = _draw_groups(len(polygons), rng)
        county.village_shapes[village] = _union(polygons)
        for number, index in enumerate(numbering, start=1):
            name = f"{short_name(names[village])}第{number}网格"
            cell = f"{village}{number:03d}"
            county.cells.append(CellShape(cell, name, groups[number - 1], polygons[index]))
    return county


def read_areas() -> list[AreaRow]:
    """The official list, in its order: province, city, county, townships, villages."""
    with AREAS_CSV.open(encoding="utf-8", newline="") as lines:
        return [
            AreaRow(r["code"], r["level"], r["name"], r["parent_code"] or None)
            for r in csv.DictReader(lines)
        ]


def read_boundary() -> MultiPolygon:
    """The real boundary of the county, WGS-84."""
    collection = json.loads(COUNTY_GEOJSON.read_text(encoding="utf-8"))
    boundary = shape(collection["features"][0]["geometry"])
    assert isinstance(boundary, MultiPolygon)  # noqa: S101 - our own file, checked by the tests
    return boundary


def write_cells_geojson(county: County, path: Path) -> None:
    """Write the cells as a FeatureCollection: code, name, groups "1,2,3", synthetic, label."""
    _write_features(
        path,
        [
            ({"code": c.code, "name": c.name, "groups": ",".join(map(str, c.groups))}, c.polygon)
            for c in county.cells
        ],
    )


def write_villages_geojson(county: County, path: Path) -> None:
    """Write the villages as a FeatureCollection: code, name, synthetic, label."""
    names = {a.code: a.name for a in county.areas}
    shapes = county.village_shapes.items()
    _write_features(path, [({"code": code, "name": names[code]}, p) for code, p in shapes])


def short_name(village: str) -> str:
    """城南村民委员会 -> 城南村, 城南社区居民委员会 -> 城南社区."""
    if village.endswith("村民委员会"):
        return village.removesuffix("民委员会")
    return village.removesuffix("居民委员会")


def reading_order(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of points (lon, lat) in the order of a page: west to east, north to south.

    The points are cut by latitude into about sqrt(n) rows of near-equal count, and each row
    is read from the west.
    """
    southward = sorted(range(len(points)), key=lambda i: -points[i][1])
    rows = np.array_split(np.array(southward), max(1, round(len(points) ** 0.5)))
    return [i for row in rows for i in sorted(row.tolist(), key=lambda i: points[i][0])]


def _weave(boundary: MultiPolygon, rng: random.Random) -> _Mesh:
    """Cut the county into faces whose vertices all lie on the grid."""
    lines = shapely.voronoi_polygons(
        shapely.multipoints(_scatter(boundary, rng)), extend_to=boundary, only_edges=True
    )
    noded = shapely.union_all([lines, boundary.boundary], grid_size=GRID)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inner = shapely.point_on_surface(found)
    shapely.prepare(boundary)
    faces = found[shapely.contains(boundary, inner)]
    centres = shapely.get_coordinates(shapely.centroid(faces)) * (WIDTH, 1.0)
    return _Mesh(faces, centres, _link(faces, centres))


def _scatter(boundary: MultiPolygon, rng: random.Random) -> NDArray[np.float64]:
    """Shaken grid points over the county, denser around the county seat."""
    near_seat, points = shapely.Point(SEAT[0] * WIDTH, SEAT[1]).buffer(SEAT_RADIUS), []
    for step, dense in ((FACE, False), (FACE / 2, True)):
        west, south, east, north = boundary.buffer(3 * FACE).bounds
        for x in np.arange(west * WIDTH, east * WIDTH, step):
            for y in np.arange(south, north, step):
                px, py = (v + step * rng.uniform(-0.42, 0.42) for v in (x, y))
                if shapely.intersects_xy(near_seat, px, py) == dense:
                    points.append((px / WIDTH, py))
    return np.array(points)


def _link(faces: NDArray[np.object_], centres: NDArray[np.float64]) -> list[list[tuple[int, float]]]:
    """Neighbours of each face: those that share an edge, vertex for vertex."""
    owner_of: dict[tuple[bytes, bytes], int] = {}
    links: list[list[tuple[int, float]]] = [[] for _ in faces]
    pairs: dict[tuple[int, int], None] = {}  # a dict, because a set has no order
    coordinates, owners = shapely.get_coordinates(shapely.get_rings(faces), return_index=True)
    return links


def _divide_county(
    mesh: _Mesh, plan: Mapping[str, int], rng: random.Random
) -> dict[str, list[list[int]]]:
    """Faces of each cell of each village; `plan` says how many cells a village has.

    An exclave of the county is a cell by itself and belongs to the nearest village.
    """
