"""Households: how many in each square from afar, one by one from near; nothing personal."""

from __future__ import annotations

from collections.abc import Collection

from server.db import Identity
from server.maps.tiles.queries.drawing import Drawn, point_in_tile, run
from server.maps.tiles.rules.frame import EXTENT, SINGLE_HOUSEHOLDS, Tile


def draw_households(by: Identity, tile: Tile, held: Collection[str] | None) -> Drawn:
    """Households within `held` (buckets; None: the county), without those that ended. Each point
    lies in exactly one tile. Where there are too many, clusters take their place.
    """
    county, within = held is None, sorted(held or ())
    if tile.z >= SINGLE_HOUSEHOLDS:
        drawn = run(by, STATEMENTS[True, county], tile, held=within)
        if not drawn.clustered:
            return drawn
    squares = run(by, STATEMENTS[False, county], tile, held=within)
    return squares._replace(clustered=tile.z >= SINGLE_HOUSEHOLDS)


def _where(*, county: bool) -> str:
    # An array written out is hashed; the policy's own, worked out anew, is searched for every row.
    within = "" if county else "AND h.bucket = ANY (cast(:held AS text[]))"
    return f"h.quadkey >= :low AND h.quadkey < :high AND h.state <> 'ended' {within}"


def _clusters(where: str) -> str:
    middle = "ST_SetSRID(ST_MakePoint(lon, lat), 4326)"
    return f"""
    SELECT ST_AsMVT(f, 'households', {EXTENT}, 'shape') AS mvt, count(*) AS features,
           sum(f.households) AS there, false AS clustered, false AS cut
      FROM (SELECT {point_in_tile(middle)} AS shape, households
              FROM (SELECT count(*) AS households, avg(ST_X(geom)) AS lon, avg(ST_Y(geom)) AS lat
                      FROM household h
                     WHERE {where}
                     GROUP BY quadkey >> :shift) squares) f
    """


def _points(where: str) -> str:
    # Too many are found out by drawing one too many: planning the clusters with every tile, for
    # the crowd that hardly any has, was half of what a small tile cost.
    return f"""
    SELECT ST_AsMVT(f, 'households', {EXTENT}, 'shape') AS mvt, count(*) AS features,
           count(*) AS there, count(*) > :most_points AS clustered, false AS cut
      FROM (SELECT {point_in_tile("geom")} AS shape, cast(id AS text) AS id, kind, state,
                   placed_by, accuracy_m AS accuracy
              FROM household h WHERE {where} LIMIT :most_points + 1) f
    """


# By (one by one?, whole county?).
STATEMENTS = {
    (near, county): (_points if near else _clusters)(_where(county=county))
    for near in (False, True)
    for county in (False, True)
}
