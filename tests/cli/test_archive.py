"""Backup and restore: what was there is there again, and nobody mistakes it for what was."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from stat import S_ISDIR
from threading import Event, Thread
from typing import Any

import psycopg2
import pytest
from sqlalchemy import make_url

from server.archive import ArchiveFailed, alone, swap
from tests.cli.keyboard import Keyboard, as_admin, environment
from tests.lending import Lending
from tests.smallcounty import SmallCounty, id_of

AUDIT_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # the bytes 0 to 31


@pytest.fixture
def keyboard(county: SmallCounty, tmp_path: Path) -> Keyboard:
    """At the server whose API the test asks as well."""
    return Keyboard(environment(county.url, tmp_path))


@pytest.fixture(scope="module")
def backup(lending: Lending, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small county as it was; only to be read."""
    directory = tmp_path_factory.mktemp("kept")
    Keyboard(environment(lending.lend(), directory)).type("backup", directory / "county.backup")
    lending.take_back()
    return directory / "county.backup"


def epochs(county: SmallCounty) -> list[tuple[int, str]]:
    with as_admin(county.url) as cursor:  # the web's connections ended with the old database
        cursor.execute("SELECT number, why FROM sync_epoch ORDER BY number")
        return list(cursor.fetchall())


def databases(county: SmallCounty) -> set[str]:
    """Databases that are named after the county's."""
    with as_admin(county.url) as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, current_database())"
        )
        return {name for (name,) in cursor.fetchall()}


def elsewhere(county: SmallCounty) -> AbstractContextManager[Any]:
    """A superuser's cursor on the same server, in no county's database."""
    return as_admin(make_url(county.url).set(database="postgres").render_as_string())


def forget_a_household(county: SmallCounty) -> None:
    """An accident, by somebody with every right."""
    with as_admin(county.url) as cursor:
        for table, column in (("household_placing", "household_id"), ("household", "id")):
            cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", (str(id_of("A1w-1")),))


def test_a_restored_county_is_whole_in_a_new_epoch_and_everybody_signs_in_again(
    county: SmallCounty, keyboard: Keyboard, tmp_path: Path
) -> None:
    desk = county.sign_in("worker-a1w")
    assert desk.get("/households")["total"] == 3
    keyboard.environment["WANGGE_AUDIT_KEY"] = AUDIT_KEY
    keyboard.type("audit", "seal")
    keyboard.type("backup", tmp_path / "county.backup")
    forget_a_household(county)
    assert desk.get("/households")["total"] == 2
    seen = f"/households/{id_of('A1w-2')}/reveal"
    county.sign_in("county").post(seen, {"reason": "示例核对"}, expect=200)
    keyboard.type("audit", "heads")  # of acts that will be lost

    keyboard.type("restore", tmp_path / "county.backup", "--replace")

    # The web's open connections ended with the old database: it says "try again" at most once.
    answers = [desk.call("GET", "/households").status_code for _ in range(2)]
    assert answers in ([503, 401], [401, 401])
    assert county.sign_in("worker-a1w").get("/households")["total"] == 3
    assert epochs(county) == [(1, "first"), (2, "restore")]
    assert databases(county) == {make_url(county.url).database}
    keyboard.type("audit", "seal")
    said = keyboard.type("audit", "verify", expect=2)
    assert "曾恢复到较早状态" in said
    assert "断 broken" not in said
    assert "fail" not in keyboard.result("doctor").output.replace("fail 后台", "").replace(
        "fail 工作日历", ""
    )


