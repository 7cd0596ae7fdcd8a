"""What phones fetch: a first sync, a hundred of them at once, and a pull with nothing new.

The server is the real one over loopback; phones of one worker share a login, so that Argon2 is not
what is measured, and what each of them asks was found out before: they send and read, no more.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import orjson
from psycopg2 import extensions

from bench import web
from bench.ground import Ground, connect
from bench.row import Bench, Pair
from bench.stock import Holder, stock
from server.demo.staff import PASSWORD
from server.ids import new_id
from server.installation import Installation

MANY = 10  # workers with as much each, where there are many phones or ten times the data
SCHEMA = 2

# The same rows, every column, as a superuser: no policies, nothing opened, nothing packed.
_PLAIN = (
    "SELECT * FROM feed_entry WHERE bucket = ANY (%(buckets)s) ORDER BY bucket, seq",
    "SELECT * FROM household WHERE bucket = ANY (%(buckets)s)",
    "SELECT * FROM visit WHERE bucket = ANY (%(buckets)s)",
    "SELECT d.* FROM dispute d JOIN dispute_place p ON p.dispute_id = d.id"
    " WHERE p.bucket = ANY (%(buckets)s)",
    "SELECT e.* FROM dispute_event e JOIN dispute_place p USING (dispute_id)"
    " WHERE p.bucket = ANY (%(buckets)s)",
)
_PLAIN_HEADS = ("SELECT * FROM feed_head WHERE bucket = ANY (%(buckets)s)",)


@dataclass(slots=True)
class Phone:
    """A phone that knows what it will ask: the bodies of its first sync, and of a later pull."""

    caller: web.Caller
    device: str
    buckets: list[str] = field(default_factory=list)
    first: list[bytes] = field(default_factory=list)
    later: bytes = b""
    rows: dict[str, int] = field(default_factory=dict)
    bytes: int = 0  # of all pages, packed
    bytes_of_visits: int = 0

    def learn(self) -> None:
        """The first sync, page by page, looked into."""
        page: Mapping[str, Any] = {}
        while not self.first or page["more"]:
            asked = {"device": self.device, "schema": SCHEMA, "limit": 2000}
            body = web.pack({**asked, "epoch": page.get("epoch"), "cursor": page.get("cursor")})
            self.first.append(body)
            answer = self.caller.post("/sync/pull", body)
            self.bytes += len(answer)
            page = web.unpack(answer)
            self._count(page)
        self.buckets = list(page["buckets"])
        self.later = web.pack({**asked, "epoch": page["epoch"], "cursor": page["cursor"]})

    def _count(self, page: Mapping[str, Any]) -> None:
        for tables in page["put"].values():
            for entity, table in tables.items():
                self.rows[entity] = self.rows.get(entity, 0) + len(table["rows"])
                if entity == "visit":
                    self.bytes_of_visits += len(gzip.compress(orjson.dumps(table["rows"]), 1))


def _take_first(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        county, holders = stack.enter_context(_stocked(ground, 1))
        (phone,) = stack.enter_context(_phones(ground, county, holders))
        connection = stack.enter_context(_connection(county))
        rows = sum(phone.rows.values())
        also = {
            "kB": phone.bytes / 1000,
            "bytes_a_visit": phone.bytes_of_visits / phone.rows["visit"],
        }
        while True:
            ours = _timed(lambda: _sync(phone.caller, phone))
            plain = _timed(lambda: _select(connection, _PLAIN, phone.buckets))
            yield Pair(rows / ours, rows / plain, {"seconds": ours, **also})


def _take_firsts(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        county, holders = stack.enter_context(_stocked(ground, min(MANY, ground.size.phones)))
        taught = stack.enter_context(_phones(ground, county, holders))
        phones = [taught[k % len(taught)] for k in range(ground.size.phones)]
        callers = [phone.caller.twin() for phone in phones]
        for caller in callers:
            stack.callback(caller.hang_up)
        connections = [stack.enter_context(_connection(county)) for _ in range(2)]
        rows = sum(sum(phone.rows.values()) for phone in phones)
        with ThreadPoolExecutor(len(phones)) as threads:
            while True:
                ours = _timed(lambda: list(threads.map(_sync, callers, phones)))
                plain = _timed(lambda: list(threads.map(_select_all, connections, _halves(phones))))
                yield Pair(rows / ours, rows / plain, {"seconds": ours})


def _take_empty(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        small, holders = stack.enter_context(_stocked(ground, 1))
        large, all_holders = stack.enter_context(_stocked(ground, min(MANY, ground.size.phones)))
        (here,) = stack.enter_context(_phones(ground, small, holders))
        (there, *_) = stack.enter_context(_phones(ground, large, all_holders[:1]))
        connection = stack.enter_context(_connection(small))
        while True:
            spent = _pull_by_turns(here, there, ground.size.pulls)
            heads = [
                _timed(lambda: _select(connection, _PLAIN_HEADS, here.buckets))
                for _ in range(ground.size.pulls)
            ]
            also = {**_shares(spent[0], ""), **_shares(spent[1], "_10x")}
            also["cost_10x"] = median(spent[1]) / median(spent[0])
            yield Pair(1 / median(spent[0]), 1 / median(heads), also)


def _pull_by_turns(here: Phone, there: Phone, times: int) -> tuple[list[float], list[float]]:
    """Seconds of pulls that bring nothing, from both counties by turns: noise is shared."""
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for phone, seconds in zip((here, there), spent, strict=True):
            seconds.append(_timed(partial(phone.caller.post, "/sync/pull", phone.later)))
    return spent


def _shares(seconds: Sequence[float], of: str) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        f"p50_ms{of}": median(ordered) * 1000,
        f"p99_ms{of}": ordered[len(ordered) * 99 // 100] * 1000,
    }


@contextmanager
def _stocked(ground: Ground, workers: int) -> Iterator[tuple[Installation, list[Holder]]]:
    with ground.fresh() as county:
        yield county, stock(ground, county, workers, ground.size.homes)


@contextmanager
def _phones(
    ground: Ground, county: Installation, holders: Sequence[Holder]
) -> Iterator[list[Phone]]:
    """One signed-in phone for each holder, which has synced once."""
    with web.serving(county.environment, ground.size.processes) as port, ExitStack() as stack:
        phones = []
        for holder in holders:
            phone = Phone(web.Caller(port), str(new_id(datetime.now(UTC))))
            stack.callback(phone.caller.hang_up)
            phone.caller.sign_in(holder.login, PASSWORD, phone.device)
            phone.learn()
            phones.append(phone)
        yield phones


@contextmanager
def _connection(county: Installation) -> Iterator[extensions.connection]:
    connection = connect(county.admin_url)
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def _sync(caller: web.Caller, phone: Phone) -> None:
    for body in phone.first:
        caller.post("/sync/pull", body)


def _select(
    connection: extensions.connection, statements: Sequence[str], buckets: Sequence[str]
) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, {"buckets": list(buckets)})
            cursor.fetchall()


def _select_all(connection: extensions.connection, phones: Sequence[Phone]) -> None:
    for phone in phones:
        _select(connection, _PLAIN, phone.buckets)


def _halves(phones: Sequence[Phone]) -> list[Sequence[Phone]]:
    return [phones[0::2], phones[1::2]]


def _timed(do: Callable[[], object]) -> float:
    start = perf_counter()
    do()
    return perf_counter() - start


FIRST = Bench(
    title="首次同步 First sync of a phone",
    things="rows",
    ours="1,000 households, 5,000 visits, 50 disputes over HTTP",
    plain="SELECT of the same rows as superuser",
    take=_take_first,
)
FIRSTS = Bench(
    title="一百部手机同时首次同步 A hundred first syncs at once",
    things="rows",
    ours="100 connections",
    plain="SELECT of the same rows as superuser, 2 connections",
    take=_take_firsts,
)
EMPTY = Bench(
    title="无新内容的拉取 A pull with nothing new",
    things="pulls",
    ours="signed in, over HTTP",
    plain="SELECT of the heads as superuser",
    take=_take_empty,
)
