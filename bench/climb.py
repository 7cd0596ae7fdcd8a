"""What the worker does at midnight: ten thousand cases are due, among a million open ones.

The same among a tenth of the open ones is in `seconds_tenth`: what is not due must cost nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import perf_counter

from bench.cases import Pile, pile
from bench.ground import Ground, connect
from bench.row import Bench, Pair
from server.db import worker
from server.installation import Installation, opened
from server.worker import climb_due

ROUNDS = 5
# The same rows, every column and index, as a superuser: no keys, no chain, no feed, no notices.
_COPIES = """
    CREATE TABLE plain_holding (LIKE holding INCLUDING ALL);
    CREATE TABLE plain_dispute (LIKE dispute INCLUDING ALL);
    CREATE TABLE plain_event   (LIKE dispute_event INCLUDING ALL);
    INSERT INTO plain_holding SELECT * FROM holding
     WHERE ended_at IS NULL AND overdue_at IS NULL AND due_at <= %(at)s;
    INSERT INTO plain_dispute SELECT d.* FROM dispute d JOIN plain_holding h ON h.dispute_id = d.id;
    INSERT INTO plain_event   SELECT e.* FROM dispute_event e
                                JOIN plain_holding h ON h.dispute_id = e.dispute_id;
    ANALYZE plain_holding, plain_dispute, plain_event
"""
_PLAIN = (
    """
    UPDATE plain_holding SET ended_at = %(at)s, ended_how = 'climb', due_at = NULL
    """,
    """
    INSERT INTO plain_holding (id, dispute_id, n, office_id, level, policy_id, begun_at,
                               received_at, begun_how, accept_by, handle_by, due_at, climbed_from)
    SELECT gen_random_uuid(), dispute_id, n + 1, office_id, level, policy_id, begun_at,
           received_at, 'climb', accept_by, handle_by, handle_by, id FROM plain_holding
    """,
    """
    UPDATE plain_dispute SET status = 'registered', level = 'township'
    """,
    """
    INSERT INTO plain_event (id, dispute_id, n, kind, from_status, to_status, holding_id,
                             occurred_at, recorded_at, received_at, proof, prev_hash, hash)
    SELECT gen_random_uuid(), dispute_id, n + 1, 'climb', 'registered', 'registered', holding_id,
           %(at)s, %(at)s, %(at)s, 'proved', hash, hash FROM plain_event
    """,
)


def _take(ground: Ground) -> Generator[Pair, None, None]:
    size, first = ground.size, datetime.now(UTC)
    wanted = Pile(size.open_cases, size.due, ROUNDS, first)
    tenth = Pile(max(size.open_cases // 10, size.due * ROUNDS), size.due, ROUNDS, first)
    with _piled(ground, wanted) as large, _piled(ground, tenth) as small:
        for number in range(ROUNDS):
            at = wanted.due_at(number)
            plain = _plain(large, at)
            seconds, seconds_tenth = (_climb(county, at, size.due) for county in (large, small))
            also = {
                "seconds": seconds,
                "seconds_tenth": seconds_tenth,
                "cost_10x": seconds / seconds_tenth,
            }
            yield Pair(size.due / seconds, size.due / plain, also)


@contextmanager
def _piled(ground: Ground, wanted: Pile) -> Iterator[Installation]:
    with ground.fresh() as county:
        pile(ground, county, wanted)
        yield county


def _climb(county: Installation, at: datetime, due: int) -> float:
    """Seconds of the worker's round."""
    with opened(county.settings("worker")):
        start = perf_counter()
        climbed = climb_due(worker(at))
        seconds = perf_counter() - start
    if climbed != due:
        raise AssertionError(f"{climbed} of {due} climbed")
    return seconds


def _plain(county: Installation, at: datetime) -> float:
    """Seconds for bare UPDATE and INSERT of as many rows of the same tables."""
    connection = connect(county.admin_url)
    try:
        cursor = connection.cursor()
        cursor.execute(_COPIES, {"at": at})
        connection.commit()
        start = perf_counter()
        for statement in _PLAIN:
            cursor.execute(statement, {"at": at})
        connection.commit()
        seconds = perf_counter() - start
        cursor.execute("DROP TABLE plain_holding, plain_dispute, plain_event")
        connection.commit()
        return seconds
    finally:
        connection.close()


BENCH = Bench(
    title="自动上报 The climb",
    things="cases",
    ours="10,000 due of 1,000,000 open cases",
    plain="UPDATE and INSERT of as many bare rows",
    take=_take,
)
