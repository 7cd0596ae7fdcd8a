"""SQL of boundaries: drawing them, and which cell a point or a villager group lies in now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from server.places.models import Boundary

# A boundary equal to the present one is left alone; another closes it and opens its own span.
_CLOSE_CHANGED = text("""
    UPDATE boundary b SET valid_to = :at
      FROM unnest(cast(:owners AS uuid[]), cast(:shapes AS bytea[])) AS new (owner, shape)
     WHERE coalesce(b.cell_id, b.area_id) = new.owner AND b.valid_to IS NULL
       AND NOT ST_OrderingEquals(b.geom, ST_Multi(ST_GeomFromWKB(new.shape, 4326)))
""")
_OPEN_CELLS = text("""
    INSERT INTO boundary (id, cell_id, valid_from, geom)
    SELECT gen_random_uuid(), new.owner, :at, ST_Multi(ST_GeomFromWKB(new.shape, 4326))
      FROM unnest(cast(:owners AS uuid[]), cast(:shapes AS bytea[])) AS new (owner, shape)
     WHERE NOT EXISTS (SELECT FROM boundary b WHERE b.cell_id = new.owner AND b.valid_to IS NULL)
""")
_OPEN_AREAS = text(str(_OPEN_CELLS).replace("cell_id", "area_id"))


def set_boundaries(
    session: Session, owners: Sequence[UUID], shapes: Sequence[bytes], at: datetime, *, cells: bool
) -> int:
    """Give cells (or areas) these polygons, as WKB in EPSG:4326, from `at` on.

    Returns how many replaced another one; equal ones are not touched.
    """
    new = {"owners": list(owners), "shapes": list(shapes), "at": at}
    closed = session.connection().execute(_CLOSE_CHANGED, new).rowcount
    session.execute(_OPEN_CELLS if cells else _OPEN_AREAS, new)
    return closed


def count_boundaries(session: Session) -> int:
    """How many boundaries there are, past ones too."""
    return session.scalar(select(func.count()).select_from(Boundary)) or 0


# The border rule of geo.cells, set-wise: of several covering cells the lowest code has the point.
# Row security keeps the GiST index out of use: comparing edges first spares most polygons.
_LOCATE = text("""
    SELECT DISTINCT ON (p.ord) p.ord, c.id, c.village_id
      FROM unnest(cast(:lons AS float8[]), cast(:lats AS float8[]))
           WITH ORDINALITY p (lon, lat, ord)
      JOIN boundary b  ON b.valid_to IS NULL AND b.cell_id IS NOT NULL
                      AND p.lon BETWEEN b.west AND b.east AND p.lat BETWEEN b.south AND b.north
                      AND ST_Covers(b.geom, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326))
      JOIN grid_cell c ON c.id = b.cell_id
     ORDER BY p.ord, c.code COLLATE "C"
""")


def locate(
    session: Session, points: Sequence[tuple[float, float]]
) -> Mapping[int, tuple[UUID, UUID]]:
    """Index of a WGS-84 point → (cell, village) that has it; points in no cell are missing."""
    if not points:
        return {}
    lons, lats = zip(*points, strict=True)
    rows = session.execute(_LOCATE, {"lons": list(lons), "lats": list(lats)})
    return {ord - 1: (cell, village) for ord, cell, village in rows}


# A group named by exactly one cell of its village decides; none or two do not.
_BY_GROUP = text("""
    SELECT g.ord, count(c.id) AS cells, (array_agg(c.id))[1] AS cell_id
      FROM unnest(cast(:villages AS uuid[]), cast(:groups AS int[]))
           WITH ORDINALITY g (village_id, group_no, ord)
      LEFT JOIN grid_cell c ON c.village_id = g.village_id AND c.ended_at IS NULL
                           AND g.group_no = ANY (c.groups)
     GROUP BY g.ord
""")


def cells_of_groups(
    session: Session, groups: Sequence[tuple[UUID, int]]
) -> Mapping[int, Row[tuple[int, int, UUID]]]:
    """Index of (village, group) → (ord, how many cells name it, one of them)."""
    if not groups:
        return {}
    villages, numbers = zip(*groups, strict=True)
    rows = session.execute(_BY_GROUP, {"villages": list(villages), "groups": list(numbers)})
    return {row.ord - 1: row for row in rows}
