"""A county's list of households, read, placed and fed to phones, against COPY of the same rows.

COPY uses one CPU and does less: no reading, sealing, placing, foreign keys, history or feed.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from time import perf_counter

from psycopg2 import extensions

from bench.ground import Ground, connect
from bench.row import Bench, Pair
from geo.datum import Datum
from server.db import worker
from server.demo.county import SEED
from server.demo.people import write_households_csv
from server.households.imports.service import load_households
from server.installation import Installation, opened


def _take(ground: Ground) -> Generator[Pair, None, None]:
    yield from _take_list(ground, ground.path)


def _take_many(ground: Ground) -> Generator[Pair, None, None]:
    path = ground.path.with_name("many.csv")
    write_households_csv(ground.size.county(SEED), path, SEED, ground.size.many)
    yield from _take_list(ground, path)


def _take_list(ground: Ground, path: Path) -> Generator[Pair, None, None]:
    while True:
        with ground.fresh() as county:
            seconds = _import(path, county)
            made, plain = _copy(county)
        yield Pair(made / seconds, made / plain)


def _import(path: Path, county: Installation) -> float:
    """Seconds for what `wangge load households` does."""
    with opened(county.settings("worker")):
        start = perf_counter()
        load_households(worker(datetime.now(UTC)), path, Datum.GCJ02)
        return perf_counter() - start


def _copy(county: Installation) -> tuple[int, float]:
    """How many households there are, and the seconds for COPY of them into a plain table."""
    connection = connect(county.admin_url)
    try:
        columns = _make_plain(connection)
        rows = BytesIO()
        cursor = connection.cursor()
        cursor.copy_expert(f"COPY household ({columns}) TO STDOUT", rows)
        rows.seek(0)
        start = perf_counter()
        cursor.copy_expert(f"COPY plain ({columns}) FROM STDIN", rows)
        connection.commit()
        return cursor.rowcount, perf_counter() - start
    finally:
        connection.close()


def _make_plain(connection: extensions.connection) -> str:
    """A table like `household`, its indexes and checks included, without triggers and policies.

    Returns its columns but the computed one, joined by commas.
    """
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE plain (LIKE household INCLUDING ALL)")
    cursor.execute("""
        SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
         WHERE attrelid = 'household'::regclass AND attnum > 0
           AND attgenerated = '' AND NOT attisdropped
    """)
    (columns,) = cursor.fetchone() or ("",)
    connection.commit()
    return str(columns)


BENCH = Bench(
    title="导入住户名单 Importing households",
    things="households",
    ours="wangge load households",
    plain="COPY, same rows and indexes",
    take=_take,
)
MANY = replace(BENCH, title="导入大县名单 Importing 200,000 households", take=_take_many)
