"""Pushes of phones while the audit is queued and sealed, against pushes without either."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from threading import Event, Thread
from time import perf_counter

from flask import Flask

from bench import web
from bench.ground import Ground, connect
from bench.row import Bench, Pair
from bench.stock import stock
from bench.visits import HOMES, Phone, deliver, homes_of
from server.audit.service.sealing import BATCH, seal
from server.db import transaction, worker
from server.installation import Installation, opened
from server.worker.sealing import seal_waiting

PHONES, CHANGES = 4, 100
EVERY = 1.0  # seconds between two rounds of the sealer: the worker waits twenty


def _take(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        county = stack.enter_context(ground.fresh())
        holders = stock(ground, county, PHONES, HOMES)
        environment = {**county.environment, "WANGGE_MIN_FREE_BYTES": "0"}
        port = stack.enter_context(web.serving(environment, ground.size.processes))
        phones = [Phone(port, holder.login, homes_of(county, holder)) for holder in holders]
        for phone in phones:
            stack.callback(phone.caller.hang_up)
        app = stack.enter_context(opened(county.settings("worker")))
        seal_waiting(worker(datetime.now(UTC)))  # what made the ground
        deliver(phones, 3, CHANGES)  # each process answers for the first time
        pushes = max(2, ground.size.pushes)
        for turn in count():
            first, second = (False, True) if turn % 2 else (True, False)  # who begins, by turns
            rate = dict.fromkeys((first, second), 0.0)
            for sealed in rate:
                rate[sealed] = _push(county, app, phones, pushes, sealed=sealed)
            yield Pair(rate[True], rate[False], {"acts_sealed/s": _seal_many(county)})


def _push(
    county: Installation, app: Flask, phones: list[Phone], pushes: int, *, sealed: bool
) -> float:
    """Visits a second."""
    with _sealing(county, app, on=sealed):
        ids, seconds = deliver(phones, pushes, CHANGES)
    return len(ids) / seconds


@contextmanager
def _sealing(county: Installation, app: Flask, *, on: bool) -> Iterator[None]:
    """The audit as it is, or without its queue and its sealer."""
    connection, ended = connect(county.admin_url), Event()

    def go_round() -> None:
        with app.app_context():
            while not ended.wait(EVERY):
                seal_waiting(worker(datetime.now(UTC)))

    sealer = Thread(target=go_round, daemon=True)
    try:
        connection.autocommit = True
        verb = "ENABLE" if on else "DISABLE"
        connection.cursor().execute(f"ALTER TABLE audit_act {verb} TRIGGER queued")
        if on:
            sealer.start()
        yield
    finally:
        ended.set()
        if on:
            sealer.join()
        connection.close()


def _seal_many(county: Installation, acts: int = 5 * BATCH) -> float:
    """Acts a second, where as many wait as after a day without the worker."""
    connection = connect(county.admin_url)
    try:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("ALTER TABLE audit_act ENABLE TRIGGER queued")
        cursor.execute(
            """
            INSERT INTO audit_act (at, user_id, device_id, request_id, action, what)
            SELECT now(), gen_random_uuid(), gen_random_uuid(), md5(n::text), 'visit.record',
                   jsonb_build_object('ids', ARRAY[gen_random_uuid()], 'count', 1)
              FROM generate_series(1, %s) n
            """,
            (acts,),
        )
        cursor.execute("ANALYZE audit_act; ANALYZE audit_unsealed; ANALYZE audit_seal")
    finally:
        connection.close()
    by = worker(datetime.now(UTC))
    start, sealed = perf_counter(), 0
    while sealed < acts:
        with transaction(by) as session:
            sealed += seal(session, by)
    return sealed / (perf_counter() - start)


BENCH = Bench(
    title="审计 The audit, on pushes of 100 visits",
    things="visits",
    ours=f"{PHONES} phones, acts queued and sealed every second (the worker: every 20)",
    plain="the same without queue and sealer",
    take=_take,
)
