"""200,000 points in a county's cells: who finds the cells, and what writing them down costs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import shapely
from psycopg2 import extensions
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench.decisions.compare import compare, timed
from bench.ground import Size, connect, lay
from geo.cells import CellIndex
from server.cluster import temporary_cluster
from server.demo.county import SEED, County, draw
from server.places import queries

POINTS = 200_000
ONE_BY_ONE = 1_000  # of them are placed row by row; the cost is scaled up
Points = Sequence[tuple[float, float]]


def main() -> None:
    """Measure and show."""
    county = draw()
    size = Size(households=50, county=lambda seed: county)
    with temporary_cluster() as cluster, tempfile.TemporaryDirectory() as directory:
        ground = lay(cluster.admin_url("county"), Path(directory), size)
        connection = connect(ground.template.admin_url)
        engine = create_engine(ground.template.admin_url)
        points = _scatter(county)
        _stage(connection, points)
        with Session(engine) as session:
            compare("Finding the cells", "ms", _finding(connection, session, county, points), 5)
        compare("Writing the cells down", "ms", _writing(connection), 5)
        _tell_hot(connection.cursor())
        connection.close()
        engine.dispose()


def _scatter(county: County) -> Points:
    """Points all over the county."""
    chance = np.random.default_rng(SEED)
    west, south, east, north = county.boundary.bounds
    lons = chance.uniform(west, east, POINTS * 4)
    lats = chance.uniform(south, north, POINTS * 4)
    inside = shapely.contains_xy(county.boundary, lons, lats)
    return list(zip(lons[inside].tolist(), lats[inside].tolist(), strict=True))[:POINTS]


def _stage(connection: extensions.connection, points: Points) -> None:
    """The points as a table with true geometry, as an import stages them."""
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE point (ord int PRIMARY KEY, geom geometry (Point, 4326) NOT NULL)")
    cursor.execute(
        """INSERT INTO point SELECT ord, ST_SetSRID(ST_MakePoint(lon, lat), 4326)
             FROM unnest(%s, %s) WITH ORDINALITY p (lon, lat, ord)""",
        ([lon for lon, _ in points], [lat for _, lat in points]),
    )
    connection.commit()
    connection.autocommit = True
    cursor.execute("VACUUM ANALYZE point")
    cursor.execute("VACUUM ANALYZE boundary")


def _finding(
    connection: extensions.connection, session: Session, county: County, points: Points
) -> dict[str, Callable[[], float]]:
    cursor = connection.cursor()
    lons, lats = (np.array(axis) for axis in zip(*points, strict=True))
    codes, shapes = zip(*((cell.code, cell.polygon) for cell in county.cells), strict=True)

    def index() -> None:
        CellIndex(codes, shapes).locate(lons, lats)

    def one_by_one() -> None:
        for point in points[:ONE_BY_ONE]:
            queries.locate(session, [point])

    def join() -> None:
        cursor.execute(f"SELECT count(*) FROM ({_PLACED}) placed")

    def indexed(query: str) -> None:
        cursor.execute("CREATE INDEX point_geom ON point USING gist (geom)")
        cursor.execute("ANALYZE point")
        cursor.execute(f"SELECT count(*) FROM ({query}) placed")

    def join_indexed(query: str) -> float:
        cost = timed(partial(indexed, query))
        cursor.execute("DROP INDEX point_geom")
        return cost

    return {
        "join of a staged table": lambda: timed(join),
        "points indexed first": partial(join_indexed, _PLACED),
        "points indexed first, cell by cell": partial(join_indexed, _BY_CELL),
        "join of an array, read back": lambda: timed(lambda: queries.locate(session, points)),
        "CellIndex (STRtree), built each time": lambda: timed(index),
        "a query for each point (scaled)": lambda: timed(one_by_one) * POINTS / ONE_BY_ONE,
    }


def _writing(connection: extensions.connection) -> dict[str, Callable[[], float]]:
    """Into the household table as it is (`bucket` follows the cell), and without such indexes."""
    cursor = connection.cursor()
    cursor.execute(f"CREATE TABLE placed AS {_PLACED}")
    cursor.execute("CREATE UNIQUE INDEX ON placed (ord)")
    cursor.execute("ANALYZE placed")
    return {
        "insert already placed": partial(_insert, cursor, placed=True),
        "insert unplaced": partial(_insert, cursor, placed=False),
        "  then UPDATE, fillfactor 100": partial(_update, cursor, 100, indexed=True),
        "  then UPDATE, fillfactor 50": partial(_update, cursor, 50, indexed=True),
        "  no index on the cell, 100": partial(_update, cursor, 100, indexed=False),
        "  no index on the cell, 50": partial(_update, cursor, 50, indexed=False),
    }


def _insert(
    cursor: extensions.cursor, *, placed: bool, fill: int = 100, indexed: bool = True
) -> float:
    cursor.execute("DROP TABLE IF EXISTS home")
    cursor.execute(f"CREATE TABLE home (LIKE household INCLUDING ALL) WITH (fillfactor = {fill})")
    if not indexed:
        cursor.execute("ALTER TABLE home DROP COLUMN bucket")  # and its indexes
        cursor.execute(_PARTIAL)
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
    return timed(lambda: cursor.execute(_INSERT if placed else _INSERT_UNPLACED))


def _update(cursor: extensions.cursor, fill: int, *, indexed: bool) -> float:
    _insert(cursor, placed=False, fill=fill, indexed=indexed)
    cursor.execute("VACUUM ANALYZE home")
    return timed(lambda: cursor.execute(_UPDATE))


def _tell_hot(cursor: extensions.cursor) -> None:
    """Which share of the updates stayed on their page and left the indexes alone."""
    for indexed in (True, False):
        for fill in (100, 50):
            _update(cursor, fill, indexed=indexed)
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute(_HOT)
            (share, size) = cursor.fetchone() or (0, 0)
            print(f"cell indexed {indexed}, fillfactor {fill}: HOT {share:.0%}, table {size} MB")


_PLACED = """
    SELECT DISTINCT ON (p.ord) p.ord, c.id AS cell_id, c.village_id
      FROM point p
      JOIN boundary b  ON b.valid_to IS NULL AND b.cell_id IS NOT NULL
                      AND ST_Covers(b.geom, p.geom)
      JOIN grid_cell c ON c.id = b.cell_id
     ORDER BY p.ord, c.code COLLATE "C"
