"""The second wall, read from PostgreSQL's own catalogue: no table without forced row security."""

from __future__ import annotations

from sqlalchemy import create_engine, text

OURS = (
    "wangge_app",
    "wangge_push",
    "wangge_mover",
    "wangge_resident",
    "wangge_worker",
    "wangge_feed",
    "wangge_gate",
    "wangge_owner",
)


def ask(url: str, sql: str) -> list[tuple[object, ...]]:
    """Rows of the catalogue, as superuser."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]
    finally:
        engine.dispose()


def test_every_table_has_forced_row_security(database: str) -> None:
    bare = ask(
        database,
        """
        SELECT relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
           AND relname NOT IN ('spatial_ref_sys', 'alembic_version')
           AND NOT (relrowsecurity AND relforcerowsecurity)
        """,
    )
    assert bare == []


def test_the_app_owns_nothing_and_cannot_bypass(database: str) -> None:
    roles = ask(
        database,
        f"""
        SELECT rolname FROM pg_roles
         WHERE rolname IN {OURS} AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)
        """,
    )
    assert roles == []
    owned = ask(
        database,
        """
        SELECT relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
         WHERE r.rolname IN ('wangge_app', 'wangge_push', 'wangge_mover', 'wangge_resident',
                            'wangge_worker')
        """,
    )
    assert owned == []


def test_nobody_may_truncate_and_nobody_but_the_worker_deletes(database: str) -> None:
    grants = ask(
        database,
        """
        SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants
         WHERE table_schema = 'public'
           AND (privilege_type = 'TRUNCATE' OR privilege_type = 'DELETE')
           AND grantee IN ('wangge_app', 'wangge_push', 'wangge_mover', 'wangge_resident', 'PUBLIC')
        """,
    )
    assert grants == []


def test_views_and_definer_functions_cannot_carry_rows_past_the_wall(database: str) -> None:
    views = ask(
        database,
        """
        SELECT relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace
           AND (relkind = 'm' OR (relkind = 'v'
                AND NOT coalesce(reloptions::text[] @> ARRAY['security_invoker=true'], false)))
           AND relname NOT IN ('geography_columns', 'geometry_columns')
        """,
    )
    assert views == []
    definers = ask(
        database,
        """
        SELECT p.oid::regprocedure::text FROM pg_proc p
          JOIN pg_roles r ON r.oid = p.proowner
         WHERE p.pronamespace IN ('gate'::regnamespace, 'feed'::regnamespace)
           AND (r.rolname NOT IN ('wangge_gate', 'wangge_feed')
                OR (p.prosecdef AND NOT coalesce(p.proconfig::text LIKE '%search_path=%', false))
                OR has_function_privilege('public', p.oid, 'EXECUTE'))
        """,
    )
    assert definers == []


def test_every_fed_table_has_its_four_triggers(database: str) -> None:
    fed = ask(
        database,
        """
        SELECT tgrelid::regclass::text, count(*)
          FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE NOT tgisinternal AND p.pronamespace = 'feed'::regnamespace
           AND p.proname <> 'stamp'
         GROUP BY 1 HAVING count(*) <> 4
        """,
    )
    assert fed == []


def test_an_identity_that_nobody_told_sees_nothing(database: str) -> None:
    tables = ask(
        database,
        """
        SELECT table_name FROM information_schema.role_table_grants
         WHERE grantee = 'wangge_app' AND privilege_type = 'SELECT' AND table_schema = 'public'
        """,
    )
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            for user in (None, "", "00000000-0000-0000-0000-000000000000"):
                connection.execute(text("SET LOCAL ROLE wangge_app"))
                if user is not None:
                    connection.execute(
                        text("SELECT set_config('app.user', :user, true)"), {"user": user}
                    )
                for (table,) in tables:
                    seen = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()
                    # The epoch and the marks are random numbers, for a revoked phone too.
                    harmless = table == "alembic_version" or (
                        user and table in {"sync_epoch", "feed_mark"}
                    )
                    assert harmless or seen == 0, (user, table)
                connection.rollback()
    finally:
        engine.dispose()
