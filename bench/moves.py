"""Preview and apply of a redraw of one cell, in a county of ten times as many households."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from psycopg2 import extensions

from bench.ground import Ground, connect, settle
from bench.row import Bench, Pair
from server.db import DbRole, Identity, transaction
from server.installation import Installation, opened
from server.moves.form import Moving
from server.moves.kinds import read_plan
from server.moves.service import apply, preview

HOMES = 300  # in the cell that is redrawn
TIMES = 10
_OFFICER = UUID("00000000-0000-7000-8000-00000000beef")


@dataclass(frozen=True, slots=True)
class Cell:
    """The cell that is split and merged again, and the line that halves it."""

    code: str
    village: str
    line: Mapping[str, Any]


def _take(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        small, large = (stack.enter_context(ground.fresh()) for _ in range(2))
        cell = _people(small, ground.size.households)
        _people(large, ground.size.households * TIMES)
        for county in (small, large):
            _redraw(county, cell)  # plans and pages are warm then
        while True:
            here, there = (HOMES / _redraw(county, cell) for county in (large, small))
            yield Pair(here, there)


def _redraw(county: Installation, cell: Cell) -> float:
    """Seconds for preview and apply of a split; the cell is made whole again after the watch."""
    split = {"cell": cell.code, "line": cell.line}
    with opened(county.settings("web")):
        with transaction(_officer()):  # the first connection is not what is measured
            pass
        start = perf_counter()
        made = _move({"kind": "redraw", "village": cell.village, "split": split})
        seconds = perf_counter() - start
        merge = {"cells": [cell.code, *made], "keep": cell.code}
        _move({"kind": "redraw", "village": cell.village, "merge": merge})
    return seconds


def _officer() -> Identity:
    return Identity(datetime.now(UTC), user_id=_OFFICER, role=DbRole.MOVER)


def _move(plan: Mapping[str, Any]) -> list[str]:
    """Preview and apply, each in a transaction of its own; codes of the new cells."""
    by = _officer()
    read = read_plan(dict(plan))
    with transaction(by) as session:
        told = preview(Moving(session, by, None, 10_000), read)
    with transaction(by) as session:
        apply(Moving(session, by, None, 10_000), read, told["token"], "bench")
    return [cell["code"] for cell in told["cells"]["new"]]


def _people(county: Installation, households: int) -> Cell:
    """HOMES in one cell, all others spread evenly over the other cells, each at its own point."""
    connection = connect(county.admin_url)
    try:
        cursor = connection.cursor()
        cursor.execute(_CELL)
        (id_, code, village, line) = cursor.fetchone() or ("", "", "", "")
        cursor.execute(_OTHERS)
        (others,) = cursor.fetchone() or (1,)
        for cells, many in (("=", HOMES), ("<>", max(1, (households - HOMES) // others))):
            cursor.execute(_HOUSEHOLDS.format(cells), {"cell": id_, "many": many})
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        _hire(cursor)
        settle(connection)
    finally:
        connection.close()
    return Cell(code, village, line)


def _hire(cursor: extensions.cursor) -> None:
    """Somebody of the county office."""
    begun = datetime.now(UTC) - timedelta(days=1)
    cursor.execute(
        "INSERT INTO user_account (id, login, name, created_at) VALUES (%s, 'bench', '示例', %s)",
        (str(_OFFICER), begun),
    )
    cursor.execute(
        "INSERT INTO assignment (id, user_id, role, area_id, valid_from)"
        " SELECT %s, %s, 'county_office', id, %s FROM area WHERE level = 'county'",
        (str(uuid4()), str(_OFFICER), begun),
    )


# The middle one of all cells, and a line through its middle from north to south.
_CELL = """
    SELECT c.id, c.code, v.code,
           json_build_object('type', 'LineString', 'coordinates', json_build_array(
               json_build_array(ST_X(ST_Centroid(b.geom)), ST_YMin(b.geom) - 0.01),
               json_build_array(ST_X(ST_Centroid(b.geom)), ST_YMax(b.geom) + 0.01)))
      FROM grid_cell c
      JOIN area v     ON v.id = c.village_id
      JOIN boundary b ON b.cell_id = c.id AND b.valid_to IS NULL
     WHERE ST_IsValid(b.geom)
       AND ST_NPoints(ST_ConvexHull(b.geom)) > 3
     ORDER BY ST_Area(b.geom) / ST_Area(ST_ConvexHull(b.geom)) DESC, c.code LIMIT 1
"""
_OTHERS = "SELECT count(*) - 1 FROM grid_cell"
_HOUSEHOLDS = """
    INSERT INTO household (id, village_id, cell_id, placed_by, head_name, geom, lon, lat, datum,
                           created_at)
    SELECT gen_random_uuid(), c.village_id, c.id, 'point', '\\x00', p.geom, ST_X(p.geom),
           ST_Y(p.geom), 'wgs84', now()
      FROM grid_cell c
      JOIN boundary b ON b.cell_id = c.id AND b.valid_to IS NULL
     CROSS JOIN LATERAL ST_Dump(ST_GeneratePoints(b.geom, %(many)s, 1)) p
     WHERE c.id {0} %(cell)s;
    INSERT INTO household_placing (id, household_id, village_id, cell_id, placed_by, valid_from)
    SELECT gen_random_uuid(), h.id, h.village_id, h.cell_id, 'point', h.created_at
      FROM household h WHERE h.cell_id {0} %(cell)s
"""

BENCH = Bench(
    title="重划一个网格 Redrawing one cell",
    things="households",
    ours=f"preview + apply, {TIMES} × the households",
    plain=f"the same cell of {HOMES} households in the smaller county",
    take=_take,
)
