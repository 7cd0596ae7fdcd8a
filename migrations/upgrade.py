"""Bring a database to the present: roles, tables (Alembic), then the SQL that lives in it.

Tables change by numbered migrations. Functions, triggers, policies and grants stand whole and
current in `migrations/sql/`: they are dropped and made again after every upgrade, in one
transaction, so that the files are the truth and a rule that was deleted is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

HERE = Path(__file__).parent
SQL = HERE / "sql"
# All but wangge_owner, who makes what they are granted.
_GRANTED = (
    "wangge_feed, wangge_gate, wangge_push, wangge_mover, wangge_resident, wangge_app,"
    " wangge_worker, wangge_backup, wangge_reporting, wangge_sealer"
)
_LOGINS = ("wangge_app", "wangge_worker", "wangge_backup", "wangge_reporting")


def upgrade(admin_url: str, to: str = "head", passwords: dict[str, str] | None = None) -> None:
    """Upgrade to a revision and apply `migrations/sql`. `passwords`: role → password, optional.

    `admin_url` must be a superuser's: it makes roles and extensions, and tables as `wangge_owner`.
    """
    _move(admin_url, to, "upgrade", passwords or {})


def downgrade(admin_url: str, to: str) -> None:
    """Go back to a revision; `base` empties the database. The SQL of the files goes first."""
    _move(admin_url, to, "downgrade", {})


@cache
def newest_revision() -> str:
    """The revision that this program is written for."""
    return max(path.name[:4] for path in (HERE / "versions").glob("[0-9]*.py"))


def sql_files() -> Iterator[Path]:
    """Functions first, since policies and triggers call them; roles are made before any table."""
    files = sorted(path for path in SQL.glob("*.sql") if path.name != "access_roles.sql")
    yield from (path for path in files if path.stem.endswith("_functions"))
    yield from (path for path in files if not path.stem.endswith("_functions"))


def _move(
    admin_url: str, to: str, how: Literal["upgrade", "downgrade"], passwords: dict[str, str]
) -> None:
    engine = create_engine(make_url(admin_url), isolation_level="READ COMMITTED")
    try:
        with engine.begin() as connection:
            # Two upgrades at once would race on roles, which belong to the whole cluster.
            connection.execute(text("SELECT pg_advisory_xact_lock(511921, 2)"))
            _roles(connection, passwords)
            _clear(connection)
            if _walk(connection, to, how):
                _apply(connection)
    finally:
        engine.dispose()


def _walk(connection: Connection, to: str, how: Literal["upgrade", "downgrade"]) -> bool:
    """Whether the tables then stand at the head: the files describe it and no older state."""
    # The web and the worker ask for the newest revision alone, and start sooner without these.
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    getattr(command, how)(config, to)
    connection.execute(text("RESET ROLE"))
    present = MigrationContext.configure(connection).get_current_heads()
    return set(present) == set(ScriptDirectory.from_config(config).get_heads())


def _roles(connection: Connection, passwords: dict[str, str]) -> None:
    script = (SQL / "access_roles.sql").read_text(encoding="utf-8")
    # Roles belong to the whole cluster: another database's upgrade may have made them already, and
    # two that alter one role at the same time fail. The comment says which script they stand at.
    mark = sha256(script.encode()).hexdigest()
    known = "SELECT shobj_description(to_regrole('wangge_owner'), 'pg_authid')"
    if connection.execute(text(known)).scalar() != mark:
        _run(connection, f"{script}; COMMENT ON ROLE wangge_owner IS '{mark}'")
    for role in _LOGINS:
        if role in passwords:
            literal = text("SELECT quote_literal(:password)")
            quoted = connection.execute(literal, {"password": passwords[role]}).scalar_one()
            _run(connection, f"ALTER ROLE {role} LOGIN PASSWORD {quoted}")
    _run(
        connection,
        f"""
        CREATE EXTENSION IF NOT EXISTS postgis;
        CREATE SCHEMA IF NOT EXISTS gate; CREATE SCHEMA IF NOT EXISTS feed;
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        GRANT CREATE, USAGE ON SCHEMA public TO wangge_owner;
        GRANT USAGE ON SCHEMA public, gate, feed TO wangge_owner, {_GRANTED};
    """,
    )


def _clear(connection: Connection) -> None:
    """Drop all policies, triggers and views of ours, take back grants; the files give them anew.

    Ours are those on tables of wangge_owner: what others keep in this database is not touched.
    """
    _run(
        connection,
        f"""
        DO $$
        DECLARE
            r record;
        BEGIN
            FOR r IN SELECT p.tablename, p.policyname FROM pg_policies p
                       JOIN pg_tables t USING (schemaname, tablename)
                      WHERE schemaname = 'public' AND t.tableowner = 'wangge_owner' LOOP
                EXECUTE format('DROP POLICY %I ON %I', r.policyname, r.tablename);
            END LOOP;
            FOR r IN SELECT tgname, tgrelid::regclass AS tab FROM pg_trigger t
                       JOIN pg_class c ON c.oid = t.tgrelid
                      WHERE NOT tgisinternal AND c.relnamespace = 'public'::regnamespace
                        AND c.relowner = 'wangge_owner'::regrole LOOP
                EXECUTE format('DROP TRIGGER %I ON %s', r.tgname, r.tab);
            END LOOP;
            -- One may read another; a migration may change what both read.
            FOR r IN SELECT viewname FROM pg_views
                      WHERE schemaname = 'public' AND viewowner = 'wangge_owner' LOOP
                EXECUTE format('DROP VIEW IF EXISTS %I CASCADE', r.viewname);
            END LOOP;
            FOR r IN SELECT p.oid::regprocedure AS f FROM pg_proc p
                      WHERE p.pronamespace IN ('gate'::regnamespace, 'feed'::regnamespace) LOOP
                EXECUTE format('DROP FUNCTION %s', r.f);
            END LOOP;
        END
        $$;
        REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {_GRANTED};
        REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {_GRANTED};
    """,
    )


def _apply(connection: Connection) -> None:
    _run(connection, "SET LOCAL check_function_bodies = off")
    for path in sql_files():
        _run(connection, path.read_text(encoding="utf-8"))


def _run(connection: Connection, script: str) -> None:
    """Run a script as it stands: no parameters, hence no percent escapes."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(script)
    finally:
        cursor.close()
