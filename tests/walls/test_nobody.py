"""Who asks is not known, is nobody, was somebody else just now: nothing is seen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.smallcounty import START, id_of
from tests.walls.town import Town

# What answers somebody who has not signed in, or anybody at all: and why that tells nothing.
_ARITHMETIC = "arithmetic, or the server's clock"
_PLACES = "places, their codes and Offices: no secret among those who work here"
_STATES = "ids and states of a case, to who has its random id; no name, no word"
_WHERE = "whether a row is there, or in which village, to who has its random id"
ANSWERS_NOBODY = {
    **dict.fromkeys(("event_hash", "judged", "month_of", "now", "rung"), _ARITHMETIC),
    **dict.fromkeys(("code_at", "label_start", "present_area", "with_past"), _PLACES),
    **dict.fromkeys(("offices_named", "served_villages"), _PLACES),
    **dict.fromkeys(("case_facts", "goes_on_in", "receivers_of", "settled"), _STATES),
    **dict.fromkeys(("may_concern", "resident_alone"), _STATES),
    **dict.fromkeys(("presence", "villages_of", "village_about"), _WHERE),
    "credential_of": "what a password is proved against: signing in begins before anybody is known",
    "may_invite": "whether somebody may be sent a code, to who has their random id",
    "figures_as_of": "when figures were last counted",
    "fingerprint": "which database this is: readiness asks it",
}


@pytest.fixture(scope="module")
def engine(town: Town) -> Iterator[Engine]:
    made = create_engine(town.county.url, pool_size=1, max_overflow=0)
    yield made
    made.dispose()


def arguments(town: Town, types: list[str], *, variadic: bool) -> Iterator[str]:
    """What such a function may be asked: one of each kind of id, or all of them at once."""
    planted = town.planted["A1w"].ids
    of_kinds = [planted["dispute_id"], planted["household_id"], planted["visit_id"]]
    of_kinds += [str(id_of(name)) for name in ("A1", "A1w", "office A1", "user mediator-a1")]
    everything = "'{" + ",".join(of_kinds) + "}'::uuid[]"
    many = len(of_kinds)
    for an_id, a_word in product(of_kinds, ("dispute", "village", "worker-a1w")):
        values = {
            "uuid": f"'{an_id}'::uuid",
            "uuid[]": everything,
            "text": f"'{a_word}'",
            "text[]": f"array_fill('village'::text, ARRAY[{many}])",
            "timestamp with time zone": f"'{START}'",
            "timestamp with time zone[]": f"array_fill('{START}'::timestamptz, ARRAY[{many}])",
            "integer": "1",
            "integer[]": f"array_fill(1, ARRAY[{many}])",
            "boolean": "false",
            "bytea": "'\\x00'::bytea",
            "double precision": "60",
            "jsonb": "'[]'::jsonb",
        }
        asked = [values.get(one, f"NULL::{one}") for one in types]
        if variadic:
            asked[-1] = f"VARIADIC {asked[-1]}"
        yield ", ".join(asked)
        if not {"uuid", "text"} & set(types):
            return


def test_what_the_gate_answers_nobody_stands_on_a_list(town: Town, engine: Engine) -> None:
    answering = set()
    with engine.connect() as connection:
        for name, types, variadic in connection.execute(_FUNCTIONS).all():
            for asked in arguments(town, types, variadic=variadic):
                with connection.begin_nested() as undone:
                    connection.execute(text("SET LOCAL ROLE wangge_app"))
                    call = f"gate.{name}({asked})"
                    rows = connection.exec_driver_sql(f"SELECT * FROM {call}").all()
                    undone.rollback()
                if any(value not in (None, False, 0, [], "") for row in rows for value in row):
                    answering.add(name)
                    break
    assert sorted(answering - ANSWERS_NOBODY.keys()) == []
    assert sorted(ANSWERS_NOBODY.keys() - answering) == [], "no longer: off the list"


# What changes nothing; whatever locks or writes is asked in the tests of who calls it.
_FUNCTIONS = text("""
    SELECT p.proname, ARRAY(SELECT t::regtype::text FROM unnest(p.proargtypes) t) AS types,
           p.provariadic <> 0 AS variadic
      FROM pg_proc p
     WHERE p.pronamespace = 'gate'::regnamespace AND p.prorettype <> 'trigger'::regtype
       AND p.provolatile <> 'v' AND has_function_privilege('wangge_app', p.oid, 'EXECUTE')
     ORDER BY 1
