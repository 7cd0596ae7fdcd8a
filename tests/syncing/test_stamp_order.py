"""The stamp, one step at a time: who is numbered is waited for, and nobody is numbered early."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.smallcounty import SmallCounty, id_of

EDIT = text("UPDATE household SET address = :a WHERE id = :h")
SEQ = text("SELECT max(seq) FROM feed_entry WHERE row_id = :h")


@pytest.fixture
def engine(county: SmallCounty) -> Iterator[Engine]:
    """Connections of the superuser."""
    made = create_engine(county.url)
    yield made
    made.dispose()


def edit(connection: Connection, household: str) -> None:
    connection.execute(EDIT, {"a": "十组 1 号", "h": id_of(household)})


def seq(engine: Engine, household: str) -> Any:
    with engine.connect() as connection:
        return connection.execute(SEQ, {"h": id_of(household)}).scalar_one()


def test_nobody_commits_between_a_number_and_its_commit(engine: Engine) -> None:
    """Else a phone would read the later number first and never come back for the earlier one."""
    with engine.connect() as numbered, numbered.begin():
        edit(numbered, "A1w-1")
        numbered.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        with engine.connect() as other, other.begin() as whole:
            other.execute(text("SET LOCAL lock_timeout = '200ms'"))
            edit(other, "B1w-1")
            with pytest.raises(DBAPIError, match="lock timeout"):
                whole.commit()
    assert seq(engine, "A1w-1") > 0


def test_who_writes_first_and_commits_last_gets_the_later_number(engine: Engine) -> None:
    with engine.connect() as slow, slow.begin():
        edit(slow, "A1w-1")
        with engine.begin() as quick:
            quick.execute(text("SET LOCAL lock_timeout = '5s'"))
            edit(quick, "B1w-1")
    assert seq(engine, "A1w-1") > seq(engine, "B1w-1")


def test_what_is_written_after_an_early_stamp_is_stamped_again(engine: Engine) -> None:
    with engine.begin() as connection:
        edit(connection, "A1w-1")
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        edit(connection, "A1w-2")
    with engine.connect() as connection:
        unstamped = connection.execute(text("SELECT row_id FROM feed_entry WHERE seq IS NULL"))
        assert unstamped.all() == []
    assert seq(engine, "A1w-2") > seq(engine, "A1w-1")
