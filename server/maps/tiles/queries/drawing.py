"""What all layers share: parameters, what comes out, and how old it is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, cast

from server.db import Identity, ask
from server.maps.tiles.rules.frame import (
    BUFFER,
    EXTENT,
    MOST_FEATURES,
    MOST_POINTS,
    MOST_VERTICES,
    Tile,
)

_SECONDS = 8  # a tile that takes longer helps nobody; the client asks again


class Drawn(NamedTuple):
    """A tile. `features`: in it; `there`: what it would hold whole; `clustered`: too many points;
    `cut`: too many outlines, the smallest are left out. `mark`: the newest of the feed as the tile
    was drawn: both are of one snapshot.
    """

    mvt: bytes
    features: int
    there: int
    clustered: bool
    cut: bool
    mark: str | None


_NEWEST = "(SELECT cast(mark AS text) FROM feed_mark ORDER BY seq DESC LIMIT 1)"


def find_mark(by: Identity) -> str | None:
    """The newest mark of the feed."""
    (mark,) = ask(f"SELECT {_NEWEST}", {}, by) or (None,)
    return cast(str | None, mark)


def run(by: Identity, statement: str, tile: Tile, **asked: Any) -> Drawn:
    """Draw one tile by a statement that gives the columns of Drawn but the mark."""
    values = {**frame_of(tile), **asked}
    mvt, *rest = ask(_marked(statement), values, by, seconds=_SECONDS) or _NOTHING
    return Drawn(bytes(mvt), *rest)


_NOTHING = (b"", 0, 0, False, False, None)


@cache
def _marked(statement: str) -> str:
    return f"""
    SELECT coalesce(mvt, ''), coalesce(features, 0), cast(coalesce(there, 0) AS bigint),
           clustered, cut, {_NEWEST}
      FROM ({statement}) drawn
    """


def frame_of(tile: Tile) -> Mapping[str, Any]:
    """Parameters that every statement may use."""
    west, south, east, north = tile.reach
    low, high = tile.keys
    return {
        "z": tile.z,
        "x": tile.x,
        "y": tile.y,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "low": low,
        "high": high,
        "shift": tile.square_shift,
        "tolerance": tile.tolerance,
        "most": MOST_FEATURES,
        "most_points": MOST_POINTS,
        "most_vertices": MOST_VERTICES,
    }


def point_in_tile(lon_lat: str) -> str:
    """SQL: a WGS-84 point in the units of the tile. It lies within already, nothing is clipped."""
    return f"""ST_AsMVTGeom(ST_Transform({lon_lat}, 3857), ST_TileEnvelope(:z, :x, :y),
                            {EXTENT}, 0, false)"""


def outline_in_tile(geom: str) -> str:
    """SQL: a WGS-84 polygon in the units of the tile, simplified and clipped; NULL where nothing is
    left of it.
    """
    return f"""ST_AsMVTGeom(ST_Simplify(ST_Transform({geom}, 3857), :tolerance, true),
                            ST_TileEnvelope(:z, :x, :y), {EXTENT}, {BUFFER}, true)"""


def overlaps(boundary: str) -> str:
    """SQL: the boundary's extent meets the tile."""
    return f"""{boundary}.west < :east AND {boundary}.east > :west
               AND {boundary}.south < :north AND {boundary}.north > :south"""


def in_force(dated: str, *, past: bool) -> str:
    """SQL: a dated row holds now; or held at `:at`."""
    if not past:
        return f"{dated}.valid_to IS NULL"
    return f"{dated}.valid_from < :at AND ({dated}.valid_to IS NULL OR {dated}.valid_to >= :at)"


# Largest first, as many as the bounds allow; what is left out is counted.
FITTING = """
    fitting AS (
        SELECT * FROM (
            SELECT shaped.*,
                   row_number()              OVER ordered AS nth,
                   sum(ST_NPoints(shape))    OVER ordered AS vertices,
                   count(*)                  OVER ()      AS there
              FROM shaped
             WHERE shape IS NOT NULL
            WINDOW ordered AS (ORDER BY size DESC, code)) all_of_them
         WHERE nth <= :most AND vertices <= :most_vertices
    )
"""
COUNTED = """
    (SELECT count(*) FROM fitting) AS features,
    (SELECT count(*) FROM shaped WHERE shape IS NOT NULL) AS there,
    false AS clustered,
    (SELECT count(*) FROM fitting) < (SELECT count(*) FROM shaped WHERE shape IS NOT NULL) AS cut
"""
