"""The second wall, from PostgreSQL's own catalogue; and each rule shown to find what breaks it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, text

from tests.conftest import TestCluster
from tests.walls.catalogue import RULES, broken
from tests.walls.grants import SNAPSHOT, told

# Rule → what somebody might do one day, in good faith or bad.
BREAKS = {
    "bare_table": "CREATE TABLE bare (id int); ALTER TABLE bare OWNER TO wangge_owner;"
    " ALTER TABLE bare ENABLE ROW LEVEL SECURITY",
    "foreign_table": "CREATE MATERIALIZED VIEW kept AS SELECT * FROM household",
    "owner": "ALTER TABLE visit OWNER TO postgres",
    "view": "CREATE VIEW open_view AS SELECT * FROM household",
    "rewriting": "CREATE RULE also AS ON INSERT TO visit DO ALSO SELECT 1",
    "function": "CREATE FUNCTION public.handy() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "definer": "ALTER FUNCTION gate.my_places() SET search_path = public",
    "leakproof": "ALTER FUNCTION gate.user_id() LEAKPROOF",
    "setting": "CREATE POLICY careless ON visit FOR SELECT TO wangge_app"
    " USING (bucket = current_setting('app.bucket', true))",
    "public": "GRANT SELECT (id) ON household TO PUBLIC",
    "public_policy": "CREATE POLICY for_all ON visit FOR SELECT USING (recorded_by IS NULL)",
    "every_row": "CREATE POLICY wide ON household FOR SELECT TO wangge_app USING (true)",
    "default_privilege": "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES"
    " TO wangge_app",
    "role": "ALTER ROLE wangge_app BYPASSRLS",
    "login": "ALTER ROLE wangge_owner LOGIN",
    "member": "GRANT wangge_worker TO wangge_app",
    "grant_option": "GRANT SELECT ON household TO wangge_app WITH GRANT OPTION",
    "create": "GRANT CREATE ON SCHEMA public TO wangge_app",
    "delete": "GRANT DELETE ON household TO wangge_app",
    "reads_only": "GRANT INSERT ON household TO wangge_backup",
    "extension": "GRANT EXECUTE ON FUNCTION st_estimatedextent(text, text) TO wangge_app",
    "extra": "CREATE EXTENSION IF NOT EXISTS btree_gist",
    "event_trigger": "CREATE PUBLICATION leak FOR ALL TABLES",
    "fed": "ALTER TABLE household DISABLE TRIGGER USER",
}
# Other ways to break the same rules.
MORE = (
    ("bare_table", "CREATE SCHEMA attic; CREATE TABLE attic.household_copy (name text)"),
    ("bare_table", "ALTER TABLE household NO FORCE ROW LEVEL SECURITY"),
    ("view", "CREATE VIEW sums AS SELECT count(*) FROM household;"
     " ALTER VIEW sums SET (security_invoker = false)"),
    ("definer", "CREATE FUNCTION gate.loose() RETURNS int LANGUAGE sql SECURITY DEFINER"
     " AS 'SELECT 1'"),
    ("setting", "CREATE OR REPLACE FUNCTION gate.user_id() RETURNS uuid LANGUAGE sql STABLE"
     " AS $$ SELECT current_setting('app.user', true)::uuid $$"),
    ("public", "GRANT EXECUTE ON FUNCTION gate.my_places() TO PUBLIC"),
    ("public", "CREATE SEQUENCE counter; GRANT USAGE ON SEQUENCE counter TO PUBLIC"),
    ("every_row", "CREATE POLICY wide ON visit FOR INSERT TO wangge_push WITH CHECK (true)"),
    ("every_row", "CREATE POLICY wide ON household FOR SELECT TO wangge_reporting USING (true)"),
    ("delete", "GRANT TRUNCATE ON audit_act TO wangge_worker"),
    ("member", "GRANT wangge_resident TO wangge_worker"),
)  # fmt: skip


@pytest.fixture(scope="module")
def catalogue(cluster: TestCluster) -> Iterator[Connection]:
    """The catalogue of a migrated database, as a superuser; nothing stays."""
    name = f"catalogue_{os.getpid()}"
    cluster.create(name, "wangge_migrated")
    engine = create_engine(cluster.url(name))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
        cluster.drop(name)


def test_the_second_wall_has_no_hole(catalogue: Connection) -> None:
    found = broken(catalogue)
    assert {RULES[name].says: what for name, what in found.items()} == {}


def test_every_rule_finds_what_breaks_it(catalogue: Connection) -> None:
    assert BREAKS.keys() == RULES.keys()
    for rule, breaking in (*BREAKS.items(), *MORE):
        with catalogue.begin_nested() as undone:
            for statement in breaking.split(";"):
                catalogue.execute(text(statement))
            assert broken(catalogue, rule), breaking
            undone.rollback()


def test_who_may_do_what_is_what_was_reviewed(catalogue: Connection) -> None:
    """A grant that changes is looked at; `python -m tests.walls.grants` writes the text anew."""
    assert told(catalogue) == SNAPSHOT.read_text(encoding="utf-8")


def test_a_new_right_of_one_column_changes_what_is_reviewed(catalogue: Connection) -> None:
    before = told(catalogue)
    with catalogue.begin_nested() as undone:
        catalogue.execute(text("GRANT UPDATE (head_name) ON household TO wangge_mover"))
        assert told(catalogue) != before
        undone.rollback()