""")


# Random numbers, and which migration the database stands at.
HARMLESS = {"sync_epoch", "feed_mark", "alembic_version"}
COUNTY = str(id_of("user county"))


def become(connection: Connection, user: str | None, role: str = "wangge_app") -> None:
    """As the web tells it, within a transaction; None: not told at all."""
    connection.execute(text("SELECT set_config('role', :role, true)"), {"role": role})
    if user is not None:
        connection.execute(text("SELECT set_config('app.user', :user, true)"), {"user": user})


def seen(connection: Connection, role: str = "wangge_app") -> set[str]:
    """Tables of which anything at all is seen."""
    tables = connection.execute(_READABLE, {"role": role}).scalars().all()
    some = " UNION ALL ".join(
        f"SELECT '{t}' AS name WHERE EXISTS (SELECT FROM {t})" for t in tables
    )
    return set(connection.execute(text(some)).scalars()) - HARMLESS


_READABLE = text("""
    SELECT c.relname FROM pg_class c
     WHERE c.relkind = 'r' AND c.relowner = 'wangge_owner'::regrole
       AND has_any_column_privilege(:role, c.oid, 'SELECT') ORDER BY 1
""")


def test_who_is_not_told_is_nobody(engine: Engine) -> None:
    with engine.connect() as connection:
        for role in ("wangge_app", "wangge_push", "wangge_mover", "wangge_resident"):
            for user in (None, "", "00000000-0000-0000-0000-000000000000"):
                become(connection, user, role)
                assert seen(connection, role) == set(), (role, user)
                connection.rollback()


def test_what_is_no_id_is_refused(engine: Engine) -> None:
    with engine.connect() as connection:
        for user in ("county", "' OR true --", COUNTY[:-1], f"{COUNTY},{COUNTY}", "\\x00"):
            become(connection, user)
            with pytest.raises(DBAPIError):
                connection.execute(text("SELECT count(*) FROM household"))
            connection.rollback()


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_nothing_is_left_over_for_the_next_one_on_a_connection(engine: Engine, end: str) -> None:
    """After a transaction a setting is '', not NULL; a policy never takes it for everybody."""
    with engine.connect() as connection:
        become(connection, COUNTY)
        assert "household" in seen(connection)
        connection.exec_driver_sql(end)
        connection.rollback()
        become(connection, None)
        assert connection.execute(text("SELECT current_setting('app.user')")).scalar() == ""
        assert seen(connection) == set()
        connection.rollback()


def test_the_last_word_about_who_asks_counts(engine: Engine) -> None:
    with engine.connect() as connection:
        become(connection, COUNTY)
        become(connection, str(id_of("user worker-a1w")))
        cells = "SELECT DISTINCT cell_id FROM household"
        assert set(connection.execute(text(cells)).scalars()) <= {id_of("A1w"), None}
        become(connection, "")
        assert seen(connection) == set()
        connection.rollback()


def test_a_savepoint_that_is_rolled_back_takes_its_identity_with_it(engine: Engine) -> None:
    with engine.connect() as connection:
        become(connection, "")
        with connection.begin_nested() as inner:
            become(connection, COUNTY)
            assert "household" in seen(connection)
            inner.rollback()
        assert seen(connection) == set()
        connection.rollback()


def test_nobody_writes_nothing_but_that_somebody_failed_to_sign_in(engine: Engine) -> None:
    """An act without a name is kept: a wrong password has none."""
    told = "(id, kind, dispute_id, office_ids, body, once, owed_at)"
    owed = "gen_random_uuid(), 'alert', NULL, '{}', '{}', 'once', gate.now()"
    with engine.connect() as connection:
        become(connection, "")
        with pytest.raises(DBAPIError, match=r"row-level security"):
            connection.exec_driver_sql(f"INSERT INTO notice {told} VALUES ({owed})")
        connection.rollback()


def test_the_web_becomes_nobody_else_and_switches_nothing_off(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SET SESSION AUTHORIZATION wangge_app"))
        connection.commit()
        others = ("wangge_worker", "wangge_owner", "wangge_gate", "wangge_feed", "wangge_backup")
        for role in (*others, "wangge_reporting", "postgres"):
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text(f"SET LOCAL ROLE {role}"))
            connection.rollback()
        for attempt in (
            "SET LOCAL row_security = off; SELECT count(*) FROM household",
            "ALTER TABLE household DISABLE ROW LEVEL SECURITY",
            "DROP POLICY in_my_places ON household",
            "CREATE TABLE mine (id int)",
            "ALTER FUNCTION gate.admitted() SECURITY INVOKER",
            "SELECT _postgis_stats('household', 'geom')",
            "SELECT password_hash FROM credential",
        ):
            with pytest.raises(DBAPIError):
                connection.exec_driver_sql(attempt)
            connection.rollback()
        connection.execute(text("RESET SESSION AUTHORIZATION"))
        connection.commit()


def test_nobody_rewrites_what_was_told_or_who_told_it(engine: Engine) -> None:
    """Not even whose case or household it is: of these columns the web may change none."""
    rewriting = (
        *("dispute SET story = ''", "dispute SET recorded_by = NULL", "dispute SET category = ''"),
        *("holding SET begun_at = now()", "holding SET office_id = NULL", "holding SET n = 1"),
        *("claim SET content = ''", "term SET content = ''", "agreement SET form = 'oral'"),
        *("household SET recorded_by = NULL", "household SET village_id = id"),
        *("visit SET note = ''", "dispute_event SET why = ''", "party SET name = ''"),
    )
    with engine.connect() as connection:
        for role in ("wangge_app", "wangge_push"):
            for one in rewriting:
                become(connection, COUNTY, role)
                with pytest.raises(DBAPIError, match="permission denied"):
                    connection.exec_driver_sql(f"UPDATE {one}")
                connection.rollback()


def test_a_backup_reads_everything_and_writes_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        tables = connection.execute(_READABLE, {"role": "wangge_owner"}).scalars().all()
        become(connection, None, "wangge_backup")
        assert {"household", "dispute", "user_account"} <= seen(connection, "wangge_backup")
        for table in tables:
            connection.execute(text(f"SELECT count(*) FROM {table}"))
        for attempt in ("DELETE FROM household", "UPDATE visit SET note = NULL"):
            with pytest.raises(DBAPIError, match="permission denied"), connection.begin_nested():
                connection.execute(text(attempt))
        connection.rollback()


def test_reports_read_sums_and_nothing_else(engine: Engine) -> None:
    with engine.connect() as connection:
        tables = connection.execute(_READABLE, {"role": "wangge_owner"}).scalars().all()
        become(connection, None, "wangge_reporting")
        for table in (*tables, "figure_holding", "figure_moves"):
            with pytest.raises(DBAPIError, match="permission denied"), connection.begin_nested():
                connection.execute(text(f"SELECT count(*) FROM {table}"))
        connection.execute(text("SELECT * FROM report_figures"))
        connection.rollback()


def test_a_report_tells_full_tens(engine: Engine) -> None:
    """Two townships and what lies across them: no small number, and none by subtraction."""
    kept = {"A": (20, 34), "B": (3, 10), "county": (9, 17)}
    with engine.connect() as connection:
        for name, (settled, decided) in kept.items():
            values = {"area": id_of(name), "below": name != "county"}
            connection.execute(_COUNTED, {**values, "settled": settled, "decided": decided})
        become(connection, None, "wangge_reporting")
        asked = (
            "SELECT area_code, n, of_n FROM report_figures"
            " WHERE figure = 'settled' AND quarter = '2025-10-01' ORDER BY 1"
        )
        told = {code: (n, of_n) for code, n, of_n in connection.execute(text(asked))}
        assert told == {"511921": (0, 10), "511921100": (20, 30), "511921101": (0, 10)}
        unfinished = text("SELECT count(*) FROM report_figures WHERE quarter >= '2026-01-01'")
        become(connection, None, "wangge_reporting")
        connection.execute(text("SELECT set_config('app.now', '2026-03-02T02:00Z', true)"))
        assert connection.execute(unfinished).scalar() == 0
        connection.rollback()


_COUNTS = [f"{step}_{what}" for step in ("accept", "handle") for what in ("due", "on_time", "took")]
_COUNTS += [*("whole_took", "received", "reopened", "ended", "extended", "returned")]
_COUNTS += [*("handed_down", "transferred", "escalated", "climbed")]
_DAYS = [f"{step}_{what}" for step in ("accept", "handle", "whole") for what in ("days", "n")]
_COUNTED = text(f"""
    INSERT INTO figure_month (area_id, below, category, month, level, office_id, decided, settled,
                              {", ".join((*_COUNTS, *_DAYS))})
    SELECT :area, :below, '', month, 'village', '00000000-0000-0000-0000-000000000000',
           :decided, :settled, {", ".join(["0"] * len(_COUNTS) + ["'{}'"] * len(_DAYS))}
      FROM (VALUES ('2025-11-01'::date), ('2026-02-01')) m (month)
""")