def test_a_backup_is_one_private_file_and_on_the_disk_with_its_name(
    keyboard: Keyboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power may fail right after: the directory is written out once it holds the name."""
    others = tmp_path / "county.backup.part"
    others.write_bytes(b"half of it")
    synced: list[set[str]] = []
    fsync = os.fsync

    def watch(descriptor: int) -> None:
        if S_ISDIR(os.fstat(descriptor).st_mode):
            synced.append({*os.listdir(descriptor)})
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    keyboard.type("backup", tmp_path / "county.backup")
    assert synced == [{"county.backup", others.name}]
    assert {file.name for file in tmp_path.iterdir()} == {"county.backup", others.name}
    file = tmp_path / "county.backup"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "示某A1w1".encode() not in file.read_bytes()
    assert others.read_bytes() == b"half of it"


def test_a_backup_that_fails_leaves_the_one_before(keyboard: Keyboard, tmp_path: Path) -> None:
    kept = tmp_path / "county.backup"
    kept.write_bytes(b"the one before")
    admin = make_url(keyboard.environment["WANGGE_ADMIN_DATABASE_URL"])
    powerless = admin.set(username="wangge_app").render_as_string()
    keyboard.environment["WANGGE_ADMIN_DATABASE_URL"] = powerless
    assert "pg_dump" in keyboard.fails("backup", kept)
    assert kept.read_bytes() == b"the one before"
    assert [file.name for file in tmp_path.iterdir()] == ["county.backup"]
    assert "no_such" in keyboard.fails("backup", tmp_path / "no_such" / "file")


def test_a_restore_that_is_refused_changes_nothing(
    county: SmallCounty, keyboard: Keyboard, backup: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.backup"
    cut.write_bytes(backup.read_bytes()[:-20_000])
    empty = tmp_path / "empty"
    empty.touch()
    for wrong in (cut, empty, Path(__file__), tmp_path, tmp_path / "nowhere"):
        result = keyboard.result("restore", wrong, "--replace")
        assert result.exit_code in (1, 2), result.output
    assert "--replace" in keyboard.fails("restore", backup)
    with alone(make_url(county.url)):
        assert "Another restore" in keyboard.fails("restore", backup, "--replace")
    assert epochs(county) == [(1, "first")]
    assert databases(county) == {make_url(county.url).database}
    assert county.sign_in("worker-a1w").get("/households")["total"] == 3


def test_a_county_moves_to_an_empty_database(
    county: SmallCounty, backup: Path, tmp_path: Path
) -> None:
    at = make_url(county.url)
    new = f"{at.database}_new"
    with elsewhere(county) as cursor:
        cursor.execute(f"CREATE DATABASE {new}")
        try:
            moved = Keyboard(environment(at.set(database=new).render_as_string(), tmp_path))
            moved.type("restore", backup)
            assert "示例worker-a1w" in moved.type("user", "list")
        finally:
            cursor.execute(f"DROP DATABASE IF EXISTS {new} WITH (FORCE)")


def test_what_a_killed_restore_left_is_named_and_goes_with_the_next_one(
    county: SmallCounty, keyboard: Keyboard, backup: Path
) -> None:
    """It may have been killed between shutting the county and giving its name away."""
    name = make_url(county.url).database
    left = [f"{name}_restore_0123abcd", f"{name}_restore_89efffff_old"]
    ours = [f"{name}_20261122", f"{name}_cafecafe", f"{name}_restore_test"]
    with elsewhere(county) as cursor:
        try:
            for database in (*left, *ours):
                cursor.execute(f"CREATE DATABASE {database}")
            said = keyboard.result("doctor").output
            (line,) = [line for line in said.splitlines() if left[0] in line]
            assert line.startswith("warn")
            assert left[1] in line
            assert not any(database in line for database in ours)

            cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            keyboard.type("restore", backup, "--replace")
            assert epochs(county)[-1] == (2, "restore")
            assert databases(county) == {name, *ours}
            assert "restore_" not in keyboard.result("doctor").output
        finally:
            for database in (*left, *ours):
                cursor.execute(f"DROP DATABASE IF EXISTS {database}")


def test_a_restore_that_fails_takes_what_it_made_with_it(
    county: SmallCounty, keyboard: Keyboard, tmp_path: Path
) -> None:
    """The dump is read to its end, and the database does not take it."""
    with as_admin(county.url) as cursor:
        cursor.execute("CREATE TABLE odd AS SELECT 1 AS n")
        cursor.execute("CREATE FUNCTION is_odd(int) RETURNS bool LANGUAGE sql AS 'SELECT true'")
        cursor.execute("ALTER TABLE odd ADD CHECK (is_odd(n))")
        cursor.execute(
            "CREATE OR REPLACE FUNCTION is_odd(int) RETURNS bool LANGUAGE sql AS 'SELECT false'"
        )
    keyboard.type("backup", tmp_path / "county.backup")
    assert "pg_restore" in keyboard.fails("restore", tmp_path / "county.backup", "--replace")
    assert databases(county) == {make_url(county.url).database}


def test_phones_that_keep_coming_back_do_not_hold_the_swap_up(county: SmallCounty) -> None:
    at = make_url(county.url)
    beside = at.set(database=f"{at.database}_restore_00000000")
    with pytest.raises(ArchiveFailed) as refused:
        swap(at, beside)  # nobody made it
    assert "\n" not in refused.value.detail
    assert "does not exist" in refused.value.detail
    assert county.sign_in("worker-a1w").get("/households")["total"] == 3

    over, turned_away = Event(), list[str]()
    knocking = [Thread(target=knock, args=(county.url, over, turned_away)) for _ in range(3)]
    with elsewhere(county) as cursor:
        cursor.execute(f"CREATE DATABASE {beside.database}")
        try:
            for thread in knocking:
                thread.start()
            swap(at, beside)
        finally:
            over.set()
            for thread in knocking:
                thread.join()
        assert databases(county) == {at.database, f"{beside.database}_old"}
        cursor.execute(f"DROP DATABASE {beside.database}_old WITH (FORCE)")
    assert any("not currently accepting connections" in said for said in turned_away)
    with as_admin(county.url) as cursor:
        cursor.execute("SELECT to_regclass('household')")
        assert cursor.fetchall() == [(None,)]  # it is the other one


def knock(url: str, over: Event, turned_away: list[str]) -> None:
    """Connect again and again, and stay as long as one is let."""
    while not over.is_set():
        try:
            with ExitStack() as held:
                for _ in range(5):
                    held.enter_context(as_admin(url)).execute("SELECT")
        except psycopg2.Error as error:
            turned_away.append(str(error))


def test_a_server_that_is_away_is_one_line(keyboard: Keyboard, tmp_path: Path) -> None:
    nowhere = f"postgresql+psycopg2://postgres@/x?host={tmp_path}&port=1"
    keyboard.environment["WANGGE_ADMIN_DATABASE_URL"] = nowhere
    assert "PostgreSQL" in keyboard.fails("backup", tmp_path / "x")
    (tmp_path / "x").write_bytes(b"PGDMP")
    assert "PostgreSQL" in keyboard.fails("restore", tmp_path / "x")


def test_without_a_superuser_there_is_no_backup(keyboard: Keyboard, tmp_path: Path) -> None:
    del keyboard.environment["WANGGE_ADMIN_DATABASE_URL"]
    keyboard.environment["WANGGE_ADMIN_DATABASE_URL"] = ""
    assert "WANGGE_ADMIN_DATABASE_URL" in keyboard.fails("backup", tmp_path / "x")
