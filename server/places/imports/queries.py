"""SQL that only the loading of places needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from server.places.models import Area


def map_areas(session: Session) -> Mapping[str, UUID]:
    """Code → id of every present Area."""
    query = select(Area.code, Area.id).where(Area.ended_at.is_(None))
    return dict(session.execute(query).tuples().all())


_SHAPES = text("""
    SELECT v.code AS village, c.code AS cell, ST_AsBinary(b.geom) AS wkb
      FROM area v
      JOIN grid_cell c ON c.village_id = v.id AND c.ended_at IS NULL
      JOIN boundary b  ON b.cell_id = c.id AND b.valid_to IS NULL
     WHERE v.code = ANY (cast(:villages AS text[]))
    UNION ALL
    SELECT v.code, NULL, ST_AsBinary(b.geom)
      FROM area v
      JOIN boundary b ON b.area_id = v.id AND b.valid_to IS NULL
     WHERE v.code = ANY (cast(:villages AS text[]))
""")


def map_shapes(
    session: Session, villages: Collection[str]
) -> tuple[dict[str, BaseGeometry], dict[str, dict[str, BaseGeometry]]]:
    """Present shapes of these villages where known, and of their cells by village and code."""
    shapes: dict[str, BaseGeometry] = {}
    cells: dict[str, dict[str, BaseGeometry]] = {}
    for village, cell, wkb in session.execute(_SHAPES, {"villages": list(villages)}):
        if cell is None:
            shapes[village] = shapely.from_wkb(bytes(wkb))
        else:
            cells.setdefault(village, {})[cell] = shapely.from_wkb(bytes(wkb))
    return shapes, cells
