"""One database takes the name of another: nobody else does so meanwhile, and what is left goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor
from sqlalchemy import URL

from server import superuser
from server.errors import WanggeError

BESIDE: Final = "_restore_"  # no dated copy that somebody made by hand is called so
LEFTOVER: Final = f"^{BESIDE}[0-9a-f]{{8}}(_old)?$"  # what follows the name of the database


class ArchiveFailed(WanggeError):
    """PostgreSQL or one of its programs refused; the database is as it was."""

    slug = "archive-failed"


@contextmanager
def alone(url: URL) -> Iterator[None]:
    """No other restore of this database begins; a killed one lets go. Raises ArchiveFailed."""
    with at_server(url) as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(511921, hashtext(%s))", (url.database,))
        if not cursor.fetchone()[0]:
            raise ArchiveFailed(
                "另一个恢复正在进行。 Another restore of this database is under way."
            )
        yield


def swap(url: URL, beside: URL) -> None:
    """`beside` takes the name; who was connected to the old one connects again to the new.

    Sent as one: the server goes on to the end though we be killed. Raises ArchiveFailed.
    """
    names = {"name": url.database, "new": beside.database, "old": f"{beside.database}_old"}
    quoted = {key: sql.Identifier(str(name)) for key, name in names.items()}
    both = sql.SQL(", ").join(map(sql.Literal, (url.database, beside.database)))
    with at_server(url) as cursor:
        try:
            cursor.execute(_SWAP.format(**quoted, both=both))
        except psycopg2.Error:
            cursor.execute("ROLLBACK")
            cursor.execute(_OPEN.format(quoted["name"]))
            raise


def tidy(url: URL) -> None:
    """Drop what restores left beside the database, and open it where one was killed."""
    left = """
        SELECT datname FROM pg_database
         WHERE starts_with(datname, %s) AND substr(datname, %s) ~ %s
    """
    name = str(url.database)
    with at_server(url) as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s AND NOT datallowconn", (name,))
        if cursor.rowcount:
            cursor.execute(_OPEN.format(sql.Identifier(name)))
        cursor.execute(left, (name, len(name) + 1, LEFTOVER))
        for (database,) in cursor.fetchall():
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            cursor.execute(drop.format(sql.Identifier(database)))


def at_server(url: URL) -> AbstractContextManager[Any]:
    """A cursor beside the database, at its server. Raises ArchiveFailed, there as well."""
    return _refusable(superuser.beside(url))


def connected(url: URL) -> AbstractContextManager[Any]:
    """A cursor in the database. Raises ArchiveFailed, there as well."""
    return _refusable(superuser.connected(url))


@contextmanager
def _refusable(opening: AbstractContextManager[cursor]) -> Iterator[cursor]:
    """What PostgreSQL refuses is said in a line. Raises ArchiveFailed."""
    try:
        with opening as found:
            yield found
    except psycopg2.Error as error:
        said = " ".join(str(error).strip().splitlines()[:1])
        raise ArchiveFailed(
            f"数据库拒绝了操作，内容未改变。 PostgreSQL refused, nothing changed: {said}"
        ) from error


# The rename is refused while anybody is connected, so nobody is let in any more. Twice, since who
# was on the doorstep is not seen at first.
_SWAP = sql.SQL("""
    BEGIN; ALTER DATABASE {name} ALLOW_CONNECTIONS false; COMMIT;
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ({both});
    SELECT pg_sleep(0.2), pg_stat_clear_snapshot();
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ({both});
    BEGIN;
    ALTER DATABASE {name} RENAME TO {old};
    ALTER DATABASE {new} RENAME TO {name};
    COMMIT
""")
_OPEN = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true")
