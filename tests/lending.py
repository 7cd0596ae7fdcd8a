"""One database for test after test: what a test has written is put back, not copied anew.

Every test commits for real and finds the small county as if its database had just been made: the
same rows, untouched sequences. Where in its table a row lies is not promised: who wants an order
asks for it. A new database for each would cost half of the run: not the copy so much as the
connections, which come to it knowing nothing of its tables. What was touched is read from the rows'
own transaction numbers, so nothing has to be told.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg2
from sqlalchemy.engine import make_url

MOST_ROWS = 3_000  # of what a test wrote; beyond it a new copy is cheaper than taking them out
MOST_TENANTS = 20  # connections that a test may leave behind
MOST_DEAD = 2_000  # rows taken out before the tables are made small again
CATALOGUES = ("pg_class", "pg_proc", "pg_policy", "pg_trigger", "pg_constraint")


class Cluster(Protocol):
    """What lends the room."""

    def url(self, dbname: str, role: str = ...) -> str: ...

    def create(self, dbname: str, template: str = ...) -> None: ...

    def drop(self, dbname: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Seeded:
    """A table as the template has it."""

    count: int
    columns: str  # what COPY takes: no generated ones
    rows: bytes


class Lending:
    """The database `name`, a copy of `template`, for one test after another of this process."""

    def __init__(self, cluster: Cluster, name: str, template: str) -> None:
        self.url = cluster.url(name)
        self._cluster, self._name, self._template = cluster, name, template
        self._hand: Any = None  # the superuser's own connection, open as long as the database
        self._seeded: dict[str, Seeded] = {}
        self._sequences = ""
        self._since = 0
        self._dead: dict[str, int] = {}  # rows taken out of each table, and not yet swept
        self.number = 0  # of databases so far: what is connected to an earlier one is dead
        self._catalogue: Sequence[Any] = ()

    def lend(self) -> str:
        """The URL (superuser) of the database, as new."""
        if self._hand is None:
            self.number += 1
            self._cluster.create(self._name, self._template)
            self._hand = _open(self.url)
            self._note()
        return self.url

    def take_back(self) -> None:
        """Make it as new again, or drop it where that is not worth it."""
        try:
            worth = self._put_back()
        except psycopg2.Error:  # somebody holds a lock, or the server was killed in the test
            worth = False
        if not worth:
            self.close()

    def close(self) -> None:
        """Drop it. The next to ask gets a new one."""
        if self._hand is not None:
            self._hand.close()
            self._hand = None
            self._cluster.drop(self._name)

    def _note(self) -> None:
        with self._hand.cursor() as cursor:
            cursor.execute(_TABLES)
            self._seeded = {table: _copy(cursor, table, columns) for table, columns in cursor}
            cursor.execute(_SEQUENCES)
            self._sequences = "SELECT " + ", ".join(put for (put,) in cursor)
            cursor.execute(f"PREPARE touched (bigint) AS {_touched(self._seeded)}")
            cursor.execute(f"PREPARE catalogue AS {_CATALOGUE}")
            self._catalogue = _ask(cursor, "EXECUTE catalogue")
            self._since, self._dead = self._now(cursor), {}

    def _now(self, cursor: Any) -> int:
        ((number,),) = _ask(cursor, f"{self._sequences}; SELECT pg_current_xact_id()::text::bigint")
        return int(number)

    def _put_back(self) -> bool:
        with self._hand.cursor() as cursor:
            if _ask(cursor, "EXECUTE catalogue") != self._catalogue:
                return False
            ((tenants,),) = _ask(cursor, _TENANTS)
            touched = dict(_ask(cursor, f"EXECUTE touched ({self._since})"))
            if tenants > MOST_TENANTS or sum(touched.values()) > MOST_ROWS:
                return False
            if touched:
                self._restore(cursor, touched)
            self._since = self._now(cursor)
        return True

    def _restore(self, cursor: Any, touched: dict[str, int]) -> None:
        cursor.execute(";".join(f"DELETE FROM {table}" for table in touched))
        self._sweep(cursor, touched)
        for table in touched:
            seeded = self._seeded[table]
            if seeded.count:
                into = f"COPY {table} ({seeded.columns}) FROM STDIN"
                cursor.copy_expert(into, io.BytesIO(seeded.rows))

    def _sweep(self, cursor: Any, touched: dict[str, int]) -> None:
        """Empty the tables to the first page, where enough rows are dead.

        Not after each test: everybody connected would have to plan all statements anew.
        """
        for table, n in touched.items():
            self._dead[table] = self._dead.get(table, 0) + n
        if sum(self._dead.values()) > MOST_DEAD:
            cursor.execute(f"VACUUM {', '.join(self._dead)}")
            self._dead = {}


def _open(url: str) -> Any:
    there = make_url(url)
    connection = psycopg2.connect(
        user="postgres",
        dbname=there.database,
        host=there.query["host"],
        port=there.query["port"],
        # As a replica applies rows: no trigger fires, no foreign key is asked, nothing is stamped.
        options="-c session_replication_role=replica -c lock_timeout=2s"
        " -c plan_cache_mode=force_generic_plan",
    )
    connection.autocommit = True
    return connection


def _ask(cursor: Any, statement: str) -> Any:
    cursor.execute(statement)
    return cursor.fetchall()


_TENANTS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
_TABLES = """
    SELECT c.oid::regclass::text,
           string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
       AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     GROUP BY c.oid ORDER BY 1
"""
_SEQUENCES = """
    SELECT format('setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename),
                  coalesce(last_value, start_value), last_value IS NOT NULL)
      FROM pg_sequences
"""
# Who changes the catalogue (a table, a grant, a function) gets the next one a new database.
_CATALOGUE = " UNION ALL ".join(
    f"SELECT '{name}' AS of, count(*) AS n, max(xmin::text::bigint) AS newest FROM {name}"
    for name in CATALOGUES
)


def _copy(cursor: Any, table: str, columns: str) -> Seeded:
    rows = io.BytesIO()
    with cursor.connection.cursor() as reader:
        reader.copy_expert(f"COPY {table} ({columns}) TO STDOUT", rows)
    return Seeded(rows.getvalue().count(b"\n"), columns, rows.getvalue())


def _touched(seeded: dict[str, Seeded]) -> str:
    """The tables with a row that was written since, or with one too many or too few."""
    return " UNION ALL ".join(
        f"SELECT '{table}' AS name, n FROM (SELECT count(*) AS n, max(xmin::text::bigint) AS newest"
        f" FROM {table}) AS t WHERE n <> {had.count} OR newest >= $1"
        for table, had in seeded.items()
    )
