"""A database that went away in the middle is "try later"; what we ask wrongly is not."""

from __future__ import annotations

import psycopg2
import pytest
from sqlalchemy.exc import DBAPIError

from server.setbacks import passing

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
