"""SQL of redraws: the village as it is, who lives in the cells concerned, and writing it anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Row, insert, select, text
from sqlalchemy.orm import Session

from geo.redraw import Cell
from server.moves.redraw.rules import CellNow, CellThen, VillageNow
from server.places import queries as places
from server.places.models import Area, GridCell

_CELLS = text("""
    SELECT c.id, c.code, c.name, c.groups, b.id AS boundary_id, ST_AsBinary(b.geom) AS wkb
      FROM grid_cell c LEFT JOIN boundary b ON b.cell_id = c.id AND b.valid_to IS NULL
     WHERE c.village_id = :village AND c.ended_at IS NULL
     ORDER BY c.code COLLATE "C"
""")
_OWN_BOUNDARY = text("""
    SELECT id, ST_AsBinary(geom) AS wkb FROM boundary WHERE area_id = :village AND valid_to IS NULL
""")
# A code that a cell had once is not given to another: an old list or a slip of paper still says it.
_USED = text("""
    SELECT DISTINCT right(code, 3)::int FROM cell_label WHERE left(code, 12) = :code
    UNION SELECT right(code, 3)::int FROM grid_cell WHERE village_id = :village
""")


def find_village(session: Session, area: Area) -> VillageNow:
    """The village with its present cells and polygons."""
    own = session.execute(_OWN_BOUNDARY, {"village": area.id}).one_or_none()
    cells = [
        CellNow(row.id, row.code, row.name, tuple(row.groups), row.boundary_id, _shape(row.wkb))
        for row in session.execute(_CELLS, {"village": area.id})
    ]
    return VillageNow(
        id=area.id,
        code=area.code,
        name=area.name,
        boundary_id=own.id if own else None,
        polygon=_shape(own.wkb) if own else None,
        cells={cell.code: cell for cell in cells},
        used=set(session.scalars(_USED, {"code": area.code, "village": area.id})),
    )


# A county whose cells are loaded before its households has hundreds of villages and nobody to move.
_REDRAWN = text("""
    WITH redrawn AS (
        SELECT c.village_id AS id FROM boundary b JOIN grid_cell c ON c.id = b.cell_id
         WHERE b.valid_from = :at
        UNION
        SELECT l.village_id FROM cell_label l WHERE l.valid_from = :at
    ), buckets AS (
        SELECT id, 'v:' || id AS bucket FROM redrawn
        UNION ALL
        SELECT r.id, 'c:' || c.id FROM redrawn r JOIN grid_cell c ON c.village_id = r.id
    )
    SELECT DISTINCT id FROM buckets
     WHERE EXISTS (SELECT FROM household h WHERE h.bucket = buckets.bucket)
        OR EXISTS (SELECT FROM dispute_place p WHERE p.bucket = buckets.bucket)
""")


def list_redrawn(session: Session, at: datetime) -> Sequence[Area]:
    """Villages of which a cell was drawn, redrawn or relabelled at this very time, as far as
    somebody lives or a dispute is known there.
    """
    ids = session.scalars(_REDRAWN, {"at": at}).all()
    return session.scalars(select(Area).where(Area.id.in_(ids)).order_by(Area.code)).all()


_AROUND = text("""
    SELECT c.code, b.id, ST_AsBinary(b.geom) AS wkb
      FROM boundary b JOIN grid_cell c ON c.id = b.cell_id
     WHERE b.valid_to IS NULL AND c.ended_at IS NULL AND c.village_id <> :village
       AND b.geom && cast(:envelope AS geometry)
     ORDER BY c.code COLLATE "C"
""")


def list_around(
    session: Session, village: UUID, shape: BaseGeometry
) -> tuple[Mapping[str, Cell], list[UUID]]:
    """Other villages' cells within the envelope of this one, by code, and their boundaries' ids."""
    if shape.is_empty:
        return {}, []
    envelope = "SRID=4326;" + shapely.to_wkt(shapely.box(*shape.bounds), rounding_precision=-1)
    asked = {"village": village, "envelope": envelope}
    rows = session.execute(_AROUND, asked).all()
    return {row.code: Cell(_shape(row.wkb)) for row in rows}, [row.id for row in rows]


_HOMES = """
    SELECT h.id, h.cell_id, h.group_no, h.placed_by, h.unplaced,
           ST_X(h.geom) AS lon, ST_Y(h.geom) AS lat
      FROM household h
