"""The land around houses: a village cut into plots that share their edges to the last bit.

Lines (roads, rivers) cut the village into blocks; the land of a block belongs to the nearest site
(a Voronoi diagram, in metres). All edges are noded together, so that plots, and whatever is joined
of them, tile the village exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.metres import factors, middle_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Borders:
    """Who borders whom: plot, plot, metres of shared edge, whether along a given line."""

    first: IntArray
    second: IntArray
    metres: FloatArray
    along: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Plots:
    """Polygons in degrees that tile a village; `block` of each, `borders`, and who has each site.

    A plot has one site as a rule, several where they are too near to be told apart, or none: the
    far side of a bend, an island, a block without houses.
    """

    shapes: Shapes
    block: IntArray
    borders: Borders
    plot_of_site: IntArray


def cut(village: BaseGeometry, sites: FloatArray, lines: Sequence[BaseGeometry] = ()) -> Plots:
    """Cut a valid village (degrees) into plots around `sites`, distinct rows of (lon, lat).

    The order of sites and lines changes nothing in the shapes, nor in their order.
    """
    blocks = _blocks(village, lines)
    scale = factors(middle_of(village))
    nearest = _nearest(blocks, sites)
    edges = [
        _edges_between(block, sites[nearest == number], scale)
        for number, block in enumerate(blocks)
    ]
    faces = _faces(blocks, np.concatenate([shapely.boundary(blocks), *edges]))
    return Plots(*faces, _borders(*faces, scale), _nearest(faces[0], sites))


def inner_points(faces: Shapes) -> Shapes:
    """A point well inside each face: not in a spike without width, which touches the neighbours."""
    eroded = shapely.buffer(faces, -_HAIR, join_style="mitre")
    whole = np.where(shapely.is_empty(eroded), faces, eroded)
    return np.asarray(shapely.point_on_surface(whole))


def _blocks(village: BaseGeometry, lines: Sequence[BaseGeometry]) -> Shapes:
    """What lines make of a village; ends that lead nowhere part nothing, and fall away."""
    inside = shapely.intersection(
        [shapely.boundary(line) if line.area else line for line in lines],
        shapely.buffer(village, _HAIR),
    )
    if not len(inside):
        return _in_order(np.asarray(shapely.get_parts(village)))
    noded = shapely.union_all([shapely.boundary(village), *inside])
    found = np.asarray(shapely.get_parts(shapely.polygonize([noded])))
    within = shapely.intersects(village, inner_points(found))
    return _in_order(found[within])


def _edges_between(block: BaseGeometry, sites: FloatArray, scale: FloatArray) -> Shapes:
    """The edges between the sites of a block, a hair beyond it: what falls short closes nothing."""
    if len(sites) < 2:
        return np.empty(0, dtype=object)
    drawn = shapely.voronoi_polygons(
        shapely.multipoints(sites * scale),
        extend_to=shapely.transform(shapely.box(*block.bounds), lambda at: at * scale),
        only_edges=True,
    )
    edges = shapely.transform(drawn, lambda at: at / scale)
    return np.asarray(shapely.get_parts(shapely.intersection(edges, shapely.buffer(block, _HAIR))))


def _faces(blocks: Shapes, edges: Shapes) -> tuple[Shapes, IntArray]:
    found = np.asarray(shapely.get_parts(shapely.polygonize([shapely.union_all(edges)])))
    found = _in_order(found)
    face, block = shapely.STRtree(blocks).query(inner_points(found), predicate="intersects")
    of = np.full(len(found), -1, dtype=np.int64)
    of[face] = block
    return found[of >= 0], of[of >= 0]


def _borders(shapes: Shapes, block: IntArray, scale: FloatArray) -> Borders:
    """From segments that two plots have in common: exact, since all edges were noded together."""
    ends, owner = edges_of(shapes)
    order = np.lexsort(ends.T)
    ends, owner = ends[order], owner[order]
    twice = np.flatnonzero((ends[1:] == ends[:-1]).all(axis=1))
    pairs = np.sort(np.column_stack([owner[twice], owner[twice + 1]]), axis=1)
    metres = np.hypot(*((ends[twice, :2] - ends[twice, 2:]) * scale).T)
    unique, which = np.unique(pairs, axis=0, return_inverse=True)
    total = np.bincount(which.ravel(), weights=metres, minlength=len(unique))
    first, second = unique.reshape(-1, 2).T
    keep = first != second
    first, second = first[keep], second[keep]
    return Borders(first, second, total[keep], block[first] != block[second])


def edges_of(shapes: Shapes) -> tuple[FloatArray, IntArray]:
    """Every edge of polygons as a row (west end, east end), and the number of whose it is."""
    rings, plot = shapely.get_rings(shapes, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    one, other = corners[:-1], corners[1:]
    turned = (one[:, 0] > other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] > other[:, 1]))
    ends = np.where(turned[:, None], np.hstack([other, one]), np.hstack([one, other]))
    same = ring[1:] == ring[:-1]
    return ends[same], np.asarray(plot[ring[:-1][same]], dtype=np.int64)


def _nearest(shapes: Shapes, sites: FloatArray) -> IntArray:
    """For each site the shape that has it, the first of several; else the nearest."""
    site, shape = shapely.STRtree(shapes).query_nearest(shapely.points(sites), all_matches=True)
    found = np.full(len(sites), len(shapes), dtype=np.int64)
    np.minimum.at(found, site, shape)
    return found


def _in_order(shapes: Shapes) -> Shapes:
    """By where they lie, so that the same drawing gives the same order."""
    at = shapely.get_coordinates(shapely.point_on_surface(shapes))
    return shapes[np.lexsort((at[:, 1], at[:, 0]))]


_HAIR = 1e-8  # degrees, about a millimetre
