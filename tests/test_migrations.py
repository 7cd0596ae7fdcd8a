"""Migrations: one head, up and down and up again on data, and no drift from models or files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import server.tables  # noqa: F401 (registers every table)
from migrations.upgrade import HERE, downgrade, sql_files, upgrade
from server.db import Base


def catalogue(url: str) -> dict[str, list[tuple[object, ...]]]:
    """What of ours stands in the database, apart from its rows."""
    questions = {
        "policies": """SELECT tablename, policyname, roles::text, cmd, qual, with_check
                         FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2""",
        "functions": """SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid), r.rolname,
                               p.proacl::text
                          FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
                         WHERE p.pronamespace IN ('gate'::regnamespace, 'feed'::regnamespace)
                         ORDER BY 1""",
        "triggers": """SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
                         FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2""",
        "grants": """SELECT grantee, table_name, privilege_type
                       FROM information_schema.role_table_grants
                      WHERE grantee LIKE 'wangge%' ORDER BY 1, 2, 3""",
        "columns": """SELECT table_name, column_name, data_type, is_nullable, column_default
                        FROM information_schema.columns
                       WHERE table_schema = 'public' ORDER BY 1, 2""",
    }
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            name: [tuple(r) for r in connection.execute(text(q))] for name, q in questions.items()
        }
    engine.dispose()
    return found


def test_there_is_one_head_and_the_numbers_follow_each_other() -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    script = ScriptDirectory.from_config(config)
    (head,) = script.get_heads()
    revisions = sorted(r.revision for r in script.walk_revisions())
    assert revisions == [f"{k:04}" for k in range(1, int(head) + 1)]
    for path in (HERE / "versions").glob("*.py"):
        assert re.fullmatch(r"\d{4}_[a-z_]+\.py", path.name)


def test_down_and_up_again_gives_the_same_database(database: str) -> None:
    """On data: the small county is in it when it goes down."""
    before = catalogue(database)
    downgrade(database, "base")
    engine = create_engine(database)
    with engine.connect() as connection:
        left = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'S') AND relnamespace = "
                "'public'::regnamespace AND relname NOT IN ('spatial_ref_sys', 'alembic_version')"
            )
        ).all()
    engine.dispose()
    assert left == []
    upgrade(database)
    assert catalogue(database) == before


def test_each_step_goes_down_and_up_on_data(database: str) -> None:
    before = catalogue(database)
    head = max(path.name[:4] for path in (HERE / "versions").glob("0*.py"))
    downgrade(database, f"{int(head) - 1:04}")
    upgrade(database)
    assert catalogue(database) == before


# SQLAlchemy hands what it read of a check that is NOT VALID (0024 leaves two so) on as it came.
@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options'")
def test_models_and_migrations_say_the_same(empty_database: str) -> None:
    engine = create_engine(empty_database)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": False,
                "include_object": lambda item, name, kind, *_: (
                    not (kind == "table" and name in {"spatial_ref_sys", "alembic_version"})
                ),
            },
        )
        drift = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert drift == []


def test_what_was_made_by_hand_in_the_database_is_gone_after_an_upgrade(database: str) -> None:
    before = catalogue(database)
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("CREATE POLICY hole ON household USING (true)"))
        connection.execute(text("GRANT DELETE ON household TO wangge_app"))
        connection.execute(text("DROP POLICY in_my_places ON household"))
    engine.dispose()
    assert catalogue(database) != before
    upgrade(database)
    assert catalogue(database) == before


def test_every_policy_and_function_stands_in_a_file(database: str) -> None:
    files = "\n".join(path.read_text(encoding="utf-8") for path in sql_files())
    found = catalogue(database)
    for table, policy, *_ in found["policies"]:
        assert f"CREATE POLICY {policy}" in files, (table, policy)
    for signature, *_ in found["functions"]:
        name = str(signature).partition("(")[0]
        assert f"CREATE OR REPLACE FUNCTION {name}(" in files, name


def test_upgrades_of_a_present_database_wait_for_each_other_and_change_nothing(
    empty_database: str,
) -> None:
    from threading import Thread

    before, failures = catalogue(empty_database), list[BaseException]()

    def run() -> None:
        try:
            upgrade(empty_database)
        except BaseException as error:  # noqa: BLE001 (any failure of a thread is the finding)
            failures.append(error)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert catalogue(empty_database) == before


def test_no_file_of_sql_is_forgotten() -> None:
    assert {p.name for p in sql_files()} | {"access_roles.sql"} == {
        p.name for p in Path(HERE / "sql").glob("*.sql")
    }
