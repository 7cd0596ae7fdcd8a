"""How boundaries that do not tile their village could be mended: a suggestion, never done unasked.

THE RULES. Land claimed twice goes to the claimant that it is joined to along the longer edge; land
of nobody to the neighbour with the longest shared edge; of equals, to the lower cell code. What
lies outside the village is clipped. A shape that crosses itself is made valid, keeping the area
that its rings enclose. A sliver is overlap, gap or outside that is narrow: the same rules snap it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.metres import factors
from geo.plots import edges_of, inner_points

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Shapes = NDArray[np.object_]


class Action(StrEnum):
    """What to do about one finding."""

    GIVE = "give"  # this land to cell `to`, and to no other
    CLIP = "clip"  # this land away
    REPLACE = "replace"  # the whole shape by this one
    DRAW = "draw"  # by hand: nothing can be suggested


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A repair as words and as geometry: the land that changes hands, or the shape made valid."""

    action: Action
    geometry: BaseGeometry | None = None
    to: str | None = None

    @property
    def message(self) -> str:
        """For a person: Chinese, then English."""
        return _MESSAGES[self.action].format(to=self.to)

    def as_properties(self) -> dict[str, Any]:
        """As a member of a Feature's properties."""
        shape = None if self.geometry is None else json.loads(shapely.to_geojson(self.geometry))
        return {
            "action": self.action.value,
            "to": self.to,
            "geometry": shape,
            "message": self.message,
        }


BY_HAND = Suggestion(Action.DRAW)


def made_valid(shape: BaseGeometry) -> Suggestion:
    """The shape with its crossings resolved; by hand where no area is left, or it is nowhere."""
    mended = _mended(shape)
    return Suggestion(Action.REPLACE, mended) if mended else BY_HAND


def owners(
    shapes: Shapes, pieces: Sequence[BaseGeometry], candidates: Sequence[IntArray]
) -> list[int]:
    """For each piece which of its candidate shapes should have it, by the rules above.

    A candidate either has the piece within (land claimed twice) or lies beside it (land of nobody).
    Where it has it, it goes on beyond those edges of the piece that are not its own. Of equals
    (within a millimetre) the first; where none shares an edge with the piece, the nearest.
    """
    ends, piece = edges_of(np.array([*pieces, None], dtype=object)[:-1])
    if not len(pieces):
        return []
    scale = factors(float(ends[:, [1, 3]].mean()))
    metres = np.hypot(*((ends[:, :2] - ends[:, 2:]) * scale).T)
    whole = np.bincount(piece, weights=metres, minlength=len(pieces))
    own = _own_edges(shapes, ends, piece, metres, len(pieces))
    inner = inner_points(np.array([*pieces, None], dtype=object)[:-1])
    chosen = []
    for number, among in enumerate(candidates):
        drawn = own[number, among]
        within = shapely.intersects(shapes[among], inner[number])
        shared = np.where(within, whole[number] - drawn, drawn)
        best = int(np.argmax(shared > shared.max() - _EQUAL_M))
        if shared.max() < _EQUAL_M and not within.any():
            best = int(np.argmin(shapely.distance(shapes[among], pieces[number])))
        chosen.append(int(among[best]))
    return chosen


def _own_edges(
    shapes: Shapes, ends: FloatArray, piece: IntArray, metres: FloatArray, many: int
) -> FloatArray:
    """For each of `many` pieces and each shape: metres of the piece's edge that the shape drew."""
    drawn, owner = edges_of(shapes)
    tree = shapely.STRtree(np.asarray(shapely.linestrings(drawn.reshape(-1, 2, 2))))
    middles = shapely.points((ends[:, :2] + ends[:, 2:]) / 2)
    edge, segment = tree.query(middles, predicate="dwithin", distance=_HAIR)
    pairs = np.unique(np.column_stack([edge, owner[segment]]), axis=0)
    own = np.zeros((many, len(shapes)))
    np.add.at(own, (piece[pairs[:, 0]], pairs[:, 1]), metres[pairs[:, 0]])
    return own


def repair(village: BaseGeometry, cells: Mapping[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """All suggestions carried out: cells that tile the village exactly, edges shared.

    Cells of which nothing is left (empty, beyond mending, another's twin) are not in the answer.
    Raises nothing for what a person may have drawn; an unusable village gives no cells.
    """
    usable = {code: shape for code, drawn in sorted(cells.items()) if (shape := _mended(drawn))}
    whole = _mended(village)
    if whole is None or not usable:
        return {}
    codes, shapes = list(usable), np.array([*usable.values(), None], dtype=object)[:-1]
    faces = _faces(whole, shapes)
    at = inner_points(faces)
    shapely.prepare(shapes)
    claims = shapely.intersects(shapes[:, None], at[None, :])
    owned: dict[str, list[BaseGeometry]] = {code: [] for code in codes}
    for number in np.flatnonzero(claims.sum(axis=0) == 1):
        owned[codes[int(claims[:, number].argmax())]].append(faces[number])
    found = list(_pieces(faces, claims))
    everybody = np.arange(len(codes))
    candidates = [who if len(who) else everybody for who, _ in found]
    given = owners(shapes, [piece for _, piece in found], candidates)
    for to, (_, piece) in zip(given, found, strict=True):
        owned[codes[to]].append(piece)
    return {code: shapely.union_all(mine) for code, mine in owned.items() if mine}


def _faces(village: BaseGeometry, shapes: Shapes) -> Shapes:
    """The village cut along every edge that somebody drew."""
    edges = [shapely.boundary(village), *shapely.boundary(shapes)]
    found = np.asarray(shapely.get_parts(shapely.polygonize([shapely.union_all(edges)])))
    return found[shapely.intersects(village, inner_points(found))]


def _pieces(faces: Shapes, claims: NDArray[np.bool_]) -> Iterator[tuple[IntArray, BaseGeometry]]:
    """What is claimed by several or by none, and by whom; one piece while that is the same."""
    for claimed in np.unique(claims[:, claims.sum(axis=0) != 1], axis=1).T:
        same = (claims == claimed[:, None]).all(axis=0)
        for piece in shapely.get_parts(shapely.union_all(faces[same])):
            yield np.flatnonzero(claimed), piece


def _mended(shape: BaseGeometry) -> BaseGeometry | None:
    """The shape if it is a valid area; its area made valid if that can be; else None."""
    shape = shapely.force_2d(shape)
    if not (np.abs(shapely.get_coordinates(shape)) <= (180, 90)).all():
        return None
    areal = shape.geom_type in ("Polygon", "MultiPolygon")
    if areal and shape.is_valid:
        return None if shape.is_empty else shape
    if not areal:
        return None
    made = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    parts = [part for part in shapely.get_parts(made) if part.geom_type == "Polygon"]
    parts = [part for each in parts for part in shapely.get_parts(each) if not part.is_empty]
    return shapely.union_all(parts) if parts else None


_HAIR = 1e-8  # degrees, about a millimetre: an overlay may move a corner by its last bits
_EQUAL_M = 1e-3
_MESSAGES = {
    Action.GIVE: "建议划归网格 {to}。 Suggested: give it to cell {to}.",
    Action.CLIP: "建议裁去。 Suggested: clip it.",
    Action.REPLACE: "建议改用修正后的图形。 Suggested: replace it by the shape made valid.",
    Action.DRAW: "请人工重新绘制。 Draw it again by hand.",
}
