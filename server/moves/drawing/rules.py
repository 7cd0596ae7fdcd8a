"""Pure: what somebody who draws begins with, and a drawing mended as was suggested."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo.repair import repair
from server.moves.redraw.rules import CellThen, Redrawn, VillageNow, next_sequence
from server.moves.rules import canonical


def ground_of(village: VillageNow) -> dict[str, Any]:
    """The village with its cells, ready for JSON."""
    cells = [
        {"code": c.code, "name": c.name, "groups": list(c.groups), "geometry": drawn(c.polygon)}
        for c in village.cells.values()
    ]
    return {
        "village": village.code,
        "name": village.name,
        "geometry": drawn(village.polygon),
        "stamp": stamp_of(village),
        "next": next_sequence(village.used),
        "cells": cells,
    }


def stamp_of(village: VillageNow) -> str:
    """Another one as soon as a boundary, a code, a name or a group of the village is another."""
    seen = [[c.code, c.name, c.groups, c.boundary_id] for c in village.cells.values()]
    return sha256(canonical([village.boundary_id, seen]).encode()).hexdigest()[:16]


def mended(village: VillageNow, then: Redrawn) -> list[dict[str, Any]]:
    """The cells as they would tile the village if every suggested repair (geo.repair) were carried
    out; present ones first, by code, then new ones as they were sent.
    """
    shapes = {code: cell.polygon for code, cell in then.cells.items() if cell.polygon is not None}
    fixed = repair(_whole(village, shapes), shapes)
    ordered = sorted(then.cells.values(), key=lambda cell: (cell.now is None, cell.code))
    return [_told(cell, fixed) for cell in ordered]


def neighbours(village: VillageNow, code: str) -> Sequence[str]:
    """Codes of the cells that share an edge with this one; all others where it was never drawn."""
    own = village.cells[code].polygon
    others = [cell for cell in village.cells.values() if cell.code != code]
    if own is None:
        return [cell.code for cell in others]
    beside = [cell for cell in others if cell.polygon is not None and _meets(own, cell.polygon)]
    return [cell.code for cell in beside]


def drawn(shape: BaseGeometry | None) -> dict[str, Any] | None:
    """As GeoJSON."""
    return None if shape is None else dict(json.loads(shapely.to_geojson(shape)))


def _whole(village: VillageNow, shapes: Mapping[str, BaseGeometry]) -> BaseGeometry:
    """The village's own boundary; where that is unknown, what its cells covered, as the check."""
    if village.polygon is not None:
        return village.polygon
    before = [cell.polygon for cell in village.cells.values() if cell.polygon is not None]
    return shapely.union_all(before or [one for one in shapes.values() if one.is_valid])


def _told(cell: CellThen, fixed: Mapping[str, BaseGeometry]) -> dict[str, Any]:
    return {
        "code": cell.code if cell.now else None,
        "name": cell.name,
        "groups": list(cell.groups),
        "geometry": drawn(fixed.get(cell.code)),
    }


def _meets(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Along an edge, not in a corner alone."""
    return bool(shapely.length(shapely.intersection(one, other)) > 0)
