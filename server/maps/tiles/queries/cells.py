"""Cells, each with who leads it and, where the asker may look, its measures."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from server.db import Identity
from server.ladder.states import OPEN
from server.maps.tiles.queries.drawing import (
    COUNTED,
    FITTING,
    Drawn,
    in_force,
    outline_in_tile,
    overlaps,
    run,
)
from server.maps.tiles.rules.frame import EXTENT, Tile
from server.visits.rules import COVERAGE


def draw_cells(
    by: Identity,
    tile: Tile,
    held: Collection[str] | None,
    span: tuple[datetime, datetime],
) -> Drawn:
    """Present cells. Those within `held` (buckets; None: the county) have measures: `households`
    that live there now, `visited` ones among them (met or by telephone within `span`), `coverage`
    = visited / households (absent where nobody lives), `open` and `overdue` disputes.
    """
    return run(
        by,
        _PRESENT,
        tile,
        everywhere=held is None,
        held=sorted(held or ()),
        since=span[0],
        until=span[1],
        now=by.now,
        coverage=sorted(COVERAGE),
        open=[state.value for state in OPEN],
    )


def draw_bare_cells(by: Identity, tile: Tile) -> Drawn:
    """Present cells without measures."""
    return run(by, _BARE, tile, now=by.now)


def draw_past_cells(by: Identity, tile: Tile, at: datetime) -> Drawn:
    """Cells as of `at`, named as then, led by whom they were led then; no measures."""
    return run(by, _PAST, tile, at=at, now=at - at.resolution)  # what begins at `at` was not then


def _found(cells: str, *, past: bool) -> str:
    return f"""
    WITH shaped AS MATERIALIZED (
        SELECT c.id, c.code, left(c.name, 60) AS name, left(v.name, 60) AS village, c.synthetic,
               {outline_in_tile("b.geom")} AS shape,
               (b.east - b.west) * (b.north - b.south) AS size
          FROM boundary b
          JOIN ({cells}) c ON c.id = b.cell_id
          JOIN area v ON v.id = c.village_id
         WHERE {in_force("b", past=past)} AND {overlaps("b")}
    ), {FITTING}, led AS (
        SELECT DISTINCT ON (a.cell_id) a.cell_id, left(u.name, 60) AS lead
          FROM assignment a JOIN user_account u ON u.id = a.user_id
         WHERE a.cell_id = ANY (ARRAY(SELECT id FROM fitting)) AND a.role = 'grid_worker'
           AND a.leads AND a.valid_from <= :now AND (a.valid_to IS NULL OR a.valid_to > :now)
         ORDER BY a.cell_id, a.valid_from DESC, a.id
    )"""


# An amended visit counts as its amendment says: that it is superseded is seen in the same bucket.
_MEASURES = """
    , mine AS MATERIALIZED (
        SELECT id, 'c:' || id AS bucket FROM fitting
         WHERE :everywhere OR 'c:' || id = ANY (cast(:held AS text[]))
    ), met AS (
        SELECT DISTINCT v.household_id
          FROM visit v
         WHERE v.bucket = ANY (ARRAY(SELECT bucket FROM mine))
           AND v.occurred_at >= :since AND v.occurred_at < :until
           -- A visit is written down when it is over, give or take a clock: an index knows when.
           AND v.recorded_at >= cast(:since AS timestamptz) - interval '1 hour'
           AND v.outcome = ANY (:coverage)
           AND NOT EXISTS (SELECT FROM visit later WHERE later.supersedes_id = v.id)
    ), living AS (
        SELECT h.cell_id, count(*) AS households, count(met.household_id) AS visited
          FROM household h LEFT JOIN met ON met.household_id = h.id
         WHERE h.bucket = ANY (ARRAY(SELECT bucket FROM mine)) AND h.state = 'lived_in'
         GROUP BY h.cell_id
    ), cases AS (
        SELECT p.cell_id, count(*) AS open,
               count(*) FILTER (WHERE held.due_at <= :now) AS overdue
          FROM dispute_place p
          JOIN dispute d         ON d.id = p.dispute_id AND d.status = ANY (:open)
          LEFT JOIN holding held ON held.dispute_id = d.id AND held.ended_at IS NULL
         WHERE p.bucket = ANY (ARRAY(SELECT bucket FROM mine))
         GROUP BY p.cell_id
    )"""
_MEASURED = """,
    CASE WHEN mine.id IS NOT NULL THEN coalesce(living.households, 0) END AS households,
    CASE WHEN mine.id IS NOT NULL THEN coalesce(living.visited, 0) END    AS visited,
    round(living.visited::numeric / living.households, 4)::float8         AS coverage,
    CASE WHEN mine.id IS NOT NULL THEN coalesce(cases.open, 0) END        AS open,
    CASE WHEN mine.id IS NOT NULL THEN coalesce(cases.overdue, 0) END     AS overdue"""
_MEASURING = """
    LEFT JOIN mine ON mine.id = f.id
    LEFT JOIN living ON living.cell_id = f.id
    LEFT JOIN cases ON cases.cell_id = f.id"""


def _drawn(columns: str = "", joined: str = "") -> str:
    return f"""
    SELECT (SELECT ST_AsMVT(drawn, 'cells', {EXTENT}, 'shape')
              FROM (SELECT f.shape, cast(f.id AS text) AS id, f.code, f.name, f.village,
                           f.synthetic, led.lead{columns}
                      FROM fitting f LEFT JOIN led ON led.cell_id = f.id{joined}
                     ORDER BY f.nth) drawn) AS mvt,
           {COUNTED}
    """


_NOW = "SELECT id, village_id, code, name, synthetic FROM grid_cell WHERE ended_at IS NULL"
_THEN = f"""
    SELECT c.id, l.village_id, l.code, l.name, c.synthetic
      FROM cell_label l JOIN grid_cell c ON c.id = l.cell_id WHERE {in_force("l", past=True)}
"""
_PRESENT = _found(_NOW, past=False) + _MEASURES + _drawn(_MEASURED, _MEASURING)
_BARE = _found(_NOW, past=False) + _drawn()
_PAST = _found(_THEN, past=True) + _drawn()
