"""SQL of unplaced households: a list with what is near them, and a set of placings at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, text
from sqlalchemy.orm import Session

from server.households.models import Household
from server.households.queries import list_households
from server.places.models import Area


def list_unplaced(
    places: Collection[str] | None, under: str, reason: str | None
) -> Select[tuple[Household]]:
    """Households without a cell within `places` (None: the county), in villages under a code.

    Those that have ended are left out: nobody will visit them.
    """
    query = list_households(places, placed_by="none", unplaced=reason)
    query = query.where(Household.state != "ended")
    villages = select(Area.id).where(
        Area.level == "village", Area.code.startswith(under, autoescape=True)
    )
    return query.where(Household.village_id.in_(villages)) if under else query


def count_by_village(
    session: Session, places: Collection[str] | None, under: str
) -> Sequence[Row[tuple[str, str, int]]]:
    """(code, name, how many) of the villages that have unplaced households, in code order."""
    lost = list_unplaced(places, under, None).subquery()
    query = (
        select(Area.code, Area.name, func.count())
        .join(lost, lost.c.village_id == Area.id)
        .group_by(Area.code, Area.name)
        .order_by(Area.code)
    )
    return session.execute(query).all()


# The nearest cell of the household's own village: into another one nobody may put it. A village
# has some twenty cells, so that each is measured, on the sphere, and none is missed.
_NEAREST = text("""
    SELECT h.id, v.code AS village, n.cell, n.metres, p.cell AS lies_in
      FROM household h
      JOIN area v ON v.id = h.village_id
      LEFT JOIN LATERAL (
          SELECT c.code AS cell, ST_Distance(b.geom::geography, h.geom::geography, false) AS metres
            FROM grid_cell c
            JOIN boundary b ON b.cell_id = c.id AND b.valid_to IS NULL
           WHERE c.village_id = h.village_id AND c.ended_at IS NULL
           ORDER BY metres, c.code COLLATE "C"
           LIMIT 1
      ) n ON h.geom IS NOT NULL
      LEFT JOIN LATERAL (
          SELECT c.code AS cell
            FROM boundary b
            JOIN grid_cell c ON c.id = b.cell_id AND c.ended_at IS NULL
           WHERE b.valid_to IS NULL
             AND ST_X(h.geom) BETWEEN b.west AND b.east AND ST_Y(h.geom) BETWEEN b.south AND b.north
             AND ST_Covers(b.geom, h.geom)
           ORDER BY c.code COLLATE "C"
           LIMIT 1
      ) p ON h.unplaced = 'other_village'
     WHERE h.id = ANY (cast(:ids AS uuid[]))
""")


def map_nearest(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, Row[Any]]:
    """Id → (id, village, cell, metres, lies_in): codes of the village, of its nearest cell, and of
    the other village's cell that the point lies in. Without a point no cell and no metres.
    """
    return {row.id: row for row in session.execute(_NEAREST, {"ids": list(ids)})}


# A prefix is what stands before the first digit: 沿河街12号 and 沿河街 ３ are of 沿河街.
_PREFIX = "substring(regexp_replace(normalize({a}, NFKC), '\\s', '', 'g') FROM '^[^0-9]+')"
_LIKE = text(f"""
    WITH asked AS (
        SELECT h.id, h.village_id, {_PREFIX.format(a="h.address")} AS prefix
          FROM household h
         WHERE h.id = ANY (cast(:ids AS uuid[]))
           AND h.village_id = ANY (cast(:villages AS uuid[]))
    ), near AS (
        SELECT h.village_id, {_PREFIX.format(a="h.address")} AS prefix,
               (array_agg(DISTINCT h.cell_id))[1] AS cell_id, count(*) AS many
          FROM household h
         WHERE h.village_id IN (SELECT village_id FROM asked) AND h.cell_id IS NOT NULL
         GROUP BY 1, 2
        HAVING count(DISTINCT h.cell_id) = 1
    )
    SELECT asked.id, near.cell_id, near.many
      FROM asked JOIN near USING (village_id, prefix)
     WHERE length(prefix) > 1
""")


def list_alike(
    session: Session, ids: Sequence[UUID], villages: Sequence[UUID]
) -> Sequence[Row[tuple[UUID, UUID, int]]]:
    """(id, cell, how many): those whose address begins as that of placed households of the same
    village does, all of which lie in one cell. Asked within `villages` only.
    """
    return session.execute(_LIKE, {"ids": list(ids), "villages": list(villages)}).all()


_CELLS_OF = text("""
    SELECT village_id, array_agg('c:' || id::text) AS buckets
      FROM grid_cell
     WHERE village_id = ANY (cast(:villages AS uuid[])) AND ended_at IS NULL
     GROUP BY village_id
""")


def map_cell_buckets(session: Session, villages: Collection[UUID]) -> Mapping[UUID, Sequence[str]]:
    """Village → buckets of all its present cells."""
    rows = session.execute(_CELLS_OF, {"villages": list(villages)})
    return {row.village_id: row.buckets for row in rows}


_POINTS = text("""
    SELECT id, ST_X(geom) AS lon, ST_Y(geom) AS lat
      FROM household
     WHERE id = ANY (cast(:ids AS uuid[])) AND geom IS NOT NULL
""")


def map_points(session: Session, ids: Collection[UUID]) -> Mapping[UUID, tuple[float, float]]:
    """Id → true position (WGS-84) of those that have one."""
    rows = session.execute(_POINTS, {"ids": list(ids)})
    return {row.id: (row.lon, row.lat) for row in rows}


_CODES = text("SELECT id, code FROM grid_cell WHERE id = ANY (cast(:ids AS uuid[]))")


def map_codes(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Id → code of these cells."""
    return dict(session.execute(_CODES, {"ids": list(ids)}).tuples().all())


# Reading, accuracy and datum are not touched: where a household was measured stays as it was.
_PLACE = text("""
    UPDATE household h
       SET cell_id = new.cell_id, placed_by = new.placed_by, unplaced = NULL,
           group_no = coalesce(new.group_no, h.group_no)
      FROM unnest(cast(:ids AS uuid[]), cast(:cells AS uuid[]), cast(:ways AS text[]),
                  cast(:groups AS int[])) AS new (id, cell_id, placed_by, group_no)
     WHERE h.id = new.id AND h.cell_id IS NULL
""")


def place_all(session: Session, placed: Sequence[tuple[UUID, UUID, str, int | None]]) -> None:
    """Give unplaced households their cell: (household, cell, placed_by, group or None)."""
    ids, cells, ways, groups = ([row[k] for row in placed] for k in range(4))
    new = {"ids": ids, "cells": cells, "ways": ways, "groups": groups}
    session.execute(_PLACE, new)
