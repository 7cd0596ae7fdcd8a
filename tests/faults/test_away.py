"""A database that went away in the middle is "try later"; what we ask wrongly is not."""

from __future__ import annotations

import psycopg2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from server.db import transaction
from server.errors import Clash
from server.setbacks import passing
from tests.smallcounty import SmallCounty

GONE = "server closed the connection unexpectedly"


def met(cause: psycopg2.Error) -> BaseException:
    """The same, as SQLAlchemy passes it on."""
    return DBAPIError.instance("SELECT 1", {}, cause, psycopg2.Error)


@pytest.mark.parametrize(
    "cause",
    [
        psycopg2.OperationalError(GONE),
        psycopg2.InterfaceError("connection already closed"),
        psycopg2.DatabaseError(GONE),  # all that the driver knows of a backend that was killed
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_a_connection_that_broke_may_be_tried_again(cause: psycopg2.Error) -> None:
    assert passing(cause)
    assert passing(met(cause))


@pytest.mark.parametrize(
    "cause",
    [psycopg2.ProgrammingError("can't adapt type"), psycopg2.DataError(), psycopg2.InternalError()],
    ids=lambda cause: type(cause).__name__,
)
def test_what_was_asked_wrongly_stays_wrong(cause: psycopg2.Error) -> None:
    assert not passing(cause)
    assert not passing(met(cause))


def test_a_refusal_stays_a_refusal_when_the_backend_is_gone_by_then(county: SmallCounty) -> None:
    """Rolling back over a dead connection fails as well: that must not hide what was to be said."""
    with pytest.raises(Clash):
        _refuse_over_a_dead_connection(county)
    with transaction(county.worker) as session:  # and the next one has a connection that lives
        assert session.execute(text("SELECT 1")).scalar_one() == 1


def _refuse_over_a_dead_connection(county: SmallCounty) -> None:
    engine = create_engine(county.url)
    with transaction(county.worker) as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        engine.dispose()
        raise Clash
