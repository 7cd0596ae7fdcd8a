"""Setting up on a database that is not empty, not ours, or ours with other keys: refused."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from migrations.upgrade import upgrade
from server.installation import DatabaseUnfit, Installation, open_installation
from server.settings import BadSettings, from_environment
from tests.conftest import TestCluster


@pytest.fixture
def blank(cluster: TestCluster) -> Iterator[str]:
    """URL of a database in which nothing is."""
    cluster.create("blank")
    yield cluster.url("blank")
    cluster.drop("blank")


def run(url: str, statement: str) -> Any:
    """Do or ask something, as superuser."""
    engine = create_engine(url)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        found = result.scalar() if result.returns_rows else None
    engine.dispose()
    return found


def opened(var: Path, url: str) -> Installation:
    """The installation of the private cluster."""
    return open_installation(var, url, private=True)


def test_secrets_are_made_once_and_kept_from_others(tmp_path: Path, blank: str) -> None:
    first = opened(tmp_path, blank)
    assert (tmp_path / "secrets.env").stat().st_mode & 0o077 == 0
    assert opened(tmp_path, blank).environment == first.environment


def test_another_applications_database_is_refused(tmp_path: Path, blank: str) -> None:
    run(blank, "CREATE TABLE orders (id int)")
    with pytest.raises(DatabaseUnfit, match="Another application"):
        opened(tmp_path, blank)


def test_an_upgrade_leaves_alone_what_is_not_ours(empty_database: str) -> None:
    run(empty_database, "CREATE TABLE orders (id int)")
    run(empty_database, "CREATE POLICY theirs ON orders USING (true)")
    upgrade(empty_database)
    assert run(empty_database, "SELECT count(*) FROM pg_policies WHERE policyname = 'theirs'") == 1


def test_a_server_that_serves_another_installation_is_refused(
    tmp_path: Path, empty_database: str
) -> None:
    run(empty_database, "ALTER ROLE wangge_app PASSWORD 'of-the-other-one'")
    try:
        with pytest.raises(DatabaseUnfit, match="already serves"):
            open_installation(tmp_path, empty_database, private=False)
    finally:
        run(empty_database, "ALTER ROLE wangge_app PASSWORD NULL")


def test_other_keys_than_those_that_sealed_the_names_are_refused(
    tmp_path: Path, database: str
) -> None:
    with pytest.raises(DatabaseUnfit, match="keys do not fit"):
        opened(tmp_path, database)


@pytest.mark.parametrize("content", ["", "x", "WANGGE_SEAL_KEYS=\n"])
def test_damaged_secrets_are_named(tmp_path: Path, blank: str, content: str) -> None:
    (tmp_path / "secrets.env").write_text(content)
    with pytest.raises(DatabaseUnfit, match="damaged"):
        opened(tmp_path, blank)


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://x/y", "postgresql+psycopg2://nobody@127.0.0.1:1/none"]
)
def test_an_address_that_leads_nowhere_is_named(tmp_path: Path, url: str) -> None:
    with pytest.raises(DatabaseUnfit, match="DATABASE_URL"):
        opened(tmp_path, url)


def test_an_installation_is_ready_for_a_first_dispute(tmp_path: Path, blank: str) -> None:
    opened(tmp_path, blank).migrate()
    assert run(blank, "SELECT count(*) FROM policy_version") == 1
    assert run(blank, "SELECT count(*) FROM calendar_day") > 1000
    assert run(blank, "SELECT count(*) FROM sync_epoch") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WANGGE_DATABASE_URL", ""),
        ("WANGGE_DATABASE_URL", "nonsense"),
        ("WANGGE_SEAL_KEYS", "k1:short"),
        ("WANGGE_BLIND_KEY", "%%%"),
        ("WANGGE_LOG_LEVEL", "chatty"),
        ("WANGGE_MAX_BODY_BYTES", "8 MB"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    good = {
        "WANGGE_DATABASE_URL": "postgresql+psycopg2://wangge_app@/wangge",
        "WANGGE_SEAL_KEYS": "k1:" + "A" * 43 + "=",
        "WANGGE_BLIND_KEY": "A" * 43 + "=",
    }
    assert from_environment(good).log_level == "INFO"
    with pytest.raises(BadSettings, match=name):
        from_environment({**good, name: value})


def test_settings_do_not_print_what_is_secret() -> None:
    settings = from_environment(
        {
            "WANGGE_DATABASE_URL": "postgresql+psycopg2://wangge_app:hidden@db/wangge",
            "WANGGE_SEAL_KEYS": "k1:" + "A" * 43 + "=",
            "WANGGE_BLIND_KEY": "A" * 43 + "=",
        }
    )
    assert "hidden" not in repr(settings)
    assert "AAAA" not in repr(settings)


def test_what_is_installed_has_every_page_picture_and_statement() -> None:
    """A wheel holds of files other than Python those alone that the project names."""
    root = Path(__file__).parents[1]
    told = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    packages = [
        found.parent
        for top in ("server", "geo", "sync", "migrations")
        for found in (root / top).rglob("__init__.py")
    ]
    taken = {
        file
        for package in packages
        for name in ("*", ".".join(package.relative_to(root).parts))
        for pattern in told["package-data"].get(name, ())
        for file in package.glob(pattern)
    }
    there = {
        file
        for top in ("server", "geo", "sync", "migrations")
        for file in (root / top).rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc", ".po")  # .po: made into .mo
    }
    only_for_building = {root / "server/console/worker/tsconfig.json"}
    assert sorted(there - taken - only_for_building) == []
