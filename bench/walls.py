"""What row security costs: boxes and tiles of a village, a township and the county, at p95.

The same statements in turn, as the web's role that has been told who asks, and as a superuser, whom
row security does not hold. Both keep to the asker's places, as the first wall has it. `also`
tells each: times what the same query takes without row security (target: at most 1.5).
"""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import geometric_mean, quantiles
from time import perf_counter
from typing import Any

from psycopg2 import extensions
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from bench.ground import Ground, connect
from bench.row import Bench, Pair
from bench.tiles import choose, sow
from geo.tiles import tile_of
from server.access.queries import list_places
from server.db import Identity, plain, transaction, worker
from server.demo.staff import plan_staff
from server.installation import Installation, opened
from server.maps.features.queries import Form, features_of
from server.maps.features.rules import Box, Wanted
from server.maps.tiles.queries.drawing import frame_of
from server.maps.tiles.queries.households import STATEMENTS
from server.maps.tiles.rules.frame import SINGLE_HOUSEHOLDS, Tile

TIMES = 25  # the households of other rows: 500,000
ZOOMS = (12, 13, 14, 15)
BOXES, PAGE, RUNS = 32, 100, 5
HALF = 0.01  # degrees: a screen of a village, about 2 km across
_TELL = "SELECT set_config('role', 'wangge_app', true), set_config('app.user', %s, true),"
_TELL += " set_config('app.now', %s, true)"
Asked = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody of one level, and the queries of that person's map."""

    level: str
    user: str
    boxes: Sequence[Asked]
    tiles: Sequence[Asked]


def _askers(ground: Ground, county: Installation) -> list[Asker]:
    """A mediator, a supervisor and the county's desk, each with boxes and tiles of their own."""
    staff = plan_staff(ground.counts.busy_cells)
    village = staff.mediators[0]
    posts = {
        "village": village,
        "township": staff.supervisor_of(village.code[:9]),
        "county": staff.others[0],
    }
    return [_asker(county, level, post.login, post.code) for level, post in posts.items()]


def _asker(county: Installation, level: str, login: str, code: str) -> Asker:
    now = datetime.now(UTC)
    with opened(county.settings("worker")), transaction(worker(now)) as session:
        find = text("SELECT id FROM user_account WHERE login = :login")
        user = session.execute(find, {"login": login}).scalar_one()
    me = Identity(now, user)
    with opened(county.settings("web")), transaction(me) as session:
        held = None if level == "county" else sorted(list_places(session, user, now))
    with closing(connect(county.admin_url)) as connection, connection.cursor() as cursor:
        cursor.execute(_POINTS, {"under": f"{code}%"})
        points = random.Random(7).sample(found := cursor.fetchall(), min(BOXES, len(found)))
    tiles = choose(county, ZOOMS) if level == "county" else _around(points)
    return Asker(
        level,
        str(user),
        [_box(lon, lat, held) for lon, lat in points],
        [_tile(tile, held) for tile in tiles],
    )


_POINTS = """
    SELECT ST_X(h.geom), ST_Y(h.geom) FROM household h JOIN area v ON v.id = h.village_id
     WHERE v.code LIKE %(under)s ORDER BY h.quadkey
"""


def _around(points: Sequence[tuple[float, float]]) -> list[Tile]:
    lons, lats = zip(*points[:8], strict=True)
    return [
        Tile(zoom, int(x), int(y))
        for zoom in ZOOMS
        for x, y in zip(*tile_of(lons, lats, zoom), strict=True)
    ]


def _box(lon: float, lat: float, held: Sequence[str] | None) -> Asked:
    wanted = Wanted(boxes=(Box(lon - HALF, lat - HALF, lon + HALF, lat + HALF),))
    query = features_of("households", held, wanted, Form.GEOJSON)
    query = query.order_by(query.selected_columns["id"]).limit(PAGE)
    compiled = query.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call] # untyped
    return str(compiled), compiled.params


def _tile(tile: Tile, held: Sequence[str] | None) -> Asked:
    statement = STATEMENTS[tile.z >= SINGLE_HOUSEHOLDS, held is None]
    return plain(statement), {**frame_of(tile), "held": list(held or ())}


def _p95(connection: extensions.connection, user: str | None, asked: Sequence[Asked]) -> float:
    """Seconds at the 95th percentile of the queries, each a transaction of its own."""
    return quantiles((_best(connection, user, *one) for one in asked), n=20)[-1]


def _best(
    connection: extensions.connection, user: str | None, statement: str, values: Mapping[str, Any]
) -> float:
    """The quickest of RUNS: what else the machine does meanwhile is nobody's cost."""
    took, now = [], datetime.now(UTC).isoformat()
    for _ in range(RUNS):
        with connection.cursor() as cursor:
            start = perf_counter()
            if user:
                cursor.execute(_TELL, (user, now))
            cursor.execute(statement, values)
            cursor.fetchall()
            took.append(perf_counter() - start)
        connection.rollback()
    return min(took)


def _take(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        county = stack.enter_context(ground.fresh())
        sow(ground, county, TIMES)
        askers = _askers(ground, county)
        web = stack.enter_context(closing(connect(county.environment["WANGGE_DATABASE_URL"])))
        free = stack.enter_context(closing(connect(county.admin_url)))
        with free.cursor() as cursor:
            cursor.execute("SET max_parallel_workers_per_gather = 0; SET jit = off")
        free.commit()
        while True:
            yield _pair(web, free, askers)


def _pair(web: extensions.connection, free: extensions.connection, askers: Sequence[Asker]) -> Pair:
    held, unheld, also = [], [], {}
    for asker in askers:
        for name, asked in (("box", asker.boxes), ("tile", asker.tiles)):
            held.append(_p95(web, asker.user, asked))
            unheld.append(_p95(free, None, asked))
            also[f"{asker.level} {name}"] = held[-1] / unheld[-1]
            also[f"{asker.level} {name} ms"] = held[-1] * 1000
            also[f"{asker.level} {name} ms without"] = unheld[-1] * 1000
    return Pair(1 / geometric_mean(held), 1 / geometric_mean(unheld), also)


BENCH = Bench(
    title="行级安全 Boxes and tiles at p95 under row security, 500,000 households",
    things="queries",
    ours="as wangge_app, told who asks",
    plain="the same, superuser",
    take=_take,
)
