"""Visits that phones deliver over HTTP, against plain INSERT of the same rows in batches."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from random import Random
from time import monotonic_ns, perf_counter
from typing import Any

from psycopg2 import extensions
from psycopg2.extras import execute_values

from bench import web
from bench.ground import Ground, connect
from bench.row import Bench, Pair
from bench.stock import Holder, stock, write_note
from server.demo.staff import PASSWORD
from server.ids import new_id
from server.installation import Installation
from sync.clock import to_ms
from sync.model import Change, Instant, Op, Push
from sync.wire import encode_push

PHONES, BATCH = 8, 20  # the load that the row's ratio is of, always among those of the ground
HOMES = 20  # households of each phone


def _take(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        county = stack.enter_context(ground.fresh())
        asked = ground.size.loads
        holders = stock(ground, county, max(phones for phones, _ in asked), HOMES)
        environment = {**county.environment, "WANGGE_MIN_FREE_BYTES": "0"}
        port = stack.enter_context(web.serving(environment, ground.size.processes))
        phones = [Phone(port, holder.login, homes_of(county, holder)) for holder in holders]
        for phone in phones:
            stack.callback(phone.caller.hang_up)
        plain = stack.enter_context(_plain(county, len(phones)))
        deliver(phones[:PHONES], 3, BATCH)  # each process answers for the first time
        while True:
            loads = {load: _pair(phones, plain, ground.size.pushes, *load) for load in asked}
            also = {f"{p}x{b}": pair.ratio for (p, b), pair in loads.items()}
            also |= {f"{p}x{b}_visits/s": pair.ours for (p, b), pair in loads.items()}
            yield loads[PHONES, BATCH]._replace(also=also | _bytes(phones[0]))


def _pair(phones: Sequence[Phone], plain: Plain, pushes: int, of: int, batch: int) -> Pair:
    """As many pushes in all whatever the number of phones, and the same visits the plain way."""
    some = phones[:of]
    ids, seconds = deliver(some, max(1, pushes * PHONES // of), batch)
    return Pair(len(ids) / seconds, len(ids) / plain(ids, len(some), batch))


def _bytes(phone: Phone) -> dict[str, float]:
    """What a visit with a note of fifty characters takes on the wire, there and as an answer."""
    (push,) = phone.write(1, BATCH)
    body = web.pack(encode_push(push))
    answer = phone.caller.post("/sync/push", body)
    return {"bytes_a_visit": len(body) / BATCH, "bytes_of_its_answer": len(answer) / BATCH}


def homes_of(county: Installation, holder: Holder) -> list[str]:
    """Households of a worker's cell."""
    connection = connect(county.admin_url)
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT id FROM household WHERE cell_id = %s", (str(holder.cell_id),))
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
        self._chance = Random(self.device)

    def write(self, pushes: int, batch: int) -> list[Push]:
        """So many pushes of so many visits, recorded now."""
        return [self._push(batch) for _ in range(pushes)]

    def _push(self, batch: int) -> Push:
        now = Instant(to_ms(datetime.now(UTC)), monotonic_ns() // 1_000_000, "bench")
        changes = tuple(self._visit(now) for _ in range(batch))
        return Push(device=self.device, epoch=None, clock=now, changes=changes)

    def _visit(self, now: Instant) -> Change:
        self._n += 1
        home = self._homes[self._n % len(self._homes)]
        mid, id_ = (str(new_id(datetime.now(UTC))) for _ in range(2))
        told = {"household_id": home, "outcome": "met", "note": write_note(self._chance)}
        return Change(mid, self._n, "visit", id_, Op.APPEND, told, now)


def deliver(phones: Sequence[Phone], pushes: int, batch: int) -> tuple[list[str], float]:
    """All phones at once, each over a new connection that it keeps: ids of visits, and seconds.

    Raises RuntimeError where a visit was not applied.
    """
    written = [phone.write(pushes, batch) for phone in phones]
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
    with ThreadPoolExecutor(len(of_each[0])) as threads:
        return list(threads.map(do, *of_each))


Plain = Callable[[Sequence[str], int, int], float]


@contextmanager
def _plain(county: Installation, most: int) -> Iterator[Plain]:
    """How to insert these visits again into a table like `visit`, over as many connections.

    The table has the indexes and checks, no triggers, foreign keys or policies.
    """
    connections = [connect(county.admin_url) for _ in range(most)]
    try:
        connections[0].cursor().execute("CREATE TABLE plain (LIKE visit INCLUDING ALL)")
        connections[0].commit()
        yield lambda ids, of, batch: _insert(connections[:of], ids, batch)
    finally:
        for connection in connections:
            connection.close()


def _insert(connections: Sequence[extensions.connection], ids: Sequence[str], batch: int) -> float:
    """Seconds for INSERT of these visits, `batch` a commit."""
    cursor = connections[0].cursor()
    cursor.execute("SELECT * FROM visit WHERE id = ANY (%s::uuid[])", (list(ids),))
    columns = ", ".join(column.name for column in cursor.description or ())
    rows = cursor.fetchall()
    connections[0].commit()
    statement = f"INSERT INTO plain ({columns}) VALUES %s"
    shares = [rows[k :: len(connections)] for k in range(len(connections))]
    start = perf_counter()
    _at_once(
        lambda connection, mine: _insert_batches(connection, statement, mine, batch),
        connections,
        shares,
    )
    return perf_counter() - start


def _insert_batches(
    connection: extensions.connection, statement: str, rows: Sequence[Any], batch: int
) -> None:
    for first in range(0, len(rows), batch):
        execute_values(connection.cursor(), statement, rows[first : first + batch])
        connection.commit()


BENCH = Bench(
    title="手机上传走访 Visits of phones",
    things="visits",
    ours="8 phones, pushes of 20 over HTTP (and 1, 8, 32 phones × 1, 20, 100)",
    plain="INSERT of as many rows, over as many connections",
    take=_take,
)
