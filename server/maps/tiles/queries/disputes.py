"""Open disputes. Where one lies more closely than its cell, only those who handle it may see."""

from __future__ import annotations

from collections.abc import Collection

from server.db import Identity
from server.ladder.states import OPEN
from server.maps.tiles.queries.drawing import Drawn, point_in_tile, run
from server.maps.tiles.rules.frame import EXTENT, SINGLE_DISPUTES, Tile


def draw_disputes(by: Identity, tile: Tile, held: Collection[str] | None) -> Drawn:
    """Open disputes within `held` (buckets; None: the county) or held by the asker's Office.

    Each is drawn in the middle of its cell, of its village, or between its villages; one that the
    asker's Office handles where the household lives that is a party to it, if there is one.
    """
    west, south, east, north = tile.edges
    return run(
        by,
        _STATEMENT,
        tile,
        near=tile.z >= SINGLE_DISPUTES,
        everywhere=held is None,
        held=sorted(held or ()),
        asker=by.user_id,
        now=by.now,
        open=[state.value for state in OPEN],
        left=west,
        bottom=south,
        right=east,
        top=north,
    )


_CROWDED = "NOT :near OR (SELECT count(*) > :most_points FROM here)"
_MEAN = "ST_SetSRID(ST_MakePoint(avg(ST_X(place)), avg(ST_Y(place))), 4326)"
_STATEMENT = f"""
    WITH within AS (
        SELECT dispute_id FROM dispute_place WHERE bucket = ANY (cast(:held AS text[]))
    ), villages AS (
        SELECT dispute_id FROM dispute_place
         WHERE 'v:' || village_id = ANY (cast(:held AS text[]))
    ), known AS MATERIALIZED (
        SELECT d.id, d.status, d.level, d.category, d.cell_id, d.village_id,
               d.office_id = ANY (ARRAY(SELECT gate.my_offices())) AS handled
          FROM dispute d
         WHERE d.status = ANY (:open)
           AND (:everywhere OR d.id IN (SELECT dispute_id FROM within)
                OR d.office_id = ANY (ARRAY(SELECT gate.my_offices()))
                OR d.recorded_by = :asker AND d.id IN (SELECT dispute_id FROM villages))
    ), placed AS (
        SELECT k.*, coalesce(home.geom, cell.middle, village.middle, amid.middle) AS place,
               home.geom IS NOT NULL AS precise
          FROM known k
          LEFT JOIN boundary cell    ON cell.cell_id = k.cell_id AND cell.valid_to IS NULL
          LEFT JOIN boundary village ON village.area_id = k.village_id AND village.valid_to IS NULL
          LEFT JOIN LATERAL (
               SELECT ST_Centroid(ST_Collect(b.middle)) AS middle
                 FROM dispute_place p
                 JOIN boundary b ON b.area_id = p.village_id AND b.valid_to IS NULL
                WHERE p.dispute_id = k.id) amid
               ON cell.middle IS NULL AND village.middle IS NULL
          LEFT JOIN LATERAL (
               SELECT h.geom
                 FROM party JOIN household h ON h.id = party.household_id
                WHERE party.dispute_id = k.id AND h.geom IS NOT NULL
                ORDER BY party.side, party.id LIMIT 1) home ON k.handled
    ), here AS MATERIALIZED (
        SELECT p.*, EXISTS (SELECT FROM holding h
                             WHERE h.dispute_id = p.id AND h.ended_at IS NULL
                               AND h.due_at <= :now) AS overdue
          FROM placed p
         WHERE ST_X(place) >= :left AND ST_X(place) < :right
           AND ST_Y(place) > :bottom AND ST_Y(place) <= :top
    ), features AS MATERIALIZED (
        SELECT {point_in_tile("place")} AS shape, cast(id AS text) AS id, status, level, category,
               overdue, precise, cast(NULL AS bigint) AS disputes, cast(NULL AS bigint) AS late
          FROM here WHERE NOT ({_CROWDED})
        UNION ALL
        SELECT {point_in_tile("place")}, NULL, NULL, NULL, NULL, NULL, NULL, disputes, late
          FROM (SELECT {_MEAN} AS place, count(*) AS disputes,
                       count(*) FILTER (WHERE overdue) AS late
                  FROM here WHERE {_CROWDED}
                 GROUP BY quadkey_of(place) >> :shift) squares
    )
    SELECT (SELECT ST_AsMVT(f, 'disputes', {EXTENT}, 'shape') FROM features f) AS mvt,
           (SELECT count(*) FROM features) AS features,
           (SELECT count(*) FROM here) AS there,
           :near AND (SELECT count(*) > :most_points FROM here) AS clustered, false AS cut
    """
