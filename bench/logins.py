"""Signing in against a bare read, and what a read waits while twenty clients guess passwords.

Guesses come from a network of their own each, at a login of their own each, so that none is turned
away before its hash is worked out: the worst that guessing does to those who work.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Event, Thread
from time import perf_counter, sleep

from bench import web
from bench.ground import Ground
from bench.row import Bench, Pair
from server.db import transaction, worker
from server.demo.staff import PASSWORD, hire, plan_staff
from server.ids import new_id
from server.installation import opened

GUESSERS = 20
TIMES = 40  # of each in a pair
_guesses = count()


def seconds_of(act: Callable[[], object], times: int) -> list[float]:
    """How long each took, ascending."""
    spent = []
    for _ in range(times):
        start = perf_counter()
        act()
        spent.append(perf_counter() - start)
    return sorted(spent)


@contextmanager
def guessing(port: int) -> Iterator[Counter[int]]:
    """Twenty clients guess, each as fast as it is answered, or told to come again; the statuses."""
    over, told = Event(), Counter[int]()
    threads = [Thread(target=_guess, args=(port, over, told), daemon=True) for _ in range(GUESSERS)]
    for thread in threads:
        thread.start()
    try:
        sleep(1)
        yield told
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _guess(port: int, over: Event, told: Counter[int]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    device = {"id": str(new_id(datetime.now(UTC))), "name": "bench"}
    while not over.is_set():
        n = next(_guesses)
        address = f"10.{n >> 8 & 255}.{n & 255}.1"  # a /24 counts as one
        headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
        body = {"login": f"guess-{n}", "password": "not this one", "device": device}
        try:
            connection.request("POST", "/api/v1/sessions", json.dumps(body), headers)
            answer = connection.getresponse()
            answer.read()
            told[answer.status] += 1
        except (OSError, HTTPException):
            connection.close()
        over.wait(0.05)


def _take(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        county = stack.enter_context(ground.fresh())
        by = worker(ground.began)
        with opened(county.settings("worker")), transaction(by) as session:
            hire(session, by, plan_staff(ground.counts.busy_cells))
        environment = {**county.environment, "WANGGE_ADDRESS_HEADER": "X-Forwarded-For"}
        port = stack.enter_context(web.serving(environment, ground.size.processes))
        device = str(new_id(datetime.now(UTC)))
        desk = web.Caller(port)
        stack.callback(desk.hang_up)
        token = desk.sign_in("county", PASSWORD, device)
        headers = {"Authorization": f"Bearer {token}"}
        while True:
            quiet = seconds_of(lambda: _read(port, headers), TIMES)
            desk.hang_up()  # by now the server may have done so
            signing = seconds_of(lambda: desk.sign_in("county", PASSWORD, device), TIMES)
            with guessing(port) as told:
                hammered = seconds_of(lambda: _read(port, headers), TIMES)
            if set(told) - {401, 503}:
                raise RuntimeError(f"guesses were turned away before their hash: {dict(told)}")
            yield Pair(
                TIMES / sum(signing),
                TIMES / sum(quiet),
                {
                    "p95 ms of a read": _p95(quiet),
                    f"p95 ms of a read, {GUESSERS} guessing": _p95(hammered),
                    "p95 ms of signing in": _p95(signing),
                    "of the guesses, hashed": told[401] / max(told.total(), 1),
                },
            )


def _read(port: int, headers: dict[str, str]) -> None:
    """Who I am: by a connection of its own, as a browser that was away."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/api/v1/sessions/current", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"GET /sessions/current: {answer.status}")


def _p95(seconds: list[float]) -> float:
    return seconds[int(len(seconds) * 0.95)] * 1000


BENCH = Bench(
    title=f"登录 Signing in; a read while {GUESSERS} guess",
    things="requests",
    ours="sign in: Argon2id, limits, audit",
    plain="a bare read over HTTP",
    take=_take,
)
