"""Token buckets in the database: as the model has them, over all processes, for a day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.db import DbRole, nobody, resident, transaction
from server.limits import service as limits
from server.limits.errors import TooMany
from server.limits.rules import Bucket
from tests.cli.keyboard import as_admin
from tests.limits.bucket_model import BucketModel
from tests.smallcounty import START, SmallCounty

KINDS = (Bucket("a", b"", 30, 5), Bucket("a", b"1", 6, 3), Bucket("b", b"1", 0.5, 2))


def wait(county: SmallCounty, buckets: list[Bucket]) -> int:
    """Knock; 0, or the seconds to wait."""
    try:
        limits.knock_all(buckets, nobody(county.clock.now))
    except TooMany as refused:
        return refused.retry_after
    return 0


def test_the_database_counts_as_the_model_does(county: SmallCounty) -> None:
    chance, model, waits = Random(7), BucketModel(), 0
    for _ in range(250):
        county.clock.pass_time(seconds=chance.choice((0, 0, 1, 2, 5, 30, 60, -3)))
        asked = [one for one in KINDS if chance.random() < 0.6]
        now = (county.clock.now - START).total_seconds()
        told = wait(county, asked)
        assert told == model.knock(asked, now)
        waits += told > 0
        if told == 0 and chance.random() < 0.3:
            limits.give_back(asked, nobody(county.clock.now))
            model.give_back(asked)
    assert 50 < waits < 200  # both were seen


def test_many_at_once_get_as_many_as_there_are(county: SmallCounty) -> None:
    """Each on a connection of its own, as workers and processes are."""
    both = [Bucket("wide", b"", 30, 12), Bucket("narrow", b"1", 30, 20)]

    def knock(_: int) -> int:
        with county.app.app_context():
            return wait(county, both)

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(knock, range(40)))
    assert told.count(0) == 12


def test_whoever_asks_is_counted_and_nobody_reads_or_forgives_by_hand(
    county: SmallCounty,
) -> None:
    by = nobody(county.clock.now)
    for one in (by, county.identity("worker-a1w"), resident(by.now, b"x" * 32), county.worker):
        limits.knock("x", b"same", 4, one)
    with pytest.raises(TooMany):
        limits.knock("x", b"same", 4, by)
    for role in (DbRole.APP, DbRole.PUSH, DbRole.MOVER, DbRole.RESIDENT):
        for query in ("SELECT * FROM knock", "DELETE FROM knock", "UPDATE knock SET remaining = 9"):
            with (
                pytest.raises(DBAPIError, match="permission denied"),
                transaction(county.identity("security", role)) as session,
            ):
                session.execute(text(query))


def test_a_day_without_a_knock_is_forgotten_and_an_empty_one_is_not(county: SmallCounty) -> None:
    for n in range(30):
        limits.knock("x", bytes([n]), 1, nobody(county.clock.now))
    county.clock.pass_time(hours=23)
    limits.knock("x", b"later", 1, nobody(county.clock.now))
    county.clock.pass_time(hours=2)
    limits.knock("x", b"now", 1, nobody(county.clock.now))  # takes twenty with it
    with as_admin(county.url) as cursor:
        cursor.execute("SELECT count(*) FROM knock")
        assert cursor.fetchone() == (12,)
    with transaction(county.worker) as session:
        assert limits.forget(session, county.worker) == 10
    with as_admin(county.url) as cursor:
        cursor.execute("SELECT count(*) FROM knock")
        assert cursor.fetchone() == (2,)


def test_a_clock_that_ran_ahead_leaves_no_bucket_empty(county: SmallCounty) -> None:
    """That of all networks has no day in its name: touched next year, it would wait till then."""
    everybody = [Bucket("all", b"", 1, 3)]
    county.clock.pass_time(days=365)
    assert [wait(county, everybody) for _ in range(4)] == [0, 0, 0, 60]
    county.clock.pass_time(days=-365)
    assert [wait(county, everybody) for _ in range(4)] == [0, 0, 0, 60]


@given(st.floats(0.0001, 1e5), st.floats(0, 1e5))
def test_what_is_forgotten_after_a_day_was_full(per_minute: float, burst: float) -> None:
    one = Bucket("x", b"", per_minute, burst)
    assert one.rate * 24 * 60 >= one.holds * 0.999 >= 0.999
