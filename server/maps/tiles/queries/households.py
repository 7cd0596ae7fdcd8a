"""Households: how many in each square from afar, one by one from near; nothing personal."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from server.maps.tiles.queries.drawing import Drawn, point_in_tile, run
from server.maps.tiles.rules.frame import EXTENT, SINGLE_HOUSEHOLDS, Tile


def draw_households(session: Session, tile: Tile, held: Collection[str] | None) -> Drawn:
    """Households within `held` (buckets; None: the county), without those that ended. Each point
    lies in exactly one tile. Where there are too many, clusters take their place.
    """
    near = tile.z >= SINGLE_HOUSEHOLDS
    return run(session, STATEMENTS[near, held is None], tile, held=sorted(held or ()))


def _where(*, county: bool) -> str:
    # An array written out is hashed; the policy's own, worked out anew, is searched for every row.
    within = "" if county else "AND h.bucket = ANY (cast(:held AS text[]))"
    return f"h.quadkey >= :low AND h.quadkey < :high AND h.state <> 'ended' {within}"


def _squares(where: str, only: str = "") -> str:
    middle = "ST_SetSRID(ST_MakePoint(lon, lat), 4326)"
    return f"""
        SELECT {point_in_tile(middle)} AS shape, households
          FROM (SELECT count(*) AS households, avg(ST_X(geom)) AS lon, avg(ST_Y(geom)) AS lat
                  FROM household h
                 WHERE {where} {only}
                 GROUP BY quadkey >> :shift) squares
    """


def _clusters(where: str) -> str:
    return f"""
    SELECT ST_AsMVT(f, 'households', {EXTENT}, 'shape') AS mvt, count(*) AS features,
           sum(f.households) AS there, false AS clustered, false AS cut
      FROM ({_squares(where)}) f
    """


def _points(where: str) -> str:
    crowded = "(SELECT count(*) > :most_points FROM here)"
    return f"""
    WITH here AS MATERIALIZED (
        SELECT h.id, h.kind, h.state, h.placed_by, h.accuracy_m, h.geom
          FROM household h WHERE {where} LIMIT :most_points + 1
    ), features AS MATERIALIZED (
        SELECT {point_in_tile("geom")} AS shape, cast(id AS text) AS id, kind, state, placed_by,
               accuracy_m AS accuracy, cast(NULL AS bigint) AS households
          FROM here WHERE NOT {crowded}
        UNION ALL
        SELECT shape, NULL, NULL, NULL, NULL, NULL, households
          FROM ({_squares(where, f"AND {crowded}")}) squares
    )
    SELECT (SELECT ST_AsMVT(f, 'households', {EXTENT}, 'shape') FROM features f) AS mvt,
           (SELECT count(*) FROM features) AS features,
           (SELECT sum(coalesce(households, 1)) FROM features) AS there,
           {crowded} AS clustered, false AS cut
    """


# By (one by one?, whole county?).
STATEMENTS = {
    (near, county): (_points if near else _clusters)(_where(county=county))
    for near in (False, True)
    for county in (False, True)
}
