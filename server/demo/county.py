"""Villages and cells drawn from a seed, tiling the real boundary of Tongjiang county exactly.

The county is woven into small faces on one precision grid. Townships, villages and cells are
connected groups of faces, each level inside the one above, so neighbours share their vertices
and nothing has to be cut twice. The areas and the county boundary are real, all lines inside
it are invented.
"""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import groupby
from math import hypot
from pathlib import Path
from random import Random
from typing import Any

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
FACE = 0.0057  # degrees of latitude between the centres of faces, about 630 m
SEAT = (107.245, 31.912)  # the county seat: built up, so its faces, villages and cells are smaller
SEAT_RADIUS = 0.045  # degrees of latitude
WIDTH = 0.848  # a degree of longitude in degrees of latitude, at 32 degrees north
ROUNDS = 8

_Faces = list[int]  # positions in _Mesh.faces
_Links = list[list[tuple[int, float]]]  # of each face: neighbour, distance


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
    weights: NDArray[np.float64]  # 1, less for splinters at the county's edge
    links: _Links  # neighbours across an edge, with distance
    parts: list[_Faces]  # faces of the mainland and of each exclave


def draw(seed: int = SEED) -> County:
    """Draw the county: 33 townships, 367 villages, 4 to 7 cells a village; WGS-84.

    The same seed gives the same bytes. Takes a few seconds.
    """
    rng = Random(seed)
    areas, boundary = read_areas(), read_boundary()
    mesh = _weave(boundary, rng)
    plan = {a.code: rng.choice((4, 4, 5, 5, 6, 7)) for a in areas if a.level == "village"}
    parts = _divide_county(mesh, plan, rng)
    names = {a.code: a.name for a in areas}
    county = County(boundary, areas, {}, [], {})
    for village, shares in parts.items():
        polygons = [_union(mesh.faces[faces]) for faces in shares]
        numbering = reading_order([(p.centroid.x, p.centroid.y) for p in polygons])
        county.group_counts[village], groups = _draw_groups(len(polygons), rng)
        county.village_shapes[village] = _union(polygons)
        for number, index in enumerate(numbering, start=1):
            code, name = f"{village}{number:03d}", f"{short_name(names[village])}第{number}网格"
            county.cells.append(CellShape(code, name, groups[number - 1], polygons[index]))
    return county


def read_areas() -> list[AreaRow]:
    """The official list, in its order: province, city, county, townships, villages."""
    with AREAS_CSV.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [AreaRow(r["code"], r["level"], r["name"], r["parent_code"] or None) for r in rows]


def read_boundary() -> MultiPolygon:
    """The real boundary of the county, WGS-84."""
    collection = json.loads(COUNTY_GEOJSON.read_text(encoding="utf-8"))
    parts = shapely.get_parts(shape(collection["features"][0]["geometry"]))
    return MultiPolygon(list(parts))


def write_cells_geojson(county: County, path: Path) -> None:
    """Write the cells as a FeatureCollection: code, name, groups "1,2,3", synthetic, label."""
    groups = {cell.code: ",".join(map(str, cell.groups)) for cell in county.cells}
    cells = ((c, {"code": c.code, "name": c.name, "groups": groups[c.code]}) for c in county.cells)
    _write_features(path, [(properties, cell.polygon) for cell, properties in cells])


def write_villages_geojson(county: County, path: Path) -> None:
    """Write the villages as a FeatureCollection: code, name, synthetic, label."""
    names = {a.code: a.name for a in county.areas}
    shapes = county.village_shapes.items()
    _write_features(path, [({"code": code, "name": names[code]}, p) for code, p in shapes])


def short_name(village: str) -> str:
    """城南村民委员会 -> 城南村, 城南社区居民委员会 -> 城南社区."""
    return village.removesuffix("居民委员会").removesuffix("民委员会")


