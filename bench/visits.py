"""Visits that phones deliver over HTTP, against plain INSERT of the same rows in batches."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from time import monotonic_ns, perf_counter
from typing import Any

from psycopg2 import extensions
from psycopg2.extras import execute_values

from bench import web
from bench.ground import Ground, connect
from bench.row import Bench, Pair
from geo.datum import Datum
from server.db import transaction, worker
from server.demo.staff import PASSWORD, hire, plan_staff
from server.households.imports.service import load_households
from server.ids import new_id
from server.installation import Installation, opened
from sync.clock import to_ms
from sync.model import Change, Instant, Op, Push
from sync.wire import encode_push

PHONES = 8
BATCH = 20  # visits of a push, rows of an INSERT
NOTE = "家中老人身体尚好。（合成示例）"


def _take(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        county = stack.enter_context(ground.fresh())
        homes = settle_in(ground, county)
        environment = {**county.environment, "WANGGE_MIN_FREE_BYTES": "0"}
        port = stack.enter_context(web.serving(environment, ground.size.processes))
        phones = [Phone(port, login, rows) for login, rows in homes.items()]
        for phone in phones:
            stack.callback(phone.caller.hang_up)
        plain = stack.enter_context(_plain(county))
        deliver(phones, 3)  # each process of the server answers for the first time
        while True:
            ids, seconds = deliver(phones, ground.size.pushes)
            rate = len(ids) / seconds
            yield Pair(rate, len(ids) / plain(ids))


def settle_in(ground: Ground, county: Installation) -> dict[str, list[str]]:
    """Households and workers as in the demo: login → households, for each phone."""
    by = worker(ground.began)
    staff = plan_staff(ground.counts.busy_cells)
    with opened(county.settings("worker")):
        load_households(by, ground.path, Datum.GCJ02)
        with transaction(by) as session:
            hire(session, by, staff)
    return {post.login: _homes(county, post.code) for post in staff.workers[:PHONES]}


def _homes(county: Installation, cell: str) -> list[str]:
    connection = connect(county.admin_url)
    try:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT h.id FROM household h JOIN grid_cell c ON c.id = h.cell_id WHERE c.code = %s",
            (cell,),
        )
        return [row[0] for row in cursor.fetchall()]
    finally:
        connection.close()


class Phone:
    """A phone that has its pushes packed before the watch starts."""

    def __init__(self, port: int, login: str, homes: Sequence[str]) -> None:
        self.device = str(new_id(datetime.now(UTC)))
        self.caller = web.Caller(port)
        self.caller.sign_in(login, PASSWORD, self.device)
        self._homes = homes
        self._n = 0

    def write(self, pushes: int) -> list[Push]:
        """So many pushes of visits, recorded now."""
        return [self._push() for _ in range(pushes)]

    def _push(self) -> Push:
        now = Instant(to_ms(datetime.now(UTC)), monotonic_ns() // 1_000_000, "bench")
        changes = tuple(self._visit(now) for _ in range(BATCH))
        return Push(device=self.device, epoch=None, clock=now, changes=changes)

    def _visit(self, now: Instant) -> Change:
        self._n += 1
        home = self._homes[self._n % len(self._homes)]
        mid, id_ = (str(new_id(datetime.now(UTC))) for _ in range(2))
        told = {"household_id": home, "outcome": "met", "note": NOTE}
        return Change(mid, self._n, "visit", id_, Op.APPEND, told, now)


def deliver(phones: Sequence[Phone], pushes: int) -> tuple[list[str], float]:
    """All phones at once, each over a new connection that it keeps: ids of visits, and seconds.

    Raises RuntimeError where a visit was not applied.
    """
    written = [phone.write(pushes) for phone in phones]
    packed = [[web.pack(encode_push(push)) for push in outbox] for outbox in written]
    for phone in phones:
        phone.caller.hang_up()
    start = perf_counter()
    answers = _at_once(_send, phones, packed)
    seconds = perf_counter() - start
    for answer in (answer for phone in answers for answer in phone):
        if {outcome["status"] for outcome in web.unpack(answer)["outcomes"]} != {"applied"}:
            raise RuntimeError("a visit was not applied")
    ids = [change.id for outbox in written for push in outbox for change in push.changes]
    return ids, seconds


def _send(phone: Phone, bodies: Sequence[bytes]) -> list[bytes]:
    return [phone.caller.post("/sync/push", body) for body in bodies]


def _at_once(do: Callable[..., Any], *of_each: Sequence[Any]) -> list[Any]:
    with ThreadPoolExecutor(PHONES) as threads:
        return list(threads.map(do, *of_each))


@contextmanager
def _plain(county: Installation) -> Iterator[Callable[[Sequence[str]], float]]:
    """How to insert these visits again into a table like `visit`: as many connections as phones.

    The table has the indexes and checks, no triggers, foreign keys or policies.
    """
    connections = [connect(county.admin_url) for _ in range(PHONES)]
    try:
        connections[0].cursor().execute("CREATE TABLE plain (LIKE visit INCLUDING ALL)")
        connections[0].commit()
        yield lambda ids: _insert(connections, ids)
    finally:
        for connection in connections:
            connection.close()


def _insert(connections: Sequence[extensions.connection], ids: Sequence[str]) -> float:
    """Seconds for INSERT of these visits, BATCH a commit."""
    cursor = connections[0].cursor()
    cursor.execute("SELECT * FROM visit WHERE id = ANY (%s::uuid[])", (list(ids),))
    columns = ", ".join(column.name for column in cursor.description or ())
    rows = cursor.fetchall()
    connections[0].commit()
    statement = f"INSERT INTO plain ({columns}) VALUES %s"
    start = perf_counter()
    _at_once(
        lambda connection, mine: _insert_batches(connection, statement, mine),
        connections,
        [rows[k :: len(connections)] for k in range(len(connections))],
    )
    return perf_counter() - start


def _insert_batches(connection: extensions.connection, statement: str, rows: Sequence[Any]) -> None:
    for first in range(0, len(rows), BATCH):
        execute_values(connection.cursor(), statement, rows[first : first + BATCH])
        connection.commit()


BENCH = Bench(
    title="手机上传走访 Visits of phones",
    things="visits",
    ours="8 phones, pushes of 20 over HTTP",
    plain="8 connections, INSERT of 20 rows",
    take=_take,
)
