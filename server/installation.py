"""One installation on one machine: its database, and its secrets in `var/`."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

import psycopg2
from flask import Flask
from psycopg2.extensions import cursor
from psycopg2.sql import SQL, Identifier
from sqlalchemy import URL, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from migrations.upgrade import upgrade
from server.app import create_app
from server.db import db, transaction, worker
from server.errors import WanggeError
from server.policies.service import ensure_policy
from server.settings import Settings, from_environment
from server.syncing.service import ensure_epoch


class DatabaseUnfit(WanggeError):
    """The database is away, too old, or not ours to set up."""

    slug = "database-unfit"


@dataclass(frozen=True, slots=True)
class Installation:
    """What the commands of one installation share."""

    environment: Mapping[str, str]
    admin_url: str
    passwords: Mapping[str, str]
    private: bool = False  # in a cluster of its own, where nobody else keeps anything

    def settings(self, process: str = "web") -> Settings:
        """Settings as the process of this kind gets them."""
        return from_environment(self.environment, process=process)

    def migrate(self, to: str = "head", why: str | None = None) -> None:
        """Bring the database to the present, with what a county needs before its first dispute.

        Begins the first epoch, or one because of `why`.
        """
        upgrade(self.admin_url, to, passwords=dict(self.passwords))
        if to != "head":
            return  # an older state knows no epochs
        by = worker(datetime.now(UTC))
        with opened(self.settings("worker")), transaction(by) as session:
            ensure_epoch(session, by, why)
            ensure_policy(session, by)  # limits and working days

    def write_environment(self, path: Path) -> None:
        """What other commands need in their shell; readable by its owner only."""
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(f"{k}={quote(v)}\n" for k, v in sorted(self.environment.items()))

    def make_anew(self) -> None:
        """Throw the database away and make it again, empty and migrated."""
        url = make_url(self.admin_url)
        _drop(url)
        _create_if_missing(url)
        self.migrate()

    def at(self, database: str) -> Installation:
        """The same installation over another database of the same server."""
        names = ("WANGGE_DATABASE_URL", "WANGGE_WORKER_DATABASE_URL", "WANGGE_ADMIN_DATABASE_URL")
        moved = {
            name: _over(self.environment[name], database)
            for name in names
            if name in self.environment
        }
        environment = {**self.environment, **moved}
        return Installation(environment, _over(self.admin_url, database), self.passwords)


@contextmanager
def opened(settings: Settings) -> Iterator[Flask]:
    """The application for a while, within its context; its connections are closed afterwards."""
    app = create_app(settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def open_installation(var: Path, admin_url: str, *, private: bool) -> Installation:
    """The installation whose secrets lie in `var`; they are made at the first time.

    In the private cluster the kernel tells who connects; elsewhere the roles get passwords.
    """
    var.mkdir(exist_ok=True)
    kept = _secrets(var / "secrets.env")
    admin = _fit(admin_url)
    passwords = (
        {}
        if private
        else {
            "wangge_app": kept["WANGGE_APP_PASSWORD"],
            "wangge_worker": kept["WANGGE_WORKER_PASSWORD"],
        }
    )
    environment = {
        "WANGGE_DATABASE_URL": _as_role(admin, "wangge_app", passwords),
        "WANGGE_WORKER_DATABASE_URL": _as_role(admin, "wangge_worker", passwords),
        "WANGGE_ADMIN_DATABASE_URL": admin.render_as_string(hide_password=False),
        "WANGGE_DATA_DIR": str(var.resolve()),
        "WANGGE_SEAL_KEYS": kept["WANGGE_SEAL_KEYS"],
        "WANGGE_BLIND_KEY": kept["WANGGE_BLIND_KEY"],
    }
    return Installation(
        environment, environment["WANGGE_ADMIN_DATABASE_URL"], passwords, private=private
    )


def _over(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _as_role(admin: URL, role: str, passwords: Mapping[str, str]) -> str:
    url = admin.set(username=role, password=passwords.get(role))
    return url.render_as_string(hide_password=False)


def _secrets(path: Path) -> dict[str, str]:
    if not path.exists():
        lines = {
            "WANGGE_SEAL_KEYS": f"k1:{new_key()}",
            "WANGGE_BLIND_KEY": new_key(),
            "WANGGE_APP_PASSWORD": secrets.token_urlsafe(24),
            "WANGGE_WORKER_PASSWORD": secrets.token_urlsafe(24),
        }
        written = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(written, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in lines.items())
    lines_kept = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines_kept if line)


def new_key() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _fit(admin_url: str) -> URL:
    """The URL with our driver; its database exists, is new enough and has PostGIS at hand."""
    try:
        url = make_url(admin_url)
    except ArgumentError as error:
        raise DatabaseUnfit("DATABASE_URL 格式有误。 DATABASE_URL is not a URL.") from error
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise DatabaseUnfit("需要 PostgreSQL。 DATABASE_URL must begin with postgresql://")
    url = url.set(drivername="postgresql+psycopg2")
    _create_if_missing(url)
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            _check(*connection.execute(_FITNESS).one())
    except OperationalError as error:
        raise DatabaseUnfit(
            "无法连接数据库，请检查 DATABASE_URL。 "
            f"Cannot connect; check DATABASE_URL. {error.orig}"
        ) from error
    finally:
        engine.dispose()
    return url


_FITNESS = text("""
    SELECT current_setting('server_version_num')::int AS version,
           EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgis') AS postgis,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser
""")


def _check(version: int, postgis: bool, superuser: bool) -> None:
    if version < 150000:
        raise DatabaseUnfit("需要 PostgreSQL 15 以上。 PostgreSQL 15 or newer is needed.")
    if not postgis:
        raise DatabaseUnfit("缺少 PostGIS。 Install postgresql-15-postgis-3.")
    if not superuser:
        raise DatabaseUnfit("安装须用超级用户连接。 Connect as a superuser to install.")


def _create_if_missing(url: URL) -> None:
    """Create the database, where the server is there and only the database is not."""
    try:
        with _server(url) as ask:
            ask.execute("SELECT FROM pg_database WHERE datname = %s", (url.database,))
            if ask.rowcount == 0:
                ask.execute(SQL("CREATE DATABASE {}").format(Identifier(str(url.database))))
    except psycopg2.OperationalError:
        return  # no such server or no way to its `postgres` database: connecting will tell


def _drop(url: URL) -> None:
    with _server(url) as ask:
        name = Identifier(str(url.database))
        ask.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


@contextmanager
def _server(url: URL) -> Iterator[cursor]:
    """The server beside the database: what makes and drops databases."""
    server = url.set(drivername="postgresql", database="postgres")
    connection = psycopg2.connect(server.render_as_string(hide_password=False))
    try:
        connection.autocommit = True
        yield connection.cursor()
    finally:
        connection.close()