"""
# By bucket, which is indexed and may be compared before row security has judged. In the cells that
# stay as they are, only those on an edge that a redrawn one has reached.
_CONCERNED = text(f"""
    {_HOMES} WHERE h.bucket = ANY (cast(:buckets AS text[]))
    UNION ALL
    {_HOMES} WHERE h.bucket = ANY (cast(:beside AS text[]))
               AND ST_Covers(ST_GeomFromWKB(:reached, 4326), h.geom)
     ORDER BY id
""")


def list_homes(
    session: Session,
    village: UUID,
    concerned: Collection[UUID],
    beside: Collection[UUID],
    reached: BaseGeometry,
) -> Sequence[Row[Any]]:
    """Who lives in the cells concerned, who is unplaced in the village, and who lives beside on an
    edge of what was redrawn; in id order."""
    return session.execute(
        _CONCERNED,
        {
            "buckets": [f"v:{village}", *(f"c:{cell}" for cell in concerned)],
            "beside": [f"c:{cell}" for cell in beside],
            "reached": shapely.to_wkb(reached),
        },
    ).all()


_DISPUTES = text("""
    SELECT p.dispute_id, p.cell_id,
           EXISTS (SELECT FROM holding g
                    WHERE g.dispute_id = p.dispute_id AND g.ended_at IS NULL) AS open,
           (SELECT count(*) FROM dispute_event e WHERE e.dispute_id = p.dispute_id) AS events,
           ARRAY(SELECT r.household_id FROM party r
                  WHERE r.dispute_id = p.dispute_id AND r.household_id IS NOT NULL
                  ORDER BY 1) AS households
      FROM dispute_place p
     WHERE p.bucket = ANY (cast(:buckets AS text[]))
     ORDER BY p.dispute_id
""")


def list_disputes(session: Session, cells: Collection[UUID]) -> Sequence[Row[Any]]:
    """Disputes known in these cells: open or not, how many events, which households are parties."""
    return session.execute(_DISPUTES, {"buckets": [f"c:{cell}" for cell in cells]}).all()


_VISITS = text("""
    SELECT household_id, count(*) FROM visit
     WHERE household_id = ANY (cast(:households AS uuid[])) GROUP BY household_id
""")


def count_visits(session: Session, households: Collection[UUID]) -> Mapping[UUID, int]:
    """Household → its visits, where there are any."""
    rows = session.execute(_VISITS, {"households": list(households)})
    return dict(rows.tuples().all())


_WORKERS = text("""
    SELECT a.id, a.user_id, u.login, a.cell_id, a.leads, a.valid_from, a.valid_to
      FROM assignment a JOIN user_account u ON u.id = a.user_id
     WHERE a.cell_id = ANY (cast(:cells AS uuid[])) AND a.role = 'grid_worker'
       AND (a.valid_to IS NULL
            OR a.valid_to > greatest(:at, a.valid_from + interval '1 microsecond'))
     ORDER BY a.id
""")


def list_workers(session: Session, cells: Collection[UUID], at: datetime) -> Sequence[Row[Any]]:
    """Who serves these cells now or will."""
    return session.execute(_WORKERS, {"cells": list(cells), "at": at}).all()


def _shape(wkb: Any) -> BaseGeometry | None:
    return None if wkb is None else shapely.from_wkb(bytes(wkb))


# ---------------------------------------------------------------------------------- writing it anew

_END_CELLS = text("UPDATE grid_cell SET ended_at = :at WHERE id = ANY (cast(:cells AS uuid[]))")
_CLOSE_BOUNDARIES = text("""
    UPDATE boundary SET valid_to = :at
     WHERE cell_id = ANY (cast(:cells AS uuid[])) AND valid_to IS NULL
