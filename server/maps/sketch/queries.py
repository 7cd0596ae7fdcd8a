"""The outlines of all cells that are asked for, in the units of one picture: one statement, under
row security, with the asker's scope besides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from server.db import Identity, ask
from server.maps.tiles.queries.drawing import in_force

# Of a picture, in its units: about half a pixel of an office PC's map (1366 × 768).
WIDTH, HEIGHT = 2000, 800
_SECONDS = 8  # a picture that takes longer helps nobody


class Sketch(NamedTuple):
    """Paths of SVG in web Mercator, the y axis downwards, whole units. `view`: west, south, east,
    north of what is drawn, which is `width` × `height`.
    """

    cells: Sequence[tuple[str, str]]  # by code: code, path
    villages: Mapping[str, str]  # township's code → the borders of its villages
    width: int
    height: int
    view: tuple[float, float, float, float]


def sketch_cells(
    by: Identity, held: Collection[str] | None, under: str, at: datetime | None
) -> Sketch | None:
    """Cells within `held` (buckets; None: the county) whose code begins with `under`, as they are,
    or as of `at`; None: no boundary is among them. A cell smaller than a unit is left out.
    Raises TryLater.
    """
    values = {"everywhere": held is None, "held": sorted(held or ()), "under": under, "at": at}
    values |= {"wide": WIDTH, "high": HEIGHT}
    found = ask(_PAST if at else _PRESENT, values, by, seconds=_SECONDS)
    if found is None or found[0] is None:
        return None
    cells, villages, width, height, *view = found
    return Sketch(cells, villages or {}, width, height, tuple(view))


_CELLS_NOW = """
        SELECT c.id, c.code, c.village_id
          FROM grid_cell c
         WHERE c.ended_at IS NULL"""
_CELLS_THEN = """
        SELECT c.cell_id AS id, c.code, c.village_id
          FROM cell_label c
         WHERE {then}"""
_VILLAGES_NOW = "SELECT a.id, a.code FROM area a"
_VILLAGES_THEN = "SELECT a.area_id AS id, a.code FROM area_label a WHERE {then}"


# Corners that fall together are one; neighbours fall together alike and keep their common edges.
_IN_UNITS = """ST_SnapToGrid(ST_TransScale(ST_Transform({0}, 3857),
                                           -v.left, -v.top, 1 / v.unit, 1 / v.unit), 1)"""


def _statement(cells: str, villages: str, *, past: bool) -> str:
    boundary_in_force = in_force("b", past=past)
    return f"""
    WITH cells AS MATERIALIZED ({cells}
           AND c.code LIKE :under || '%'
           AND (:everywhere OR 'c:' || {"c.cell_id" if past else "c.id"}
                               = ANY (cast(:held AS text[])))
    ), drawn AS MATERIALIZED (
        SELECT c.code, b.geom, b.west, b.south, b.east, b.north
          FROM cells c JOIN boundary b ON b.cell_id = c.id AND {boundary_in_force}
    ), extent AS (
        SELECT min(west) AS west, min(south) AS south, max(east) AS east, max(north) AS north
          FROM drawn
    ), framed AS (
        SELECT e.*, ST_Transform(ST_MakeEnvelope(west, south, east, north, 4326), 3857) AS frame
          FROM extent e
    ), v AS MATERIALIZED (
        SELECT west, south, east, north,
               ST_XMin(frame) AS left, ST_YMax(frame) AS top,
               ST_XMax(frame) - ST_XMin(frame) AS wide, ST_YMax(frame) - ST_YMin(frame) AS high,
               greatest((ST_XMax(frame) - ST_XMin(frame)) / :wide,
                        (ST_YMax(frame) - ST_YMin(frame)) / :high) AS unit
          FROM framed
    ), paths AS MATERIALIZED (
        SELECT code, ST_AsSVG({_IN_UNITS.format("geom")}, 1, 0) AS path FROM v, drawn
    ), villages AS (
        SELECT left(a.code, 9) AS township,
               string_agg(ST_AsSVG({_IN_UNITS.format("b.geom")}, 1, 0), ' ') AS path
          FROM v, ({villages}) a JOIN boundary b ON b.area_id = a.id AND {boundary_in_force}
         WHERE a.id = ANY (ARRAY(SELECT village_id FROM cells))
         GROUP BY 1
    )
    SELECT (SELECT json_agg(json_build_array(code, path) ORDER BY code)
              FROM paths WHERE path <> ''),
           (SELECT json_object_agg(township, path) FROM villages),
           ceil(wide / unit)::int, ceil(high / unit)::int, west, south, east, north
      FROM v
    """


_PRESENT = _statement(_CELLS_NOW, _VILLAGES_NOW, past=False)
_PAST = _statement(
    _CELLS_THEN.format(then=in_force("c", past=True)),
    _VILLAGES_THEN.format(then=in_force("a", past=True)),
    past=True,
)
