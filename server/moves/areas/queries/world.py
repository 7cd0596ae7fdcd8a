"""SQL of places as they are, and of what lives and is held in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from server.moves.areas.rules.form import AreaNow, CellNow

_AREAS = text("""
    SELECT a.id, a.level, a.code, a.name, a.parent_id, l.id AS label_id,
           b.id AS boundary_id, ST_AsBinary(b.geom) AS wkb
      FROM area a
      JOIN area_label l    ON l.area_id = a.id AND l.valid_to IS NULL
      LEFT JOIN boundary b ON b.area_id = a.id AND b.valid_to IS NULL
     WHERE a.ended_at IS NULL
       AND (a.id = ANY (cast(:ids AS uuid[])) OR a.parent_id = ANY (cast(:parents AS uuid[])))
     ORDER BY a.code COLLATE "C"
""")
_CELLS = text("""
    SELECT c.id, c.village_id, c.code, c.name, c.groups, l.id AS label_id,
           b.id AS boundary_id, ST_AsBinary(b.geom) AS wkb
      FROM grid_cell c
      JOIN cell_label l    ON l.cell_id = c.id AND l.valid_to IS NULL
      LEFT JOIN boundary b ON b.cell_id = c.id AND b.valid_to IS NULL
     WHERE c.ended_at IS NULL AND c.village_id = ANY (cast(:villages AS uuid[]))
     ORDER BY c.code COLLATE "C"
""")


def map_areas(session: Session, ids: Collection[UUID]) -> Mapping[UUID, AreaNow]:
    """These present areas, by id."""
    rows = session.execute(_AREAS, {"ids": list(ids), "parents": []})
    return {row.id: _area(row) for row in rows}


def list_below(session: Session, parents: Collection[UUID]) -> list[AreaNow]:
    """The present areas one level below these, by code."""
    rows = session.execute(_AREAS, {"ids": [], "parents": list(parents)})
    return [_area(row) for row in rows]


def map_cells(session: Session, villages: Collection[UUID]) -> dict[UUID, list[CellNow]]:
    """Village → its present cells, by code."""
    cells: dict[UUID, list[CellNow]] = {village: [] for village in villages}
    for row in session.execute(_CELLS, {"villages": list(villages)}):
        cells[row.village_id].append(
            CellNow(
                id=row.id,
                village_id=row.village_id,
                code=row.code,
                name=row.name,
                groups=frozenset(row.groups),
                label_id=row.label_id,
                boundary_id=row.boundary_id,
                polygon=_shape(row.wkb),
            )
        )
    return cells


def _area(row: Row[Any]) -> AreaNow:
    polygon = _shape(row.wkb)
    labelled = (row.id, row.level, row.code, row.name, row.parent_id, row.label_id)
    return AreaNow(*labelled, boundary_id=row.boundary_id, polygon=polygon)


def _shape(wkb: Any) -> BaseGeometry | None:
    return None if wkb is None else shapely.from_wkb(bytes(wkb))


_USED = text("""
    SELECT code, area_id AS id FROM area_label WHERE code LIKE :prefix || '%'
    UNION
    SELECT code, cell_id FROM cell_label WHERE code LIKE :prefix || '%'
""")
_CLASHES = text("""
    WITH wanted AS (SELECT unnest(cast(:codes AS text[])) AS code)
    SELECT code, true AS present FROM area JOIN wanted USING (code)
     WHERE ended_at IS NULL AND id <> ALL (cast(:ids AS uuid[]))
    UNION
    SELECT code, true FROM grid_cell JOIN wanted USING (code)
     WHERE ended_at IS NULL AND id <> ALL (cast(:ids AS uuid[]))
    UNION
    SELECT code, false FROM area_label JOIN wanted USING (code)
     WHERE area_id <> ALL (cast(:ids AS uuid[]))
    UNION
    SELECT code, false FROM cell_label JOIN wanted USING (code)
     WHERE cell_id <> ALL (cast(:ids AS uuid[]))
     ORDER BY code, present DESC
""")


def list_used(session: Session, prefix: str) -> list[tuple[str, UUID]]:
    """(code, id of the place) of every place that has or had a code under this prefix."""
    return [(row.code, row.id) for row in session.execute(_USED, {"prefix": prefix})]


def list_clashes(
    session: Session, codes: Collection[str], ids: Collection[UUID]
) -> list[tuple[str, bool]]:
    """(code, whether a present place has it or one had it) of these codes that others than `ids`
    have or had.
    """
    rows = session.execute(_CLASHES, {"codes": list(codes), "ids": list(ids)})
    return [(row.code, row.present) for row in rows]


_LIVES = text("""
    SELECT h.village_id, h.cell_id, h.group_no, count(*) AS households
      FROM household h WHERE h.bucket = ANY (cast(:buckets AS text[]))
     GROUP BY h.village_id, h.cell_id, h.group_no
     ORDER BY 1, 2 NULLS FIRST, 3 NULLS FIRST
