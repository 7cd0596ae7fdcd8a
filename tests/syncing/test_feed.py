"""The feed in PostgreSQL: every write path is stamped, in commit order, whoever writes at once."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.smallcounty import CELLS, SmallCounty, id_of


@pytest.fixture
def engine(county: SmallCounty) -> Iterator[Engine]:
    """Connections of the superuser: hand-written SQL, as some night it will be."""
    made = create_engine(county.url, pool_size=12)
    yield made
    made.dispose()


def rows(connection: Connection, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """All rows of a question."""
    return [tuple(row) for row in connection.execute(text(sql), values)]


KEPT = "SELECT bucket, n, h, seq FROM feed_head ORDER BY bucket"
RECOMPUTED = """
    SELECT bucket, count(*) FILTER (WHERE put),
           coalesce(bit_xor(feed.digest(entity, row_id, seq)) FILTER (WHERE put), 0), max(seq)
      FROM feed_entry GROUP BY bucket ORDER BY bucket
"""


def assert_sound(engine: Engine) -> None:
    """No committed entry is unstamped, no number used twice; kept heads equal worked-out ones."""
    with engine.connect() as connection:
        assert rows(connection, "SELECT * FROM feed_entry WHERE seq IS NULL") == []
        assert rows(connection, "SELECT seq FROM feed_entry GROUP BY 1 HAVING count(*) > 1") == []
        assert rows(connection, "SELECT * FROM feed_pending") == []
        assert rows(connection, KEPT) == rows(connection, RECOMPUTED)


def entry(connection: Connection, bucket: str, row: str) -> tuple[Any, ...] | None:
    """(put, seq) of one household in one bucket."""
    found = rows(
        connection,
        "SELECT put, seq FROM feed_entry WHERE bucket = :b AND row_id = :r",
        b=bucket,
        r=id_of(row),
    )
    return found[0] if found else None


def test_a_move_leaves_one_bucket_and_enters_another(engine: Engine) -> None:
    west, east = f"c:{id_of('A1w')}", f"c:{id_of('A1e')}"
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE household SET cell_id = :c WHERE id = :h"),
            {"c": id_of("A1e"), "h": id_of("A1w-1")},
        )
    with engine.connect() as connection:
        left, entered = entry(connection, west, "A1w-1"), entry(connection, east, "A1w-1")
    assert left is not None
    assert entered is not None
    assert (left[0], entered[0]) == (False, True)
    assert_sound(engine)


def test_there_and_back_in_one_transaction_counts_once(engine: Engine) -> None:
    with engine.begin() as connection:
        for cell in ("A1e", "A1w", "A1e", "A1w"):
            connection.execute(
                text("UPDATE household SET cell_id = :c WHERE id = :h"),
                {"c": id_of(cell), "h": id_of("A1w-1")},
            )
            if cell == "A1w":  # some driver asks for its constraints early
                connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
                connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    assert_sound(engine)
    with engine.connect() as connection:
        back = entry(connection, f"c:{id_of('A1w')}", "A1w-1")
        assert back is not None
        assert back[0] is True


def test_what_a_savepoint_took_back_was_never_there(engine: Engine) -> None:
    with engine.connect() as connection:
        before = rows(connection, KEPT)
        connection.rollback()
        with connection.begin():
            savepoint = connection.begin_nested()
            connection.execute(text("UPDATE household SET address = 'x'"))
            savepoint.rollback()
    with engine.connect() as connection:
        assert rows(connection, KEPT) == before
    assert_sound(engine)


@pytest.mark.parametrize("seed", [0, *(pytest.param(k, marks=pytest.mark.long) for k in (1, 2))])
def test_whatever_a_transaction_does_its_entries_are_stamped_once(
    engine: Engine, seed: int
) -> None:
    """Savepoints, early stamps, rows written again after their stamp, and maps' own entries."""
    chance = Random(seed)
    cells = {"c": ("A1w", "A1e"), "h": tuple(f"A1{side}-{k}" for side in "we" for k in (1, 2, 3))}
    acts = (
        "UPDATE household SET address = address || 'x' WHERE id IN (:h, :other)",
        "UPDATE household SET cell_id = :c WHERE id = :h",
        "UPDATE assignment SET leads = NOT leads",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "SET CONSTRAINTS ALL DEFERRED",
        "SAVEPOINT here",
        "ROLLBACK TO SAVEPOINT here",
    )
    for _ in range(40):
        with engine.connect() as connection, connection.begin() as whole:
            connection.execute(text("SAVEPOINT here"))
            for act in chance.choices(acts, k=9):
                drawn = {"c": chance.choice(cells["c"]), "h": chance.choice(cells["h"])}
                drawn["other"] = chance.choice(cells["h"])
                connection.execute(text(act), {k: id_of(name) for k, name in drawn.items()})
            if chance.random() < 0.2:
                whole.rollback()
        assert_sound(engine)


