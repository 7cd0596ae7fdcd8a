"""Whole databases to files and back, by PostgreSQL's own programs.

A backup is written under another name, read back, and only then put in place. A restore is made in
a new database beside the present one, brought to the present version, given a new epoch, and then
takes the other's name in one transaction: until that moment nothing has changed.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from sqlalchemy import URL
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.engine import make_url

from migrations.upgrade import SQL
from server.cluster import ClusterError
from server.cluster.machine import find_programs
from server.errors import Clash, Invalid, WanggeError
from server.installation import Installation


class ArchiveFailed(WanggeError):
    """pg_dump or pg_restore did not come to its end; the database is as it was."""

    slug = "archive-failed"


class NotABackup(Invalid):
    """The file is no backup, or it is not whole."""

    slug = "not-a-backup"
    text = "文件不是完整的备份。 This is not a backup, or not a whole one; take another file."


class DatabaseNotEmpty(Clash):
    """There is something in the database that a restore would replace."""

    slug = "database-not-empty"
    text = (
        "数据库不是空的；确要替换请加 --replace。 "
        "The database is not empty: add --replace if it is to be replaced."
    )


def dump(admin_url: str, file: Path) -> int:
    """Back a database up; returns the size of the file in bytes.

    Raises ArchiveFailed; an earlier file of that name then stays.
    """
    url = make_url(admin_url)
    unfinished = file.with_name(f"{file.name}.part")
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        _run(url, "pg_dump", ["--format=custom", f"--file={unfinished}", _dsn(url)])
        _check(url, unfinished)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return file.stat().st_size


def restore(installation: Installation, file: Path, *, replace: bool) -> None:
    """Make the database of an installation what a backup holds, at the present version.

    Begins a new epoch, which ends every session. Raises NotABackup, DatabaseNotEmpty,
    ArchiveFailed; the database is then as it was.
    """
    url = make_url(installation.admin_url)
    if not file.is_file():
        raise NotABackup(f"找不到文件 {file}。 There is no file {file}.")
    _check(url, file)
    if not replace and _holds_anything(url):
        raise DatabaseNotEmpty
    beside = url.set(database=f"{url.database}_{secrets.token_hex(4)}")
    try:
        _prepare(url, beside)
        _run(url, "pg_restore", ["--exit-on-error", f"--dbname={_dsn(beside)}", str(file)])
        installation.at(str(beside.database)).migrate(why="restore")
        _swap(url, beside)
    finally:
        _drop(url, beside)


def _check(url: URL, file: Path) -> None:
    """Read the list of contents, and everything else to the end. Raises NotABackup."""
    try:
        _run(url, "pg_restore", ["--list", str(file)])
        _run(url, "pg_restore", ["--file=/dev/null", str(file)])
    except ArchiveFailed as error:
        raise NotABackup from error


def _run(url: URL, name: str, arguments: Sequence[str]) -> None:
    done = subprocess.run(  # noqa: S603 (PostgreSQL's own programs)
        [_program(url, name), *arguments],
        env={**os.environ, **_password(url)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = " ".join(done.stderr.strip().splitlines()[-1:])
        raise ArchiveFailed(f"{name} 失败，数据库未改变。 {name} failed, nothing changed: {said}")


def _program(url: URL, name: str) -> Path:
    """The program of the server's version, or one on PATH (in the image there is no server)."""
    with _connected(url) as cursor:
        cursor.execute("SHOW server_version_num")
        major = int(cursor.fetchone()[0]) // 10000
    try:
        return find_programs(major) / name
    except ClusterError:
        found = shutil.which(name)
        if found is None:
            raise
        return Path(found)


def _holds_anything(url: URL) -> bool:
    with _connected(url) as cursor:
        cursor.execute("""
            SELECT EXISTS (SELECT FROM pg_class
                            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                              AND relname <> 'spatial_ref_sys')
        """)
        return bool(cursor.fetchone()[0])


def _prepare(url: URL, beside: URL) -> None:
    """An empty database, and the roles that the backup speaks of (they are the cluster's)."""
    with _connected(url) as cursor:
        cursor.execute((SQL / "access_roles.sql").read_text(encoding="utf-8"))
        made = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
        cursor.execute(made.format(sql.Identifier(str(beside.database))))


def _swap(url: URL, beside: URL) -> None:
    """`beside` takes the name; who was connected to the old one connects again to the new."""
    old = sql.Identifier(str(url.database))
    new, gone = sql.Identifier(str(beside.database)), sql.Identifier(f"{beside.database}_old")
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format
    with _connected(url.set(database="postgres")) as cursor:
        for database in (url.database, beside.database):
            _disconnect(cursor, str(database))
        cursor.execute(
            sql.SQL("; ").join(
                [sql.SQL("BEGIN"), rename(old, gone), rename(new, old), sql.SQL("COMMIT")]
            )
        )
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(gone))


def _disconnect(cursor: Any, database: str) -> None:
    cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND pid <> pg_backend_pid()",
        (database,),
    )


def _drop(url: URL, beside: URL) -> None:
    """What a failed restore left; after a good one there is nothing of that name."""
    with _connected(url.set(database="postgres")) as cursor:
        name = sql.Identifier(str(beside.database))
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


@contextmanager
def _connected(url: URL) -> Iterator[Any]:
    connection = psycopg2.connect(**_arguments(url))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _dsn(url: URL) -> str:
    """The URL as libpq's programs take it, without its password: arguments are seen by all."""
    return str(psycopg2.extensions.make_dsn(**_arguments(url.set(password=None))))


def _arguments(url: URL) -> dict[str, Any]:
    dialect: Any = PGDialect_psycopg2  # untyped
    found: dict[str, Any] = dialect().create_connect_args(url)[1]
    return found


def _password(url: URL) -> dict[str, str]:
    return {"PGPASSWORD": str(url.password)} if url.password else {}
