"""Pure: the boundaries of areas that are merged, split, or give a village away."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry

from server.moves.areas.rules.form import AreaNow, CellNow

Drawing = tuple[dict[UUID, BaseGeometry], list[tuple[str, str]]]


def unite(target: AreaNow, sources: Sequence[AreaNow]) -> Drawing:
    """The target with the sources in it; nothing, and said, unless all are drawn."""
    shapes = [one.polygon for one in (target, *sources) if one.polygon is not None]
    if len(shapes) <= len(sources):
        return {}, [("no-boundary", _NO_BOUNDARY)] if shapes else []
    union = _areal(shapely.union_all(shapes))
    parts = sum(len(_areal(shape).geoms) for shape in shapes)
    apart = len(union.geoms) > parts - len(sources)
    return {target.id: union}, [("not-adjacent", _APART)] if apart else []


def halve(
    village: AreaNow, new_id: UUID, staying: Sequence[CellNow], going: Sequence[CellNow]
) -> Drawing:
    """Both villages as the unions of their cells; nothing, and said, unless all are drawn."""
    shapes = {
        area: [cell.polygon for cell in cells if cell.polygon is not None]
        for area, cells in ((village.id, staying), (new_id, going))
    }
    if len(shapes[village.id]) < len(staying) or len(shapes[new_id]) < len(going):
        return {}, [("no-boundary", _NO_BOUNDARY)]
    return {area: _areal(shapely.union_all(of_one)) for area, of_one in shapes.items()}, []


def cut_over(origin: AreaNow, township: AreaNow, village: AreaNow) -> Drawing:
    """Both townships, where they are drawn at all, with the village cut out and put in."""
    if origin.polygon is None and township.polygon is None:
        return {}, []
    if origin.polygon is None or township.polygon is None or village.polygon is None:
        return {}, [("no-boundary", _NO_BOUNDARY)]
    rest = _areal(shapely.difference(origin.polygon, village.polygon))
    if not rest.geoms:
        return {}, [("no-boundary", _NO_BOUNDARY)]
    return {
        origin.id: rest,
        township.id: _areal(shapely.union(township.polygon, village.polygon)),
    }, []


def _areal(shape: BaseGeometry) -> shapely.MultiPolygon:
    """Its polygons; the lines and points that a cut may leave are no land."""
    parts = [part for one in shapely.get_parts(shape) for part in shapely.get_parts(one)]
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


_NO_BOUNDARY = "有的没有边界，边界未重绘。 Not all of them are drawn: boundaries stay as they are."
_APART = "各部分不相邻。 The parts do not touch."
