"""Pure: from a drawing of a draft to a redraw plan, and what may be asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geo.draft import Draft, DraftCell, Houses, draft, how_many
from server.moves.errors import BadPlan
from server.moves.redraw.rules import CellNow, VillageNow
from server.sheets.positions import has_more_than

LOW, HIGH = 300, 500  # households in a cell, where nobody says otherwise
NEAR_M = 50.0  # houses nearer than this to the next one are a cluster
MAX_HOUSEHOLDS = 10_000
MAX_CELLS = 200  # as a redraw takes them
MAX_VERTICES = 50_000  # of village and lines
MAX_CROSSINGS = 20_000  # of lines: where they cross, blocks begin


@dataclass(frozen=True, slots=True)
class Asked:
    """How to divide: bounds of a cell in households, lines to follow, how near makes a cluster."""

    low: int = LOW
    high: int = HIGH
    lines: tuple[BaseGeometry, ...] = ()
    near_m: float = NEAR_M


@dataclass(frozen=True, slots=True)
class Ground:
    """A village as it is, with its shape, and where its households are.

    `without_point`: households that nobody can draw a line around. `unseen`: groups that only such
    households name.
    """

    village: VillageNow
    shape: BaseGeometry
    houses: Houses
    without_point: int
    unseen: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft of one village. By number: `codes`, the present cell that a cell continues; `groups`,
    the villager groups that it names.
    """

    village: VillageNow
    draft: Draft
    codes: Mapping[int, str]
    groups: Mapping[int, Sequence[int]]
    warnings: Sequence[Mapping[str, str]]

    @property
    def plan(self) -> dict[str, Any]:
        """The redraw plan that a preview takes. Present cells that nothing continues are ended."""
        kept = set(self.codes.values())
        return {
            "kind": "redraw",
            "village": self.village.code,
            "cells": [self._cell(cell) for cell in self.draft.cells],
            "ended": sorted(set(self.village.cells) - kept),
        }

    def as_geojson(self) -> dict[str, Any]:
        """The cells for a map: number, code where a present cell continues, households, groups."""
        return {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": _geojson(cell.polygon),
                    "properties": {
                        "village": self.village.code,
                        "number": cell.number,
                        "code": self.codes.get(cell.number),
                        "households": cell.households,
                        "groups": list(self.groups[cell.number]),
                    },
                }
                for cell in self.draft.cells
            ],
        }

    def concerns_as_geojson(self) -> dict[str, Any]:
        """What the draft parted or missed, where it is."""
        features = [concern.as_geojson() for concern in self.draft.concerns]
        return {"type": "FeatureCollection", "features": features}

    def _cell(self, cell: DraftCell) -> dict[str, Any]:
        code = self.codes.get(cell.number)
        groups = list(self.groups[cell.number])
        named = {"groups": groups, "geometry": _geojson(cell.polygon)}
        return {"code": code, **named} if code else named


def divide(ground: Ground, asked: Asked) -> Drafted:
    """Draft the cells of a village.

    Raises BadPlan where more is asked than a redraw takes; UnusableVillage, UnusableBounds.
    """
    _check(ground, asked)
    drawn = draft(
        ground.shape,
        ground.houses,
        low=asked.low,
        high=asked.high,
        lines=asked.lines,
        near_m=asked.near_m,
    )
    present = list(ground.village.cells.values())
    codes, groups = continued(drawn.cells, present), named(drawn.cells, present)
    warnings = _warnings(ground, asked, drawn, codes, groups)
    return Drafted(ground.village, drawn, codes, groups, list(warnings))


def continued(cells: Sequence[DraftCell], present: Sequence[CellNow]) -> Mapping[int, str]:
    """Number → code of the present cell that a drafted one continues: the pair with most land in
    common first, where that is more than half of either; so workers keep what they know.
    """
    pairs = []
    for cell in cells:
        for now in present:
            if now.polygon is None:
                continue
            common = shapely.intersection(cell.polygon, now.polygon).area
            if common > min(cell.polygon.area, now.polygon.area) / 2:
                pairs.append((-common, cell.number, now.code))
    codes: dict[int, str] = {}
    for _, number, code in sorted(pairs):
        if number not in codes and code not in codes.values():
            codes[number] = code
    return codes


def named(cells: Sequence[DraftCell], present: Sequence[CellNow]) -> Mapping[int, Sequence[int]]:
    """Number → groups that a cell names: those of its houses; and those that a present cell names
    and no house with a point does, where nearly all of that cell's land is in this one.
    """
    groups = {cell.number: set(cell.groups) for cell in cells}
    seen = set().union(*groups.values())
    for now in present:
        if now.polygon is None:
            continue
        for cell in cells:
            common = shapely.intersection(cell.polygon, now.polygon).area
            if common > _NEARLY_ALL * now.polygon.area:
                groups[cell.number] |= set(now.groups) - seen
    return {number: sorted(of) for number, of in groups.items()}