""")
_VISITS = text("""
    SELECT bucket, count(*) FROM visit
     WHERE bucket = ANY (cast(:buckets AS text[])) GROUP BY bucket
""")


def count_homes(session: Session, buckets: Collection[str]) -> Sequence[Row[Any]]:
    """(village_id, cell_id, group_no, households) of what lives in these buckets."""
    return session.execute(_LIVES, {"buckets": list(buckets)}).all()


def count_visits(session: Session, buckets: Collection[str]) -> Mapping[str, int]:
    """Bucket → visits in it."""
    rows = session.execute(_VISITS, {"buckets": list(buckets)})
    return dict(rows.tuples().all())


_CASES = text("""
    SELECT p.dispute_id, p.village_id, p.cell_id, p.bucket, d.area_id,
           g.id AS holding_id, g.office_id,
           (SELECT count(*) FROM dispute_event e WHERE e.dispute_id = p.dispute_id) AS events
      FROM dispute_place p
      JOIN dispute d      ON d.id = p.dispute_id
      LEFT JOIN holding g ON g.dispute_id = p.dispute_id AND g.ended_at IS NULL
     WHERE p.village_id = ANY (cast(:villages AS uuid[]))
     ORDER BY p.dispute_id, p.village_id
""")


def list_cases(session: Session, villages: Collection[UUID]) -> Sequence[Row[Any]]:
    """Disputes known in these villages or their cells; `holding_id` where they are open."""
    return session.execute(_CASES, {"villages": list(villages)}).all()


# Who lives in a leaving cell goes to the new village, and who has no cell where the group goes.
_BETWEEN = text("""
    SELECT p.dispute_id,
           (SELECT count(*) FROM dispute_event e WHERE e.dispute_id = p.dispute_id) AS events
      FROM dispute_place p
     WHERE p.village_id = :village AND p.cell_id IS NULL
       AND EXISTS (SELECT FROM party r JOIN household h ON h.id = r.household_id
                    WHERE r.dispute_id = p.dispute_id AND h.village_id = :village
                      AND (h.cell_id = ANY (cast(:cells AS uuid[]))
                           OR h.cell_id IS NULL AND h.group_no = ANY (cast(:groups AS int[]))))
     ORDER BY p.dispute_id
""")


def list_between(
    session: Session, village: UUID, cells: Collection[UUID], groups: Collection[int]
) -> Sequence[Row[Any]]:
    """(dispute_id, events) of what is known in a village as a whole and has a party who lives in
    these cells, or in none and in one of these groups.
    """
    asked = {"village": village, "cells": list(cells), "groups": list(groups)}
    return session.execute(_BETWEEN, asked).all()


_OFFICES = text("""
    SELECT o.id, o.area_id, o.name, o.lead,
           (SELECT count(DISTINCT a.user_id) FROM assignment a
             WHERE a.office_id = o.id AND a.valid_from <= :at
               AND (a.valid_to IS NULL OR a.valid_to > :at)) AS people
      FROM office o WHERE o.area_id = ANY (cast(:areas AS uuid[]))
     ORDER BY o.lead DESC, o.id
""")
_SERVE = text("""
    SELECT a.id, a.user_id, a.role, a.cell_id, coalesce(a.area_id, o.area_id) AS area_id
      FROM assignment a LEFT JOIN office o ON o.id = a.office_id
     WHERE (a.valid_to IS NULL OR a.valid_to > :at)
       AND (coalesce(a.area_id, o.area_id) = ANY (cast(:areas AS uuid[]))
            OR a.cell_id = ANY (cast(:cells AS uuid[])))
     ORDER BY a.id
""")


def list_offices(session: Session, areas: Collection[UUID], at: datetime) -> Sequence[Row[Any]]:
    """(id, area_id, name, lead, people) of the Offices of these areas, those that lead first."""
    return session.execute(_OFFICES, {"areas": list(areas), "at": at}).all()


def list_serving(
    session: Session, areas: Collection[UUID], cells: Collection[UUID], at: datetime
) -> Sequence[Row[Any]]:
    """Present and coming assignments on these areas, their Offices, or these cells."""
    asked = {"areas": list(areas), "cells": list(cells), "at": at}
    return session.execute(_SERVE, asked).all()
