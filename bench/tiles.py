"""Tiles of households over HTTP, to the county's desk, against the same statement as a superuser.

`python -m bench.decisions.tiles` measures them zoom by zoom, cells too, and beside tipg.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from time import perf_counter

from psycopg2 import extensions

from bench import web
from bench.ground import Ground, connect, settle
from bench.row import Bench, Pair
from geo.tiles import tile_of
from server.db import plain, transaction, worker
from server.demo.staff import PASSWORD, hire, plan_staff
from server.ids import new_id
from server.installation import Installation, opened
from server.maps.tiles.queries.drawing import frame_of
from server.maps.tiles.queries.households import STATEMENTS
from server.maps.tiles.rules.frame import SINGLE_HOUSEHOLDS, Tile

LOW, HIGH = (10, 11, 12, 13), (14, 15)
OF_EACH = 8  # tiles of a zoom
MORE = 10  # times the households of the other rows: 200,000
CLIENTS = 4  # of two, both might come to the same process of a server
Draw = Callable[[Tile], bytes]

# A point is found by where it lies, the cell comes with the polygon it was thrown into.
_SOW = """
    INSERT INTO household (id, village_id, cell_id, head_name, lon, lat, datum, geom, placed_by,
                           created_at)
    SELECT gen_random_uuid(), c.village_id, c.id, '\\x00', ST_X(p.geom), ST_Y(p.geom), 'wgs84',
           p.geom, 'point', now()
      FROM grid_cell c
      JOIN boundary b ON b.cell_id = c.id AND b.valid_to IS NULL
     CROSS JOIN LATERAL ST_Dump(ST_GeneratePoints(b.geom,
                (%(many)s / (SELECT count(*) FROM grid_cell))::int + 1, 7)) p
     LIMIT %(many)s
"""


def sow(ground: Ground, county: Installation, times: int = MORE) -> None:
    """Fill the county with so many times the households, set-wise, and hire its staff."""
    by = worker(ground.began)
    with opened(county.settings("worker")), transaction(by) as session:
        hire(session, by, plan_staff(ground.counts.busy_cells))
    connection = connect(county.admin_url)
    try:
        connection.cursor().execute(_SOW, {"many": ground.size.households * times})
        settle(connection)
    finally:
        connection.close()


def choose(county: Installation, zooms: Sequence[int]) -> list[Tile]:
    """Tiles that hold households, the same in every run of the same county."""
    connection = connect(county.admin_url)
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT ST_X(geom), ST_Y(geom) FROM household ORDER BY quadkey")
        points = cursor.fetchall()
    finally:
        connection.close()
    chosen = random.Random(7).sample(points, OF_EACH)
    lons, lats = zip(*chosen, strict=True)
    return [
        Tile(zoom, int(x), int(y))
        for zoom in zooms
        for x, y in zip(*tile_of(lons, lats, zoom), strict=True)
    ]


def rate(draws: Sequence[Draw], tiles: Sequence[Tile], rounds: int = 1) -> float:
    """Tiles a second, each of the clients drawing every tile."""
    with ThreadPoolExecutor(len(draws)) as pool:
        start = perf_counter()
        done = list(
            pool.map(lambda draw: [draw(tile) for _ in range(rounds) for tile in tiles], draws)
        )
        return sum(map(len, done)) / (perf_counter() - start)


@contextmanager
def ours(county: Installation, processes: int, layer: str) -> Iterator[list[Draw]]:
    """The county's desk over HTTP, as many clients as there are; nobody keeps a copy."""
    with ExitStack() as stack:
        port = stack.enter_context(web.serving(county.environment, processes))
        caller = web.Caller(port)
        stack.callback(caller.hang_up)
        token = caller.sign_in("county", PASSWORD, str(new_id(datetime.now(UTC))))
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
        path = f"/api/v1/tiles/{layer}/{{}}.mvt"
        yield [stack.enter_context(getting(port, path, headers)) for _ in range(CLIENTS)]


@contextmanager
def getting(port: int, path: str, headers: dict[str, str]) -> Iterator[Draw]:
    """A client over one connection that is kept, and made anew where the server has grown tired of
    waiting for its turn. Raises RuntimeError for an error.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def get(tile: Tile) -> HTTPResponse:
        connection.request("GET", path.format(tile), headers=headers)
        return connection.getresponse()

    def draw(tile: Tile) -> bytes:
        try:
            answer = get(tile)
        except (RemoteDisconnected, ConnectionError):
            connection.close()
            answer = get(tile)
        mvt = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{tile}: {answer.status}")
        return mvt

    try:
        yield draw
    finally:
        connection.close()


@contextmanager
def bare(county: Installation) -> Iterator[list[Draw]]:
    """The same statements of households as a superuser, who has no row security."""
    connections = [connect(county.admin_url) for _ in range(CLIENTS)]
    try:
        yield [_drawing(connection) for connection in connections]
    finally:
        for connection in connections:
            connection.close()


def _drawing(connection: extensions.connection) -> Draw:
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("SET max_parallel_workers_per_gather = 0; SET jit = off")
    statements = {near: plain(STATEMENTS[near, True]) for near in (False, True)}

    def draw(tile: Tile) -> bytes:
        cursor.execute(statements[tile.z >= SINGLE_HOUSEHOLDS], frame_of(tile))
        (mvt, *_) = cursor.fetchone() or (b"",)
        return bytes(mvt or b"")

    return draw


def _take(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        county = stack.enter_context(ground.fresh())
        sow(ground, county)
        tiles = choose(county, LOW)
        desks = stack.enter_context(ours(county, ground.size.processes, "households"))
        superuser = stack.enter_context(bare(county))
        rate(desks, tiles), rate(superuser, tiles)  # all is read once before the watch starts
        while True:
            yield Pair(rate(desks, tiles), rate(superuser, tiles))


BENCH = Bench(
    title="矢量瓦片 Vector tiles, z10–z13, 200,000 households",
    things="tiles",
    ours="HTTP, row security",
    plain="the statement, superuser",
    take=_take,
)
