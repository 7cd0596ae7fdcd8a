"""At the server as its superuser: what makes, copies, renames and drops whole databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import psycopg2
from psycopg2.extensions import cursor
from sqlalchemy import URL
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2


@contextmanager
def connected(url: URL) -> Iterator[cursor]:
    """A cursor that commits each statement. Raises psycopg2.Error."""
    with closing(psycopg2.connect(**_arguments(url))) as connection:
        connection.autocommit = True
        with connection.cursor() as found:
            yield found


def beside(url: URL) -> AbstractContextManager[cursor]:
    """The same beside the database, not in it: what renames and drops it."""
    return connected(url.set(database="postgres"))


def dsn(url: URL) -> str:
    """The URL as libpq's programs take it, without its password: arguments are seen by all."""
    return str(psycopg2.extensions.make_dsn(**_arguments(url.set(password=None))))


def password(url: URL) -> dict[str, str]:
    """The password as they take it: in their environment."""
    return {"PGPASSWORD": str(url.password)} if url.password else {}


def _arguments(url: URL) -> dict[str, Any]:
    dialect: Any = PGDialect_psycopg2  # untyped
    found: dict[str, Any] = dialect().create_connect_args(url)[1]
    return found
