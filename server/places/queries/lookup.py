"""SQL of one question: where does this point lie, now or as of a moment?"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


class Found(NamedTuple):
    """Where a point lies: in a cell; else at best in an Area, with the nearest cell and how far."""

    cell_id: UUID | None
    cell_code: str | None
    area_code: str | None  # the village of the cell, or the lowest Area whose boundary covers it
    nearest_id: UUID | None
    nearest_code: str | None
    metres: float | None


# The border rule of geo.cells: of several that cover it, the lowest code has the point. Row
# security keeps the GiST index out of use there: comparing edges first spares most polygons. What
# is nearest the index does find, of a point that is a constant. A degree east is shorter than one
# north (0.53 at 58° N): of the sixteen nearest in degrees, the nearest in metres is taken.
_POINT = "ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)"
_LOOK_UP = """
    WITH around AS (
        SELECT b.cell_id, b.area_id
          FROM boundary b
         WHERE {b} AND :lon BETWEEN b.west AND b.east AND :lat BETWEEN b.south AND b.north
           AND ST_Covers(b.geom, {p})
    ), cell AS (
        SELECT l.cell_id, l.code
          FROM around JOIN cell_label l ON l.cell_id = around.cell_id AND {l}
         ORDER BY l.code COLLATE "C" LIMIT 1
    ), lowest AS (
        SELECT l.code
          FROM around JOIN area_label l ON l.area_id = around.area_id AND {l}
         WHERE NOT EXISTS (SELECT FROM cell)
         ORDER BY length(l.code) DESC, l.code COLLATE "C" LIMIT 1
    ), near AS (
        SELECT b.cell_id, b.geom
          FROM boundary b
         WHERE {b} AND b.cell_id IS NOT NULL AND NOT EXISTS (SELECT FROM cell)
         ORDER BY b.geom <-> {p} LIMIT 16
    ), nearest AS (
        SELECT l.cell_id, l.code,
               ST_Distance(near.geom::geography, {p}::geography) AS metres
          FROM near JOIN cell_label l ON l.cell_id = near.cell_id AND {l}
         ORDER BY metres, l.code COLLATE "C" LIMIT 1
    )
    SELECT cell.cell_id, cell.code AS cell_code,
           coalesce(left(cell.code, 12), lowest.code) AS area_code,
           nearest.cell_id AS nearest_id, nearest.code AS nearest_code, nearest.metres
      FROM (VALUES (0)) asked
      LEFT JOIN cell    ON true
      LEFT JOIN lowest  ON true
      LEFT JOIN nearest ON true
"""
_NOW = text(_LOOK_UP.format(b="b.valid_to IS NULL", l="l.valid_to IS NULL", p=_POINT))
_THEN = text(
    _LOOK_UP.format(
        b="b.valid_from < :at AND (b.valid_to IS NULL OR b.valid_to >= :at)",
        l="l.valid_from < :at AND (l.valid_to IS NULL OR l.valid_to >= :at)",
        p=_POINT,
    )
)


def look_up(session: Session, point: tuple[float, float], at: datetime | None) -> Found:
    """Where a WGS-84 point (lon, lat) lies now (`at` None) or lay as of `at`."""
    lon, lat = point
    if at is None:
        row = session.execute(_NOW, {"lon": lon, "lat": lat}).one()
    else:
        row = session.execute(_THEN, {"lon": lon, "lat": lat, "at": at}).one()
    return Found(*row)