def read_lines(sent: Any, field: str = "lines") -> tuple[BaseGeometry, ...]:
    """Lines and areas of a GeoJSON geometry, Feature or FeatureCollection; points are left out.

    Raises BadPlan naming the field.
    """
    try:
        sent_ones = list(_geometries(sent))
        if has_more_than(2 * MAX_VERTICES, sent_ones):  # their parts are counted too
            raise bad(field, _TOO_MANY)
        found = [shapely.force_2d(shape(geometry)) for geometry in sent_ones]
    except BadPlan:
        raise
    except Exception as error:  # shapely raises whatever its parts raise
        raise bad(field, "几何无法读取。 It is no GeoJSON.") from error
    lines = tuple(part for one in found for part in shapely.get_parts(one) if part.length)
    if not (np.abs(shapely.get_coordinates(lines)) <= (180, 90)).all():
        said = "经纬度超出范围，可能填反。 Degrees out of range; they may be swapped."
        raise bad(field, said)
    _check_lines(lines, field)
    return lines


def bad(field: str, said: str) -> BadPlan:
    """Named by its field for a program, and said for a person at a keyboard."""
    return BadPlan(said, errors={field: said})


_TOO_MANY = f"顶点过多。 Too many vertices: > {MAX_VERTICES}; clip to the village."


def _geometries(sent: Any) -> Iterator[Any]:
    if sent.get("type") == "FeatureCollection":
        for feature in sent["features"]:
            yield from _geometries(feature)
    elif sent.get("type") == "Feature":
        if sent["geometry"] is not None:
            yield sent["geometry"]
    else:
        yield sent


def _check_lines(lines: Sequence[BaseGeometry], field: str) -> None:
    """Lines that are not too many to be worked through, and no scribble."""
    vertices = int(shapely.get_num_coordinates(list(lines)).sum()) if lines else 0
    if vertices > MAX_VERTICES:
        said = f"顶点过多。 Too many vertices: {vertices} > {MAX_VERTICES}; clip to the village."
        raise bad(field, said)
    if _tangled(lines):
        said = f"线过密或交叉超过 {MAX_CROSSINGS} 次。 Lines cross too often; leave out small ones."
        raise bad(field, said)


def _tangled(lines: Sequence[BaseGeometry]) -> bool:
    """Whether the lines cross too often, or lie so close that it takes long to find out: a few of
    their segments at a time, and no longer than that takes."""
    corners, line = shapely.get_coordinates(list(lines), return_index=True)
    same = line[1:] == line[:-1]
    if not same.any():
        return False
    ends = np.stack([corners[:-1][same], corners[1:][same]], axis=1)
    segments = np.asarray(shapely.linestrings(ends))
    tree, crossings, pairs = shapely.STRtree(segments), 0, 0
    for some in np.array_split(segments, len(segments) ** 2 // _AT_ONCE + 1):
        pairs += tree.query(some).shape[1]
        if pairs > _MAX_PAIRS:
            return True
        crossings += tree.query(some, predicate="crosses").shape[1]
        if crossings > 2 * MAX_CROSSINGS:  # each is found from both of its lines
            return True
    return False


def _check(ground: Ground, asked: Asked) -> None:
    count = len(ground.houses.at) + ground.without_point
    if count > MAX_HOUSEHOLDS:
        said = f"住户超过 {MAX_HOUSEHOLDS} 户。 More than {MAX_HOUSEHOLDS} households."
        raise bad("village", said)
    houses = len(ground.houses.at)
    if asked.low <= asked.high and how_many(houses, asked.low, asked.high) > MAX_CELLS:
        said = f"网格将超过 {MAX_CELLS} 个。 That would be more than {MAX_CELLS} cells."
        raise bad("high", said)
    vertices = int(shapely.get_num_coordinates(ground.shape))
    if vertices > MAX_VERTICES:
        said = f"村界顶点过多。 Too many vertices: {vertices} > {MAX_VERTICES}."
        raise bad("village", said)


def _warnings(
    ground: Ground,
    asked: Asked,
    drawn: Draft,
    codes: Mapping[int, str],
    groups: Mapping[int, Sequence[int]],
) -> Iterator[Mapping[str, str]]:
    """What to know before the preview; each a slug and a text, as a preview has them."""
    for concern in drawn.concerns:
        yield {"slug": concern.kind.value.replace("_", "-"), "text": concern.message}
    if ground.without_point:
        yield {
            "slug": "without-point",
            "text": f"{ground.without_point} 户没有坐标，未计入户数。 "
            f"{ground.without_point} households have no point and are not counted.",
        }
    known = set(ground.unseen).union(*(cell.groups for cell in ground.village.cells.values()))
    if lost := known.difference(*groups.values()):
        numbers = [str(group) for group in sorted(lost)]
        yield {
            "slug": "group-unseen",
            "text": f"{'、'.join(numbers)} 组没有带坐标的住户，请在方案中写入所属网格。 "
            f"No household of groups {', '.join(numbers)} has a point: "
            f"name them in a cell of the plan.",
        }
    if asked.lines and not any(shapely.intersects(line, ground.shape) for line in asked.lines):
        text = "所给的线都不经过本村。 None of the lines crosses this village."
        yield {"slug": "lines-elsewhere", "text": text}
    gone = sorted(set(ground.village.cells) - set(codes.values()))
    if gone:
        text = f"现有网格将撤销：{'、'.join(gone)}。 Present cells would end: {', '.join(gone)}."
        yield {"slug": "cells-end", "text": text}


def _geojson(polygon: BaseGeometry) -> dict[str, Any]:
    geometry: dict[str, Any] = json.loads(shapely.to_geojson(polygon))
    return geometry


_AT_ONCE = 50_000  # pairs of segments
_MAX_PAIRS = 400_000  # of segments whose boxes meet; a map of roads has three or four for each
_NEARLY_ALL = 0.8
