"""Backup and restore: what was there is there again, and nobody mistakes it for what was."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from server.db import transaction
from tests.cli.keyboard import Keyboard, as_admin, environment
from tests.smallcounty import SmallCounty, id_of


@pytest.fixture
def keyboard(county: SmallCounty, tmp_path: Path) -> Keyboard:
    """At the server whose API the test asks as well."""
    return Keyboard(environment(county.url, tmp_path))


def epochs(county: SmallCounty) -> list[tuple[int, str]]:
    with transaction(county.worker) as session:
        rows = session.execute(text("SELECT number, why FROM sync_epoch ORDER BY number"))
        return [(row.number, row.why) for row in rows]


def databases(county: SmallCounty) -> set[str]:
    """Databases that are named after the county's."""
    with transaction(county.worker) as session:
        rows = session.execute(
            text("SELECT datname FROM pg_database WHERE starts_with(datname, current_database())")
        )
        return set(rows.scalars())


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
    keyboard.type("backup", tmp_path / "county.backup")
    forget_a_household(county)
    assert desk.get("/households")["total"] == 2

    keyboard.type("restore", tmp_path / "county.backup", "--replace")

    # The web's open connections ended with the old database: it says "try again" at most once.
    answers = [desk.call("GET", "/households").status_code for _ in range(2)]
    assert answers in ([503, 401], [401, 401])
    assert county.sign_in("worker-a1w").get("/households")["total"] == 3
    assert epochs(county) == [(1, "first"), (2, "restore")]
    assert databases(county) == {make_url(county.url).database}
    assert "fail" not in keyboard.result("doctor").output.replace("fail 后台", "")


def test_the_backup_is_one_private_file_and_nothing_unfinished(
    keyboard: Keyboard, tmp_path: Path
) -> None:
    keyboard.type("backup", tmp_path / "county.backup")
    (file,) = tmp_path.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("county.backup", 0o600)
    assert "示某A1w1".encode() not in file.read_bytes()


def test_a_backup_that_fails_leaves_the_one_before(keyboard: Keyboard, tmp_path: Path) -> None:
    kept = tmp_path / "county.backup"
    keyboard.type("backup", kept)
    before = kept.read_bytes()
    admin = make_url(keyboard.environment["WANGGE_ADMIN_DATABASE_URL"])
    powerless = admin.set(username="wangge_app").render_as_string()
    keyboard.environment["WANGGE_ADMIN_DATABASE_URL"] = powerless
    assert "pg_dump" in keyboard.fails("backup", kept)
    assert kept.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["county.backup"]
    assert "no_such" in keyboard.fails("backup", tmp_path / "no_such" / "file")


def test_what_is_not_a_whole_backup_changes_nothing(
    county: SmallCounty, keyboard: Keyboard, tmp_path: Path
) -> None:
    whole = tmp_path / "county.backup"
    keyboard.type("backup", whole)
    cut = tmp_path / "cut.backup"
    cut.write_bytes(whole.read_bytes()[:-20_000])
    empty = tmp_path / "empty"
    empty.touch()
    for wrong in (cut, empty, Path(__file__), tmp_path, tmp_path / "nowhere"):
        result = keyboard.result("restore", wrong, "--replace")
        assert result.exit_code in (1, 2), result.output
    assert epochs(county) == [(1, "first")]
    assert databases(county) == {make_url(county.url).database}
    assert county.sign_in("worker-a1w").get("/households")["total"] == 3


def test_a_database_that_holds_something_is_replaced_only_when_told_so(
    county: SmallCounty, keyboard: Keyboard, tmp_path: Path
) -> None:
    keyboard.type("backup", tmp_path / "county.backup")
    assert "--replace" in keyboard.fails("restore", tmp_path / "county.backup")
    assert epochs(county) == [(1, "first")]


def test_a_county_moves_to_an_empty_database(
    county: SmallCounty, keyboard: Keyboard, tmp_path: Path
) -> None:
    keyboard.type("backup", tmp_path / "county.backup")
    at = make_url(county.url)
    new = f"{at.database}_new"
    with as_admin(at.set(database="postgres").render_as_string()) as cursor:
        cursor.execute(f"CREATE DATABASE {new}")
        try:
            moved = Keyboard(environment(at.set(database=new).render_as_string(), tmp_path))
            moved.type("restore", tmp_path / "county.backup")
            assert "示例worker-a1w" in moved.type("user", "list")
        finally:
            cursor.execute(f"DROP DATABASE IF EXISTS {new} WITH (FORCE)")


def test_without_a_superuser_there_is_no_backup(keyboard: Keyboard, tmp_path: Path) -> None:
    del keyboard.environment["WANGGE_ADMIN_DATABASE_URL"]
    keyboard.environment["WANGGE_ADMIN_DATABASE_URL"] = ""
    assert "WANGGE_ADMIN_DATABASE_URL" in keyboard.fails("backup", tmp_path / "x")
