"""A first division of a village into cells of a few hundred households, for a person to improve.

Exact: the cells share their edges and tile the village. Honest: whatever it had to do that a person
would not like (a cluster of houses or a villager group parted, a cell too small) is a concern, by
name and number. Deterministic: the same houses give the same cells, in whatever order they come.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from geo import plots
from geo.bisect import Land, divide, joined
from geo.cells import CellIndex
from geo.clusters import clustered
from geo.concerns import Concern, Kind, concerns_of
from geo.errors import UnevenLists, UnusableBounds, UnusableVillage
from geo.metres import factors, middle_of
from geo.plots import Plots

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Shapes = NDArray[np.object_]


class Houses:
    """Where households live: degrees WGS-84; how many at each point; villager group, 0 for none."""

    def __init__(
        self,
        lon: ArrayLike = (),
        lat: ArrayLike = (),
        *,
        weight: ArrayLike | None = None,
        group: ArrayLike | None = None,
    ) -> None:
        """Lists of one length. Raises UnevenLists."""
        self.at = np.column_stack([np.asarray(lon, float).ravel(), np.asarray(lat, float).ravel()])
        many = len(self.at)
        self.weight = np.ones(many, int) if weight is None else np.asarray(weight, np.int64)
        self.group = np.zeros(many, int) if group is None else np.asarray(group, np.int64)
        if not len(self.weight) == len(self.group) == many:
            raise UnevenLists(f"{many} / {len(self.weight)} / {len(self.group)}")

    def within(self, village: BaseGeometry) -> tuple["Houses", int]:
        """Those that the village covers, by where they are; and how many households it does not."""
        here = CellIndex([""], [village]).locate(*self.at.T) >= 0
        order = np.lexsort((self.weight, self.group, self.at[:, 1], self.at[:, 0]))
        kept = order[here[order] & (self.weight[order] > 0)]
        inside = Houses(*self.at[kept].T, weight=self.weight[kept], group=self.group[kept])
        return inside, int(self.weight[~here].sum())


@dataclass(frozen=True, slots=True)
class DraftCell:
    """One cell of a draft. `groups`: the villager groups that it should name."""

    number: int
    polygon: BaseGeometry
    households: int
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """Cells in reading order, numbered from 1, and what a person should know about them."""

    cells: tuple[DraftCell, ...]
    concerns: tuple[Concern, ...]


def draft(
    village: BaseGeometry,
    houses: Houses,
    *,
    low: int = 300,
    high: int = 500,
    lines: Sequence[BaseGeometry] = (),
    near_m: float = 50.0,
) -> Draft:
    """Divide `village` (Polygon or MultiPolygon, degrees) into cells of `low` to `high` households.

    Edges follow `lines` (roads, rivers, as lines or polygons) where that parts little else. Houses
    nearer than `near_m` metres to the next one form a cluster. Counts are those of the border rule
    (geo.cells) on the cells as they are returned. Bounds come first: where they and wholes cannot
    both be kept, a cluster or a group is parted, and said.

    Raises UnusableVillage, UnusableBounds.
    """
    _check(village, low, high)
    village = shapely.force_2d(village)
    known, outside = houses.within(village)
    parts = how_many(int(known.weight.sum()), low, high)
    shapes = _shapes(village, known, parts, low, high, lines, near_m)
    shapes = shapes[reading_order(shapes)]
    index = CellIndex([f"{number:06d}" for number in range(1, len(shapes) + 1)], list(shapes))
    cell = index.locate(*known.at.T)
    cluster = clustered(known.at * factors(middle_of(village)), near_m)
    cells = tuple(
        DraftCell(
            number + 1, shape, int(known.weight[cell == number].sum()), _groups(known, cell, number)
        )
        for number, shape in enumerate(shapes)
    )
    sizes = [each.households for each in cells]
    found = concerns_of(known.at, known.weight, known.group, cluster, cell, sizes, (low, high))
    found += [Concern(Kind.OUTSIDE, outside)] if outside else []
    found += [Concern(Kind.APART, each.households, (each.number,), geometry=each.polygon)
              for each in cells if shapely.get_num_geometries(each.polygon) > 1]  # fmt: skip
    return Draft(cells, tuple(found))


def reading_order(polygons: Sequence[BaseGeometry] | Shapes) -> list[int]:
    """How cells are numbered: in rows from north to south, in each row from west to east.

    THE RULE: of those left, the one whose centroid is northernmost opens a row; to it belong all
    whose centroid is less than half the mean height of all polygons (of their bounding boxes)
    farther south. Equal centroids: as given.
    """
    shapes = np.array([*polygons, None], dtype=object)[:-1]
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    bounds = shapely.bounds(shapes)
    row_height = float(np.mean(bounds[:, 3] - bounds[:, 1])) / 2 if len(shapes) else 0.0
    left = sorted(range(len(shapes)), key=lambda at: -middles[at, 1])
    order: list[int] = []
    while left:
        floor = middles[left[0], 1] - row_height
        row = [left[0], *(at for at in left[1:] if middles[at, 1] > floor)]
        order += sorted(row, key=lambda at: (middles[at, 0], -middles[at, 1], at))
        left = [at for at in left if at not in row]
    return order


def _check(village: BaseGeometry, low: int, high: int) -> None:
    if not 1 <= low <= high:
        raise UnusableBounds(f"{low}–{high}")
    areal = village.geom_type in ("Polygon", "MultiPolygon")
    if not areal or village.is_empty or not village.is_valid:
        raise UnusableVillage(shapely.is_valid_reason(village))


def how_many(total: int, low: int, high: int) -> int:
    """How many cells: as many as come nearest to the middle of the bounds; if none fits them all,
    the number that misses them least."""
    fewest, most = -(-total // high), total // low
    if most < 1:
        return 1
    if fewest > most:
        return fewest if low * fewest / total < total / most / high else most
    middle = (low + high) / 2
    return min(range(fewest, most + 1), key=lambda parts: abs(total / parts - middle))


def _shapes(
    village: BaseGeometry,
    houses: Houses,
    parts: int,
    low: int,
    high: int,
    lines: Sequence[BaseGeometry],
    near_m: float,
) -> Shapes:
    if parts == 1:
        return np.array([village, None], dtype=object)[:-1]
    sites, site = np.unique(np.round(houses.at, _SITE_DIGITS), axis=0, return_inverse=True)
    cut = plots.cut(village, sites, lines)
    home = _homes(cut)
    number, plot = np.unique(home[cut.plot_of_site[site.ravel()]], return_inverse=True)
    ranks = np.searchsorted(number, home)
    land = _land(houses, plot, ranks, cut, factors(middle_of(village)), near_m)
    label = _tidied(land, divide(land, parts, low, high), low, high)
    return _drawn(cut, label[ranks], houses.at)


def _homes(cut: Plots) -> IntArray:
    """For each plot the plot with a house that it goes with; land without houses joins the one
    beside it with the longest edge, those along given lines counting less."""
    home = np.full(len(cut.shapes), -1, dtype=np.int64)
    inhabited = np.unique(cut.plot_of_site)
    home[inhabited] = inhabited
    edge = cut.borders
    first, second = np.r_[edge.first, edge.second], np.r_[edge.second, edge.first]
    length = np.tile(edge.metres * np.where(edge.along, _ALONG, 1.0), 2)
    while (ready := np.flatnonzero((home[first] < 0) & (home[second] >= 0))).size:
        ready = ready[np.lexsort((home[second[ready]], length[ready]))]
        home[first[ready]] = home[second[ready]]  # the last one written has the longest edge
    lost = np.flatnonzero(home < 0)  # an island
    near = shapely.STRtree(cut.shapes[inhabited]).query_nearest(cut.shapes[lost], all_matches=False)
    home[lost[near[0]]] = inhabited[near[1]]
    return home


def _land(
    houses: Houses, plot: IntArray, ranks: IntArray, cut: Plots, scale: FloatArray, near_m: float
) -> Land:
    many = int(plot.max()) + 1
    weight = np.bincount(plot, weights=houses.weight, minlength=many).astype(np.float64)
    metres = (houses.at - houses.at.mean(axis=0)) * scale
    at = np.column_stack(
        [np.bincount(plot, weights=houses.weight * axis) / weight for axis in metres.T]
    )
    edges = np.column_stack([ranks[cut.borders.first], ranks[cut.borders.second]])
    apart = np.maximum(np.hypot(*(at[edges[:, 0]] - at[edges[:, 1]]).T), _NEXT_DOOR)
    price = cut.borders.metres * np.where(cut.borders.along, _ALONG, 1 + near_m / apart)
    cluster = clustered(metres, near_m)
    grouped = houses.group > 0
    groups = np.column_stack([plot[grouped], houses.group[grouped]])
    clusters = np.column_stack([plot, cluster])
    clusters[:, 1] += groups[:, 1].max(initial=0) + 1
    members = np.concatenate([groups, clusters])
    units = (
        *(joined(many, each[:, 0], each[:, 1]) for each in (members, groups, clusters)),
        np.arange(many),
    )
    wholes = np.zeros(members[:, 1].max() + 1)
    return Land(at, weight, edges, price, np.unique(members, axis=0), wholes, units)


def _tidied(land: Land, label: IntArray, low: int, high: int) -> IntArray:
    """Pieces apart from the rest of their cell go to a neighbour, where the counts allow it."""
    size = np.bincount(label, weights=land.weight)
    same = label[land.edges[:, 0]] == label[land.edges[:, 1]]
    inner = land.edges[same]
    piece = joined(len(label), inner.ravel(), np.repeat(np.arange(len(inner)), 2))
    heavy = np.bincount(piece, weights=land.weight, minlength=len(label))
    for one in np.unique(piece):
        mine = label[one]
        if heavy[one] == heavy[np.unique(piece[label == mine])].max():
            continue
        beside = np.r_[land.edges, land.edges[:, ::-1]]
        beside_price = np.tile(land.price, 2)
        here = (piece[beside[:, 0]] == one) & (label[beside[:, 1]] != mine)
        length = np.bincount(label[beside[here, 1]], beside_price[here], len(size))
        length[size + heavy[one] > high] = 0
        if length.any() and size[mine] - heavy[one] >= low:
            to = int(length.argmax())
            size[mine], size[to] = size[mine] - heavy[one], size[to] + heavy[one]
            label = np.where(piece == one, to, label)
    return label


def _drawn(cut: Plots, label: IntArray, at: FloatArray) -> Shapes:
    """Plots joined to cells, their inner edges smoothed as far as no house changes its cell.

    Smoothed block by block: what runs along a given line, or the village's boundary, stays.
    """
    keys, key = np.unique(np.column_stack([label, cut.block]), axis=0, return_inverse=True)
    pieces = np.array(
        [shapely.union_all(cut.shapes[key.ravel() == k]) for k in range(len(keys))] + [None],
        dtype=object,
    )[:-1]
    rough = _joined_cells(keys[:, 0], pieces)
    codes = [f"{number:06d}" for number in range(len(rough))]
    before = CellIndex(codes, list(rough)).locate(*at.T)
    for tolerance in _SMOOTHING:
        smooth = pieces.copy()
        for block in np.unique(cut.block):
            of = keys[:, 1] == block
            smooth[of] = shapely.coverage_simplify(pieces[of], tolerance, simplify_boundary=False)
        if not (shapely.is_valid(smooth) & ~shapely.is_empty(smooth)).all():
            continue
        cells = _joined_cells(keys[:, 0], smooth)
        if (CellIndex(codes, list(cells)).locate(*at.T) == before).all():
            return cells
    return rough


def _joined_cells(label: IntArray, pieces: Shapes) -> Shapes:
    cells = [shapely.union_all(pieces[label == each]) for each in np.unique(label)]
    return np.array([*cells, None], dtype=object)[:-1]


def _groups(houses: Houses, cell: IntArray, number: int) -> tuple[int, ...]:
    """Groups of which a cell has at least a tenth: less is a house that was written down wrongly.

    A group of two cells is named by both, so that a household without a point is put into neither.
    """
    every = np.bincount(houses.group, weights=houses.weight)
    here = np.bincount(houses.group, weights=houses.weight * (cell == number), minlength=len(every))
    return tuple(int(g) for g in np.flatnonzero((here > 0) & (here >= every / 10)) if g)


_SITE_DIGITS = 7  # of a degree: houses a centimetre apart are one site
_NEXT_DOOR = 5.0  # metres: nearer houses are no dearer to part
_ALONG = 0.25  # what an edge along a road or a river costs, against one through the fields
_SMOOTHING = (3e-4, 1e-4, 3e-5)  # degrees: bends of about 30, 10 and 3 metres
