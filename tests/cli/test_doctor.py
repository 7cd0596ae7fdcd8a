"""`wangge doctor` sees what is wrong, says what to do, and fails where somebody must act."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from server.audit.headbook import book_of
from server.audit.rules.signing import Signer
from server.audit.service.sealing import sign_head
from server.bare import system_clock
from server.cli.doctor import look_at_clock, look_at_disk
from server.cli.signs import State
from server.db import transaction, worker
from server.heartbeats.queries import beat
from server.installation import opened
from server.policies.service import ensure_policy
from server.worker import JOBS, LOOP
from server.worker.sealing import seal_waiting
from tests import smallcounty
from tests.cli.keyboard import Keyboard, as_admin, environment
from tests.lending import Lending
from tests.smallcounty import SmallCounty, id_of


@pytest.fixture
def lending(governed_lending: Lending) -> Lending:
    """A policy and a calendar, as every county has."""
    return governed_lending


def marks(said: str) -> dict[str, str]:
    """What was looked at → ok, warn or fail."""
    lines = [line.split(maxsplit=2) for line in said.splitlines()]
    return {words[2].split("：")[0].split()[0]: words[0] for words in lines}


def wrong(keyboard: Keyboard) -> set[str]:
    """What a full examination finds failing."""
    said = keyboard.result("doctor")
    found = {what for what, state in marks(said.output).items() if state == "fail"}
    assert said.exit_code == (1 if found else 0)
    return found


def run_everything(url: str) -> None:
    """As if the worker had just gone round, in a year whose calendar is published."""
    now = system_clock()
    with opened(smallcounty.settings(url)), transaction(worker(now)) as session:
        for name in (LOOP, *(job.name for job in JOBS)):
            beat(session, name, now)
        ensure_policy(session, worker(now))
        session.execute(text("UPDATE calendar_day SET provisional = false"))
    attest(url)


def attest(url: str) -> None:
    """The audit is sealed, and its head signed."""
    known, by = smallcounty.settings(url), worker(system_clock())
    with opened(known):
        seal_waiting(by)
        with transaction(by) as session:
            sign_head(session, by, Signer(bytes(32)), book_of(known.data_dir))


def as_superuser(url: str, statement: str) -> None:
    """What nobody of us may do."""
    with as_admin(url) as cursor:
        cursor.execute(statement)


def test_a_well_installation_is_all_ok(keyboard: Keyboard, database: str) -> None:
    run_everything(database)
    said = keyboard.type("doctor")
    assert set(marks(said).values()) == {"ok"}
    assert len(said.splitlines()) == 14


def test_before_the_worker_ran_it_says_to_start_it(keyboard: Keyboard) -> None:
    said = keyboard.type("doctor", expect=1)
    assert marks(said)["worker"] == "fail"
    assert "wangge work" in said


def test_a_feed_that_was_meddled_with_is_seen(keyboard: Keyboard, database: str) -> None:
    run_everything(database)
    as_superuser(database, "UPDATE feed_head SET n = n + 1")
    assert wrong(keyboard) == {"heads"}


def test_an_entry_that_no_phone_would_hear_of_is_seen(keyboard: Keyboard, database: str) -> None:
    run_everything(database)
    one = "(SELECT ctid FROM feed_entry LIMIT 1)"
    as_superuser(database, f"UPDATE feed_entry SET seq = NULL WHERE ctid = {one}")
    assert "feed" in wrong(keyboard)
    assert "unstamped: 1" in keyboard.type("doctor", expect=1)


def test_a_case_that_ought_to_have_climbed_is_seen(county: SmallCounty) -> None:
    keyboard = Keyboard(environment(county.url, Path()))
    case = {"id": str(id_of("case")), "category": "neighbours", "story": "示例：院墙"}
    case["village_id"] = str(id_of("A1"))
    county.sign_in("mediator-a1").post("/disputes", case)
    for minutes, found in ((-60, set()), (1, set()), (3, {"due"})):
        run_everything(county.url)
        late = f"UPDATE holding SET due_at = now() - interval '{minutes} minutes'"
        as_superuser(county.url, late)
        assert wrong(keyboard) == found
    assert "wangge climb" in keyboard.type("doctor", expect=1)
    as_superuser(county.url, "UPDATE holding SET overdue_at = now()")  # at the county: known
    assert wrong(keyboard) == set()


def test_a_calendar_that_ends_or_is_not_published_is_seen(
    keyboard: Keyboard, database: str
) -> None:
    run_everything(database)
    as_superuser(database, "UPDATE calendar_day SET provisional = true")
    assert marks(keyboard.type("doctor"))["calendar"] == "warn"
    assert "wangge calendar load --file" in keyboard.type("doctor")
    as_superuser(database, "DELETE FROM calendar_day")
    assert wrong(keyboard) == {"calendar"}


def test_a_database_that_was_never_migrated_is_told_so(database: str, tmp_path: Path) -> None:
    new = make_url(database).set(database=f"{make_url(database).database}_new")
    unmigrated = Keyboard(environment(new.render_as_string(), tmp_path))
    with as_admin(make_url(database).set(database="postgres").render_as_string()) as cursor:
        cursor.execute(f"CREATE DATABASE {new.database} TEMPLATE template0")
        try:
            assert wrong(unmigrated) == {"database"}
            said = unmigrated.type("doctor", expect=1)
            glanced = unmigrated.type("doctor", "--quick", expect=1)
        finally:
            cursor.execute(f"DROP DATABASE {new.database} WITH (FORCE)")
    assert "wangge migrate" in said
    assert "worker" not in marks(said)  # nothing that asks its tables
    assert marks(glanced) == {"disk": "ok", "database": "fail"}


def test_a_glance_sees_a_still_worker_and_an_old_database_and_reckons_nothing_anew(
    keyboard: Keyboard, database: str
) -> None:
    still = marks(keyboard.type("doctor", "--quick", expect=1))
    assert still == {"disk": "ok", "database": "ok", "worker": "fail"}
    run_everything(database)
    as_superuser(database, "UPDATE feed_head SET n = n + 1")
    assert set(marks(keyboard.type("doctor", "--quick")).values()) == {"ok"}
    assert wrong(keyboard) == {"heads"}
    as_superuser(database, "UPDATE alembic_version SET version_num = '0001'")
    assert marks(keyboard.type("doctor", "--quick", expect=1))["database"] == "fail"


def test_a_full_disk_does_not_make_a_worker_unwell(keyboard: Keyboard, database: str) -> None:
    run_everything(database)
    full = Keyboard({**keyboard.environment, "WANGGE_MIN_FREE_BYTES": str(1 << 62)})
    assert wrong(full) == {"disk"}
    assert marks(full.type("doctor", "--quick"))["disk"] == "warn"


def test_a_database_of_another_version_is_to_be_migrated(keyboard: Keyboard, database: str) -> None:
    as_superuser(database, "UPDATE alembic_version SET version_num = '0001'")
    said = keyboard.type("doctor", expect=1)
    assert marks(said)["database"] == "fail"
    assert "wangge migrate" in said
    keyboard_of_nothing = Keyboard(
        {
            **keyboard.environment,
            "WANGGE_WORKER_DATABASE_URL": make_url(database)
            .set(database="postgres")
            .render_as_string(),
        }
    )
    assert "wangge migrate" in keyboard_of_nothing.type("doctor", expect=1)


def test_a_database_that_is_away_is_the_last_line(keyboard: Keyboard, tmp_path: Path) -> None:
    url = f"postgresql+psycopg2://wangge_worker@/x?host={tmp_path}&port=1"
    away = Keyboard({**keyboard.environment, "WANGGE_WORKER_DATABASE_URL": url})
    said = away.type("doctor", expect=1)
    assert marks(said) == {"disk": "ok", "database": "fail"}


def test_a_full_disk_fails_and_a_missing_directory_too(tmp_path: Path) -> None:
    def sign(threshold: int, path: Path) -> State:
        known = smallcounty.settings("", path)
        return look_at_disk(replace(known, min_free_bytes=threshold)).state

    assert sign(0, tmp_path) is State.OK
    assert sign(1 << 62, tmp_path) is State.FAIL
    assert sign(0, tmp_path / "nowhere") is State.FAIL


@pytest.mark.parametrize(
    ("off", "state"),
    [(0.0, State.OK), (10.0, State.WARN), (-10.0, State.WARN), (3600.0, State.FAIL)],
)
def test_two_clocks_that_differ_are_told(database: str, off: float, state: State) -> None:
    with opened(smallcounty.settings(database)):
        now = system_clock()
        with transaction(worker(now)) as session:
            sign = look_at_clock(session, now + timedelta(seconds=off))
    assert sign.state is state


def test_an_audit_that_nobody_seals_is_found(keyboard: Keyboard, database: str) -> None:
    run_everything(database)
    as_superuser(
        database,
        "INSERT INTO audit_act (at, request_id, action, what) "
        "VALUES (now() - interval '6 minutes', '', 'test.act', '{}')",
    )
    assert wrong(keyboard) == {"seals"}
    attest(database)
    assert wrong(keyboard) == set()
    as_superuser(database, "UPDATE audit_setting SET heads_to = '{nobody}'")
    assert marks(keyboard.type("doctor"))["attested"] == "warn"
