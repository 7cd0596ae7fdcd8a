"""Copies of a whole database inside it, put back the way files are: behind everybody's back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import Connection, Engine, create_engine, text

from tests.smallcounty import id_of

NORTH, SOUTH = str(uuid4()), str(uuid4())  # two empty cells of village A1


class Vault:
    """Copies of all tables, in the same database; put back as if nothing had been since."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = create_engine(url)
        with self.open() as connection:
            for k, cell in enumerate((NORTH, SOUTH)):
                connection.execute(
                    text("INSERT INTO grid_cell (id, village_id, code, name) VALUES (:c,:v,:n,'')"),
                    {"c": cell, "v": id_of("A1"), "n": f"51192110020190{k}"},
                )
            connection.execute(text("DELETE FROM assignment WHERE role = 'grid_worker'"))
            found = connection.execute(text(TABLES))
            self._columns = dict(iter(found.tuples()))
        self.copy("beginning")

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """As superuser, behind everybody's back."""
        with self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    def copy(self, name: str) -> None:
        with self.open() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
            connection.execute(text(f"CREATE SCHEMA {name}"))
            for table in self._filled(connection):
                connection.execute(text(f"CREATE TABLE {name}.{table} AS TABLE public.{table}"))
            copy = f"CREATE TABLE {name}.feed_seq AS SELECT last_value, is_called FROM feed_seq"
            connection.execute(text(copy))

    def restore(self, name: str) -> None:
        """Without triggers, keys and policies, as files are put back."""
        with self.open() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in self._filled(connection):
                connection.execute(text(f"DELETE FROM public.{table}"))
            kept = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = :s"
            schema = {"s": connection.scalar(text(f"SELECT '{name}'::regnamespace::oid"))}
            for (table,) in connection.execute(text(kept), schema).all():
                if table != "feed_seq":
                    columns = self._columns[table]
                    connection.execute(
                        text(
                            f"INSERT INTO public.{table} ({columns}) OVERRIDING SYSTEM VALUE "
                            f"SELECT {columns} FROM {name}.{table}"
                        )
                    )
            again = f"SELECT setval('feed_seq', last_value, is_called) FROM {name}.feed_seq"
            connection.execute(text(again))

    def _filled(self, connection: Connection) -> list[str]:
        empty = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT FROM public.{table})" for table in self._columns
        )
        return [table for (table,) in connection.execute(text(empty))]


TABLES = """
    SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                                         AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
       AND c.relname NOT IN ('alembic_version', 'spatial_ref_sys')
     GROUP BY c.relname
"""