"""
# The cell stays the same from point to point, so PostGIS prepares its polygon once.
_BY_CELL = """
    SELECT DISTINCT ON (p.ord) p.ord, c.id AS cell_id, c.village_id
      FROM boundary b
      JOIN grid_cell c ON c.id = b.cell_id
     CROSS JOIN LATERAL (SELECT ord FROM point WHERE ST_Covers(b.geom, geom) OFFSET 0) p
     WHERE b.valid_to IS NULL
     ORDER BY p.ord, c.code COLLATE "C"
"""
_INSERT = """
    INSERT INTO home (id, village_id, cell_id, placed_by, head_name, geom, external_id, created_at)
    SELECT gen_random_uuid(), village_id, cell_id, 'point', '\\x00', geom, ord, now()
      FROM placed JOIN point USING (ord)
"""
_INSERT_UNPLACED = """
    INSERT INTO home (id, village_id, unplaced, head_name, geom, external_id, created_at)
    SELECT gen_random_uuid(), village_id, 'no_place', '\\x00', geom, ord, now()
      FROM placed JOIN point USING (ord)
"""
_UPDATE = """
    UPDATE home SET cell_id = placed.cell_id, placed_by = 'point', unplaced = NULL
      FROM placed WHERE home.external_id = placed.ord::text
"""
_PARTIAL = """
    SELECT indexrelid::regclass::text FROM pg_index
     WHERE indrelid = 'home'::regclass AND indpred IS NOT NULL
"""
_HOT = """
    SELECT n_tup_hot_upd / greatest(n_tup_upd, 1)::float, pg_relation_size('home') / 1000000
      FROM pg_stat_user_tables WHERE relname = 'home'
"""


if __name__ == "__main__":
    main()
