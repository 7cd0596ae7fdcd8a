"""Villages, townships, the county."""

from __future__ import annotations

from datetime import datetime

from geo.codes import Level
from server.db import Identity
from server.maps.tiles.queries.drawing import (
    COUNTED,
    FITTING,
    Drawn,
    in_force,
    outline_in_tile,
    overlaps,
    run,
)
from server.maps.tiles.rules.frame import EXTENT, Tile, levels_at


def draw_areas(by: Identity, tile: Tile, at: datetime | None) -> Drawn:
    """Areas as they are, or as of `at`. One without a boundary of its own is the union of its
    villages.
    """
    statement = _PAST if at else _PRESENT
    levels = levels_at(tile.z)
    digits = Level(levels[0]).digits
    return run(by, statement, tile, levels=levels, digits=digits, at=at)


_NAMED_NOW = """
    SELECT id, level, code, left(name, 60) AS name FROM area WHERE ended_at IS NULL
"""
_NAMED_THEN = f"""
    SELECT a.id, a.level, l.code, left(l.name, 60) AS name
      FROM area_label l JOIN area a ON a.id = l.area_id WHERE {in_force("l", past=True)}
"""


def _statement(named: str, *, past: bool) -> str:
    return f"""
    WITH named AS MATERIALIZED ({named}
    ), drawn AS MATERIALIZED (
        SELECT n.*, b.geom, {overlaps("b")} AS near
          FROM named n JOIN boundary b ON b.area_id = n.id AND {in_force("b", past=past)}
    ), own AS (
        SELECT id, level, code, name, geom FROM drawn WHERE near AND level = ANY (:levels)
    ), made_up AS (
        SELECT n.id, n.level, n.code, n.name, whole.geom
          FROM (SELECT left(code, :digits) AS code, ST_Union(geom) AS geom
                  FROM drawn
                 WHERE level = 'village'
                   AND left(code, :digits) = ANY (ARRAY(
                           SELECT left(code, :digits) FROM drawn WHERE near AND level = 'village'))
                   AND left(code, :digits) <> ALL (ARRAY(
                           SELECT code FROM drawn WHERE level <> 'village'))
                 GROUP BY 1) whole
          JOIN named n USING (code)
    ), shaped AS MATERIALIZED (
        SELECT id, level, code, name, {outline_in_tile("geom")} AS shape, ST_Area(geom) AS size
          FROM (SELECT * FROM own UNION ALL SELECT * FROM made_up) areas
    ), {FITTING}
    SELECT (SELECT ST_AsMVT(f, 'areas', {EXTENT}, 'shape')
              FROM (SELECT shape, cast(id AS text) AS id, level, code, name
                      FROM fitting ORDER BY nth) f) AS mvt,
           {COUNTED}
    """


_PRESENT = _statement(_NAMED_NOW, past=False)
_PAST = _statement(_NAMED_THEN, past=True)
