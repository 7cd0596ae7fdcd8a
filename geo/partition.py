"""Do these cells tile their village: no overlap, no gap, nothing outside, beyond a tolerance."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.metres import area_m2, in_metres
from geo.repair import BY_HAND, Action, Suggestion, made_valid, owners

Shapes = NDArray[np.object_]
Piece = tuple["Kind", tuple[str, ...], BaseGeometry]


class Kind(StrEnum):
    """What is wrong, in the order in which a person should mend it."""

    TOO_MANY_VERTICES = "too_many_vertices"
    EMPTY = "empty"
    INVALID = "invalid"
    OVERLAP = "overlap"
    GAP = "gap"
    OUTSIDE = "outside"
    SLIVER = "sliver"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place to mend. `cells`: whose; none when it is the village's own boundary.

    `detail`: for a sliver what it would be if it were wider (overlap, gap, outside); for an
    invalid shape the reason; for too many vertices how many. `repair`: by the rules of geo.repair.
    """

    kind: Kind
    cells: tuple[str, ...]
    area_m2: float
    geometry: BaseGeometry
    detail: str = ""
    repair: Suggestion = BY_HAND

    def as_geojson(self) -> dict[str, Any]:
        """A GeoJSON Feature; its geometry is null where the shape cannot be drawn."""
        return {
            "type": "Feature",
            "geometry": _drawable(self.geometry),
            "properties": {
                "kind": self.kind.value,
                "cells": list(self.cells),
                "area_m2": round(self.area_m2, 2),
                "detail": self.detail,
                "message": _MESSAGES[self.kind],
                "repair": self.repair.as_properties(),
            },
        }


@dataclass(frozen=True, slots=True)
class Findings:
    """All that keeps the cells from tiling the village; nothing if they do."""

    found: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.found

    def as_geojson(self) -> dict[str, Any]:
        """A GeoJSON FeatureCollection, ready for a map."""
        return {"type": "FeatureCollection", "features": [each.as_geojson() for each in self.found]}


def check(
    village: BaseGeometry,
    cells: Mapping[str, BaseGeometry],
    *,
    tolerance_m2: float = 1.0,
    sliver_m: float = 1.0,
    max_vertices: int = 100_000,
) -> Findings:
    """Whether `cells` (code → Polygon or MultiPolygon, degrees WGS-84) tile `village`.

    Each connected piece of overlap (of two cells), gap, or part outside that is larger than
    `tolerance_m2` is a finding; one narrower on average than `sliver_m` metres is a sliver: edges
    drawn twice, to be snapped, not a quarrel about land. The cells of a gap are its neighbours.
    `max_vertices` bounds village and cells together, since the work grows with them.

    While a shape is empty, invalid or too large the tiling cannot be judged: then those findings
    alone are returned. Raises nothing for what a person may have drawn.
    """
    shapes = {code: shapely.force_2d(cells[code]) for code in sorted(cells)}
    village = shapely.force_2d(village)
    unusable = _too_large(village, shapes, max_vertices) or _unusable(village, shapes)
    if unusable:
        return Findings(unusable)
    codes, drawn = tuple(shapes), np.array([*shapes.values(), None], dtype=object)[:-1]
    pieces = [
        *_overlaps(codes, drawn),
        *_gaps(village, codes, drawn),
        *_outside(village, codes, drawn),
    ]
    found = sorted(_beyond(pieces, tolerance_m2, sliver_m), key=_by_urgency)
    return Findings(tuple(_with_repairs(found, codes, drawn)))


def _too_large(
    village: BaseGeometry, shapes: Mapping[str, BaseGeometry], limit: int
) -> tuple[Finding, ...]:
    """One finding, naming the largest shape; it is not drawn, since it would not be read either."""
    counts = {(): int(shapely.get_num_coordinates(village))} | {
        (code,): int(shapely.get_num_coordinates(shape)) for code, shape in shapes.items()
    }
    total = sum(counts.values())
    if total <= limit:
        return ()
    largest = max(counts, key=lambda cells: counts[cells])
    detail = f"{total} > {limit}"
    return (Finding(Kind.TOO_MANY_VERTICES, largest, 0.0, shapely.Polygon(), detail),)


def _unusable(village: BaseGeometry, shapes: Mapping[str, BaseGeometry]) -> tuple[Finding, ...]:
    """Shapes that no overlay can be made of, the village's own boundary first."""
    named = [((), village), *(((code,), shape) for code, shape in shapes.items())]
    faults = ((cells, shape, _fault(shape)) for cells, shape in named)
    return tuple(
        Finding(fault[0], cells, 0.0, shape, fault[1], made_valid(shape))
        for cells, shape, fault in faults
        if fault
    )


