"""What happens at once in the database: who waits there, and two workers side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from sqlalchemy import create_engine, text

from tests.smallcounty import SmallCounty

_WAITING = text("""
    SELECT count(DISTINCT pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE a.datname = current_database() AND NOT l.granted
""")


def await_waiting(county: SmallCounty, sent: Future[Any], many: int = 1) -> None:
    """Return once so many wait for a lock, or the last that was sent came through without."""
    engine = create_engine(county.url)
    try:
        with engine.connect() as connection:
            while not sent.done() and connection.execute(_WAITING).scalar_one() < many:
                connection.rollback()  # within one transaction who is there stays the same
    finally:
        engine.dispose()


def taken_by_two(county: SmallCounty, take: Callable[[], int], rounds: int = 12) -> int:
    """How much two workers took that began together and came so many times each."""
    start, taken = threading.Barrier(2), list[int]()

    def work() -> None:
        with county.app.app_context():
            start.wait()
            taken.extend(take() for _ in range(rounds))

    both = [threading.Thread(target=work) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    return sum(taken)