""")
_RELABEL = text("UPDATE grid_cell SET name = :name, groups = :groups WHERE id = :id")


def end_cells(session: Session, cells: Sequence[UUID], at: datetime) -> None:
    """These cells are no more."""
    session.execute(_END_CELLS, {"cells": list(cells), "at": at})
    session.execute(_CLOSE_BOUNDARIES, {"cells": list(cells), "at": at})


def write_cells(
    session: Session,
    village: UUID,
    cells: Sequence[CellThen],
    ids: Mapping[str, UUID],
    at: datetime,
) -> None:
    """New cells, changed labels, and the boundaries that hold from now on."""
    new = [_row(cell, village, ids) for cell in cells if cell.now is None]
    if new:
        session.execute(insert(GridCell), new)
    labels = [
        {"id": ids[cell.code], "name": cell.name, "groups": list(cell.groups)}
        for cell in cells
        if cell.relabelled
    ]
    if labels:
        session.execute(_RELABEL, labels)
    drawn = {ids[c.code]: c.polygon.wkb for c in cells if c.redrawn and c.polygon is not None}
    if drawn:
        places.set_boundaries(session, list(drawn), list(drawn.values()), at, cells=True)


def _row(cell: CellThen, village: UUID, ids: Mapping[str, UUID]) -> dict[str, Any]:
    return {
        "id": ids[cell.code],
        "village_id": village,
        "code": cell.code,
        "name": cell.name,
        "groups": list(cell.groups),
        "synthetic": False,
    }


# In id order, as pushes lock them.
_LOCK_HOMES = text("""
    SELECT FROM household WHERE id = ANY (cast(:ids AS uuid[])) ORDER BY id FOR UPDATE
""")
_PLACE_HOMES = text("""
    UPDATE household h SET cell_id = new.cell, placed_by = new.way, unplaced = new.why
      FROM unnest(cast(:ids AS uuid[]), cast(:cells AS uuid[]),
                  cast(:ways AS text[]), cast(:whys AS text[])) AS new (id, cell, way, why)
     WHERE h.id = new.id
""")


def place_homes(
    session: Session, placed: Sequence[tuple[UUID, UUID | None, str | None, str | None]]
) -> None:
    """(household, cell, how, or why in none): their visits follow, and the feed hears of it."""
    ids, cells, ways, whys = (list(column) for column in zip(*placed, strict=True))
    session.execute(_LOCK_HOMES, {"ids": ids})
    session.execute(_PLACE_HOMES, {"ids": ids, "cells": cells, "ways": ways, "whys": whys})


_MOVE_PLACES = text("""
    UPDATE dispute_place p SET cell_id = new.cell
      FROM unnest(cast(:ids AS uuid[]), cast(:froms AS uuid[]), cast(:cells AS uuid[]))
           AS new (id, was, cell)
     WHERE p.dispute_id = new.id AND p.cell_id = new.was
""")
_MOVE_DISPUTES = text("""
    UPDATE dispute d SET cell_id = new.cell
      FROM unnest(cast(:ids AS uuid[]), cast(:froms AS uuid[]), cast(:cells AS uuid[]))
           AS new (id, was, cell)
     WHERE d.id = new.id AND d.cell_id = new.was
""")


def move_disputes(session: Session, moved: Sequence[tuple[UUID, UUID, UUID | None]]) -> None:
    """(dispute, cell where it was known, cell where it is; None: in the village)."""
    ids, froms, cells = (list(column) for column in zip(*moved, strict=True))
    asked = {"ids": ids, "froms": froms, "cells": cells}
    session.execute(_MOVE_PLACES, asked)
    session.execute(_MOVE_DISPUTES, asked)


_RECALL = text("""
    UPDATE assignment SET valid_to = greatest(:at, valid_from + interval '1 microsecond')
     WHERE id = ANY (cast(:ids AS uuid[]))
""")


def recall(session: Session, assignments: Sequence[UUID], at: datetime) -> None:
    """These assignments end."""
    session.execute(_RECALL, {"ids": list(assignments), "at": at})