def _with_repairs(
    found: Sequence[Finding], codes: tuple[str, ...], shapes: Shapes
) -> Iterator[Finding]:
    numbers = {code: number for number, code in enumerate(codes)}
    open_ = [f for f in found if Kind.OUTSIDE not in (f.kind, f.detail) and f.cells]
    candidates = [np.array([numbers[code] for code in finding.cells]) for finding in open_]
    owner = iter(owners(shapes, [finding.geometry for finding in open_], candidates))
    for finding in found:
        if Kind.OUTSIDE in (finding.kind, finding.detail):
            yield replace(finding, repair=Suggestion(Action.CLIP, finding.geometry))
        elif finding.cells:
            to = codes[next(owner)]
            yield replace(finding, repair=Suggestion(Action.GIVE, finding.geometry, to))
        else:
            yield finding


def _fault(shape: BaseGeometry) -> tuple[Kind, str] | None:
    if shape.is_empty:
        return Kind.EMPTY, ""
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        return Kind.INVALID, f"{shape.geom_type} is not a polygon"
    # NaN fails the comparison too; 107 as a latitude means that the two were swapped.
    if not (np.abs(shapely.get_coordinates(shape)) <= (180, 90)).all():
        return Kind.INVALID, "Longitude or latitude out of range"
    if not shape.is_valid:
        return Kind.INVALID, str(shapely.is_valid_reason(shape))
    return None


def _overlaps(codes: tuple[str, ...], shapes: Shapes) -> Iterator[Piece]:
    """Pair by pair; land claimed by three cells is found once for each pair."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    shared = shapely.intersection(shapes[first], shapes[second])
    for one, other, piece in zip(first, second, shared, strict=True):
        yield Kind.OVERLAP, (codes[one], codes[other]), piece


def _gaps(village: BaseGeometry, codes: tuple[str, ...], shapes: Shapes) -> Iterator[Piece]:
    uncovered = shapely.difference(village, shapely.union_all(shapes))
    shapely.prepare(shapes)
    for piece in _areal_parts(uncovered):
        beside = shapely.dwithin(shapes, piece, _TOUCHING)
        yield Kind.GAP, tuple(np.array(codes, dtype=object)[beside]), piece


def _outside(village: BaseGeometry, codes: tuple[str, ...], shapes: Shapes) -> Iterator[Piece]:
    for code, piece in zip(codes, shapely.difference(shapes, village), strict=True):
        yield Kind.OUTSIDE, (code,), piece


def _beyond(pieces: Iterable[Piece], tolerance_m2: float, sliver_m: float) -> Iterator[Finding]:
    for kind, cells, shape in pieces:
        for part in _areal_parts(shape):
            area = area_m2(part)
            if area <= tolerance_m2:
                continue
            if _width_m(part) < sliver_m:
                yield Finding(Kind.SLIVER, cells, area, part, kind.value)
            else:
                yield Finding(kind, cells, area, part)


def _areal_parts(shape: BaseGeometry) -> Iterator[BaseGeometry]:
    """The connected polygons; the lines and points in which neighbours merely touch fall away."""
    return (part for part in shapely.get_parts(shape) if part.geom_type == "Polygon")


def _width_m(part: BaseGeometry) -> float:
    """Mean width: the width of a long strip with the same area and perimeter."""
    plane = in_metres(part)
    return float(2 * plane.area / plane.length)


def _drawable(shape: BaseGeometry) -> dict[str, Any] | None:
    """GeoJSON has no NaN and no use for an empty shape."""
    if shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all():
        return None
    geometry: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return geometry


def _by_urgency(finding: Finding) -> tuple[int, tuple[str, ...], float]:
    return list(Kind).index(finding.kind), finding.cells, -finding.area_m2


_TOUCHING = 1e-9  # degrees, a tenth of a millimetre: an overlay may move a corner by its last bits
_MESSAGES = {
    Kind.TOO_MANY_VERTICES: "顶点过多，请先简化边界。 "
    "Too many vertices: simplify the boundary first.",
    Kind.EMPTY: "边界为空，请重新绘制。 The boundary is empty: draw it again.",
    Kind.INVALID: "边界不合法（如自相交），请重新绘制。 "
    "The boundary is not valid (it may cross itself): draw it again.",
    Kind.OVERLAP: "两个网格重叠，请确定归属后改边界。 "
    "Two cells overlap: decide whose it is and move one edge.",
    Kind.GAP: "此处不属于任何网格，请划入相邻网格。 "
    "No cell covers this place: give it to a neighbouring cell.",
    Kind.OUTSIDE: "网格超出本村范围，请退回村界内。 "
    "The cell reaches beyond its village: draw it back to the village boundary.",
    Kind.SLIVER: "边界未对齐，请使相邻边重合。 The edges do not meet: snap one to the other.",
}