def test_a_row_that_is_deleted_leaves_its_id_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in ("household_placing WHERE household_id", "household WHERE id"):
            connection.execute(text(f"DELETE FROM {table} = :h"), {"h": id_of("A1w-1")})
    with engine.connect() as connection:
        gone = entry(connection, f"c:{id_of('A1w')}", "A1w-1")
        assert gone is not None
        assert gone[0] is False
        assert rows(connection, "SELECT row_id FROM feed_tombstone WHERE entity = 'household'") == [
            (id_of("A1w-1"),)
        ]
    assert_sound(engine)


@pytest.mark.parametrize(
    "table",
    ["household", "visit", "grid_cell", "area", "boundary", "assignment", "user_account"],
)
def test_truncate_is_refused(engine: Engine, table: str) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError, match="refused"):
        connection.execute(text(f"TRUNCATE {table} CASCADE"))


LOCK = "SELECT id FROM household WHERE id = ANY (:ids) ORDER BY id FOR UPDATE"
WRITE = "UPDATE household SET address = :a WHERE id = ANY (:ids)"


def test_eight_writers_at_once_and_a_reader_that_misses_nothing(engine: Engine) -> None:
    """A reader that follows the head of a bucket never finds an entry below where it was."""
    late: list[Any] = []
    done = False

    def write(k: int) -> None:
        with engine.connect() as connection:
            for turn in range(12):
                households = {"ids": [id_of(f"{cell}-{1 + (k + turn) % 3}") for cell in CELLS]}
                with connection.begin():
                    connection.execute(text(LOCK), households)  # as every verb of ours does
                    connection.execute(text(WRITE), {"a": f"{k}-{turn}", **households})

    def read() -> None:
        followed: dict[Any, int] = {}
        with engine.connect() as connection:
            while not done or not followed:
                heads = dict(
                    connection.execute(text("SELECT bucket, seq FROM feed_head")).tuples().all()
                )
                new = rows(connection, "SELECT bucket, row_id, seq FROM feed_entry")
                connection.rollback()
                for bucket, row_id, seq in new:
                    below = seq <= followed.get(bucket, 0)
                    if below and followed.get((bucket, row_id)) != seq:
                        late.append((bucket, row_id, seq))
                    followed[(bucket, row_id)] = seq
                followed.update(heads)

    reader = Thread(target=read)
    reader.start()
    writers = [Thread(target=write, args=(k,)) for k in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done = True
    reader.join()
    assert late == []
    assert_sound(engine)


def test_an_open_write_transaction_elsewhere_does_not_stop_the_feed(engine: Engine) -> None:
    with engine.connect() as sleeper, sleeper.begin():
        sleeper.execute(
            text("UPDATE household SET address = 'waiting' WHERE id = :h"), {"h": id_of("B1e-1")}
        )
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE household SET address = 'now' WHERE id = :h"),
                {"h": id_of("A1w-1")},
            )
        with engine.connect() as connection:
            found = entry(connection, f"c:{id_of('A1w')}", "A1w-1")
            head = rows(
                connection, "SELECT seq FROM feed_head WHERE bucket = :b", b=f"c:{id_of('A1w')}"
            )
            assert found is not None
            assert head == [(found[1],)]