def reading_order(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of points (lon, lat) in the order of a page: west to east, north to south.

    The points are cut by latitude into about sqrt(n) rows of near-equal count, and each row
    is read from the west.
    """
    southward = sorted(range(len(points)), key=lambda i: -points[i][1])
    rows = np.array_split(np.array(southward), max(1, round(len(points) ** 0.5)))
    return [i for row in rows for i in sorted(row.tolist(), key=lambda i: points[i][0])]


def _weave(boundary: MultiPolygon, rng: Random) -> _Mesh:
    """Cut the county into faces whose vertices all lie on the grid."""
    points = shapely.multipoints(_scatter(boundary, rng))
    lines = shapely.voronoi_polygons(points, extend_to=boundary, only_edges=True)
    noded = shapely.union(lines, boundary.boundary, grid_size=GRID)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    shapely.prepare(boundary)
    faces = found[shapely.contains(boundary, shapely.point_on_surface(found))]
    centres = shapely.get_coordinates(shapely.centroid(faces)) * (WIDTH, 1.0)
    order = np.lexsort(centres.T)  # the order of faces decides every later draw
    faces, centres, inner = faces[order], centres[order], shapely.point_on_surface(faces[order])
    parts = [np.flatnonzero(shapely.contains(p, inner)).tolist() for p in boundary.geoms]
    weights = np.minimum(1.0, shapely.area(faces) * WIDTH / (FACE / 2) ** 2)
    return _Mesh(faces, centres, weights, _link(faces, centres), parts)


def _scatter(boundary: MultiPolygon, rng: Random) -> NDArray[np.float64]:
    """Shaken grid points over the county and a little beyond, denser around the county seat."""
    reach = boundary.buffer(3 * FACE)
    west, south, east, north = reach.bounds
    points = []
    for step, dense in ((FACE, False), (FACE / 2, True)):
        for x in np.arange(west * WIDTH, east * WIDTH, step):
            for y in np.arange(south, north, step):
                px, py = (float(v) + step * rng.uniform(-0.42, 0.42) for v in (x, y))
                if dense == (hypot(px - SEAT[0] * WIDTH, py - SEAT[1]) < SEAT_RADIUS):
                    points.append((px / WIDTH, py))
    scattered = np.array(points)
    shapely.prepare(reach)
    kept: NDArray[np.float64] = scattered[shapely.contains_xy(reach, scattered)]
    return kept


def _link(faces: NDArray[np.object_], centres: NDArray[np.float64]) -> _Links:
    """Neighbours of each face: those with an edge in common, vertex for vertex."""
    rings, face_of = shapely.get_rings(faces, return_index=True)
    vertices, ring_of = shapely.get_coordinates(rings, return_index=True)
    ticks = np.rint(vertices / GRID).astype(np.int64)
    inside = ring_of[:-1] == ring_of[1:]
    start, end, owner = ticks[:-1][inside], ticks[1:][inside], face_of[ring_of[:-1][inside]]
    backward = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    edges = np.where(backward[:, None], np.hstack([end, start]), np.hstack([start, end]))
    order = np.lexsort(edges.T)
    edges, owner = edges[order], owner[order]
    twin = (edges[1:] == edges[:-1]).all(axis=1)
    pairs = np.unique(np.sort(np.column_stack([owner[:-1][twin], owner[1:][twin]])), axis=0)
    links: _Links = [[] for _ in faces]
    for a, b in pairs.tolist():
        distance = hypot(*(centres[a] - centres[b]).tolist())
        links[a].append((b, distance))
        links[b].append((a, distance))
    return links


def _divide_county(mesh: _Mesh, plan: dict[str, int], rng: Random) -> dict[str, list[_Faces]]:
    """Faces of each cell of each village; `plan` says how many cells a village has.

    An exclave of the county is a cell by itself and belongs to the nearest village.
    """
    mainland, *exclaves = sorted(mesh.parts, key=len, reverse=True)
    members = {t: list(villages) for t, villages in groupby(plan, key=lambda v: v[:9])}
    sizes = [sum(plan[v] for v in villages) for villages in members.values()]
    # The first township of the list is the street office, which lies at the county seat.
    seat = _nearest(mesh, mainland, np.array(SEAT) * (WIDTH, 1.0))
    land: dict[str, _Faces] = {}
    townships = _share(mesh, mainland, sizes, rng, pin=seat)
    for villages, faces in zip(members.values(), townships, strict=True):
        shares = _share(mesh, faces, [plan[v] for v in villages], rng)
        land.update(zip(villages, shares, strict=True))
    extra: dict[str, list[_Faces]] = {village: [] for village in plan}
    for exclave in exclaves:
        gaps = shapely.distance(mesh.faces, shapely.union_all(mesh.faces[exclave]))
        extra[min(land, key=lambda v: float(gaps[land[v]].min()))].append(exclave)
    ones = {village: [1] * (plan[village] - len(extra[village])) for village in plan}
    return {v: _share(mesh, faces, ones[v], rng) + extra[v] for v, faces in land.items()}


def _share(
    mesh: _Mesh, faces: _Faces, weights: list[int], rng: Random, pin: int | None = None
) -> list[_Faces]:
    """Divide connected faces into connected parts of about the given relative sizes.

    Every part grows from a seed at its own pace. After each round the seed moves to the middle
    of its part, and parts that stayed too small get a faster pace. The round whose worst part
    came nearest to its size counts. The face `pin` stays the seed of the first part.
    """
    wanted = np.array(weights) / sum(weights) * mesh.weights[faces].sum()
    paces, rounds = np.sqrt(wanted), []
    parts = [[face] for face in rng.sample([f for f in faces if f != pin], len(weights))]
    for _ in range(ROUNDS):
        seeds = [_nearest(mesh, part, mesh.centres[part].mean(axis=0)) for part in parts]
        if pin is not None:
            seeds[0] = pin
        parts = _grow(mesh, faces, seeds, paces.tolist())
        reached = np.array([mesh.weights[part].sum() for part in parts]) / wanted
        rounds.append((float(reached.min()), parts))
        paces /= np.clip(reached, 0.2, 5.0) ** 0.3
    return max(rounds, key=lambda result: result[0])[1]


def _grow(mesh: _Mesh, faces: _Faces, seeds: _Faces, paces: list[float]) -> list[_Faces]:
    """Let parts grow from distinct seeds like crystals, face to face: each stays connected."""
    free = set(faces)
    parts: list[_Faces] = [[] for _ in seeds]
    front = [(0.0, part, seed) for part, seed in enumerate(seeds)]
    while front:
        when, part, face = heappop(front)
        if face not in free:
            continue
        free.remove(face)
        parts[part].append(face)
        for other, distance in mesh.links[face]:
            if other in free:
                heappush(front, (when + distance / paces[part], part, other))
    return parts


def _nearest(mesh: _Mesh, faces: _Faces, point: NDArray[np.float64]) -> int:
    return faces[int(((mesh.centres[faces] - point) ** 2).sum(axis=1).argmin())]


def _union(polygons: Iterable[BaseGeometry]) -> Any:
    """Join neighbours; keeps every vertex, so that the result still fits its surroundings."""
    joined = shapely.normalize(shapely.coverage_union_all(list(polygons)))
    return shapely.orient_polygons(joined)


def _draw_groups(cells: int, rng: Random) -> tuple[int, list[tuple[int, ...]]]:
    """Number of villager groups of a village (8 to 24) and the groups of each of its cells.

    Groups are dealt in even runs, so that a cell names neighbours. In one village out of twelve
    the last one or two groups are forgotten, as happens in real lists.
    """
    count = rng.randint(max(8, 2 * cells), min(24, 4 * cells))
    forgotten = rng.randint(1, 2) if rng.random() < 1 / 12 else 0
    runs = np.array_split(np.arange(1, count - forgotten + 1), cells)
    return count, [tuple(run.tolist()) for run in runs]


def _write_features(path: Path, features: Iterable[tuple[dict[str, str], BaseGeometry]]) -> None:
    """One feature a line; coordinates are on the grid and need no rounding."""
    lines = []
    for properties, polygon in features:
        labelled = {**properties, "synthetic": True, "label": LABEL}
        feature = {"type": "Feature", "properties": labelled, "geometry": mapping(polygon)}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    text = ",\n".join(lines)
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{text}\n]}}\n', encoding="utf-8")
