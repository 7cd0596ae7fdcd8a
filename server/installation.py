"""One installation on one machine: its database, and its secrets in `var/`."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

import psycopg2
from flask import Flask
from psycopg2.sql import SQL, Identifier
from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from migrations.upgrade import upgrade
from server.bare import bare_app
from server.db import db, transaction, worker
from server.erasure import rounds
from server.errors import WanggeError
from server.policies.service import ensure_policy
from server.sealed import Keyring, SealBroken
from server.settings import Settings, from_environment
from server.superuser import beside


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

    def migrate(self, why: str | None = None) -> None:
        """Bring the database to the present, with what a county needs before its first dispute.

        Begins the first epoch, or one because of `why`.
        """
        upgrade(self.admin_url, passwords=dict(self.passwords))
        by, settings = worker(datetime.now(UTC)), self.settings("worker")
        with opened(settings):
            rounds.look_after(by, settings.data_dir, why)
            with transaction(by) as session:
                ensure_policy(session, by)  # limits and working days

    def write_environment(self, path: Path) -> None:
        """What other commands need in their shell; readable by its owner only."""
        lines = (f"{k}={quote(v)}\n" for k, v in sorted(self.environment.items()))
        _write_private(path, "".join(lines))

    def make_anew(self) -> None:
        """Throw the database away and make it again, empty and migrated."""
        url = make_url(self.admin_url)
        _drop(url)
        _create_if_missing(url)
        self.migrate()

    def at(self, database: str) -> Installation:
        """The same installation over another database of the same server."""
        names = ("WANGGE_DATABASE_URL", "WANGGE_WORKER_DATABASE_URL", "WANGGE_ADMIN_DATABASE_URL")
        moved = {n: _over(self.environment[n], database) for n in names if n in self.environment}
        environment = {**self.environment, **moved}
        return replace(self, environment=environment, admin_url=_over(self.admin_url, database))


@contextmanager
def opened(settings: Settings, make: Callable[[Settings], Flask] = bare_app) -> Iterator[Flask]:
    """An application for a while, within its context; its connections are closed afterwards."""
    app = make(settings)
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
    admin = _fit(admin_url)
    known = (var / "secrets.env").exists()
    if not known and not private:
        _check_unserved(admin)
    kept = _secrets(var / "secrets.env")
    _check_keys(admin, kept)
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
        "WANGGE_AUDIT_KEY": kept["WANGGE_AUDIT_KEY"],
    }
    return Installation(
        environment, environment["WANGGE_ADMIN_DATABASE_URL"], passwords, private=private
    )


def _over(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _as_role(admin: URL, role: str, passwords: Mapping[str, str]) -> str:
    url = admin.set(username=role, password=passwords.get(role))
    return url.render_as_string(hide_password=False)


_SECRETS: Mapping[str, Callable[[], str]] = {
    "WANGGE_SEAL_KEYS": lambda: f"k1:{new_key()}",
    "WANGGE_BLIND_KEY": lambda: new_key(),
    "WANGGE_APP_PASSWORD": lambda: secrets.token_urlsafe(24),
    "WANGGE_WORKER_PASSWORD": lambda: secrets.token_urlsafe(24),
}
# Of later versions: added where an installation was made before them.
_LATER: Mapping[str, Callable[[], str]] = {"WANGGE_AUDIT_KEY": lambda: new_key()}


def _secrets(path: Path) -> dict[str, str]:
    """What was kept, made at the first time: whole or not at all."""
    if not path.exists():
        _write_private(path, _made({**_SECRETS, **_LATER}))
    text_kept = path.read_text(encoding="utf-8")
    kept = dict(line.split("=", 1) for line in text_kept.splitlines() if "=" in line)
    if kept.keys() < _SECRETS.keys() or not all(kept[name] for name in _SECRETS):
        raise DatabaseUnfit(
            f"{path} 不完整，请用您保存的副本恢复。 {path} is damaged: restore it from your copy."
        )
    later = {name: make for name, make in _LATER.items() if not kept.get(name)}
    if not later:
        return kept
    _write_private(path, f"{text_kept.rstrip()}\n{_made(later)}")
    return _secrets(path)


def _made(making: Mapping[str, Callable[[], str]]) -> str:
    return "".join(f"{name}={make()}\n" for name, make in making.items())


def _write_private(path: Path, content: str) -> None:
    """Write a file that only its owner reads; a crash leaves the old one or the new one."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


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
    try:
        with _asking(url) as connection:
            _check(*connection.execute(_FITNESS).one())
    except OperationalError as error:
        raise DatabaseUnfit(
            "无法连接数据库，请检查 DATABASE_URL。 "
            f"Cannot connect; check DATABASE_URL. {error.orig}"
        ) from error
    return url


_FITNESS = text("""
    SELECT current_setting('server_version_num')::int AS version,
           EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgis') AS postgis,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
           (SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
               AND r.rolname <> 'wangge_owner'
               AND NOT EXISTS (SELECT FROM pg_depend d
                                WHERE d.objid = c.oid AND d.deptype = 'e')) AS strangers
""")


def _check(version: int, postgis: bool, superuser: bool, strangers: int) -> None:
    if version < 150000:
        raise DatabaseUnfit("需要 PostgreSQL 15 以上。 PostgreSQL 15 or newer is needed.")
    if not postgis:
        raise DatabaseUnfit("缺少 PostGIS。 Install postgresql-15-postgis-3.")
    if not superuser:
        raise DatabaseUnfit("安装须用超级用户连接。 Connect as a superuser to install.")
    if strangers:
        raise DatabaseUnfit(
            "此数据库属于其他应用，请指定一个空库。 "
            "Another application keeps tables in this database: name an empty one."
        )


_SERVED = text("""
    SELECT EXISTS (SELECT FROM pg_authid
                    WHERE rolname IN ('wangge_app', 'wangge_worker') AND rolpassword IS NOT NULL)
""")
_ONE_NAME = text("SELECT uuid_send(id) || head_name FROM household LIMIT 1")


def _check_unserved(admin: URL) -> None:
    """New secrets would lock another installation of this server out: its roles are the same."""
    with _asking(admin) as connection:
        if connection.execute(_SERVED).scalar():
            raise DatabaseUnfit(
                "此服务器上已有网格服务，请带上它的 var/secrets.env。 "
                "This server already serves a Wangge: bring the var/secrets.env that belongs to it."
            )


def _check_keys(admin: URL, kept: Mapping[str, str]) -> None:
    """What the database holds must open with these keys, before anything is sealed with others."""
    settings = from_environment({**kept, "WANGGE_DATABASE_URL": str(admin)})
    with _asking(admin) as connection:
        if connection.execute(text("SELECT to_regclass('household')")).scalar() is None:
            return
        sealed = connection.execute(_ONE_NAME).scalar()
    try:
        if sealed is not None:
            ring = Keyring(settings.seal_keys, settings.blind_key)
            ring.open_all("household.head_name", [sealed])
    except SealBroken as error:
        raise DatabaseUnfit(
            "密钥与数据库不符，请恢复原来的 var/secrets.env。 "
            "The keys do not fit this database: restore the var/secrets.env that belongs to it."
        ) from error


@contextmanager
def _asking(url: URL) -> Iterator[Connection]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _create_if_missing(url: URL) -> None:
    """Create the database, where the server is there and only the database is not."""
    try:
        with beside(url) as ask:
            ask.execute("SELECT FROM pg_database WHERE datname = %s", (url.database,))
            if ask.rowcount == 0:
                ask.execute(SQL("CREATE DATABASE {}").format(Identifier(str(url.database))))
    except psycopg2.OperationalError:
        return  # no such server or no way to its `postgres` database: connecting will tell


def _drop(url: URL) -> None:
    with beside(url) as ask:
        name = Identifier(str(url.database))
        ask.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
