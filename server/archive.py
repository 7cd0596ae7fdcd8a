"""Whole databases to files and back, by PostgreSQL's own programs.

A backup is written under another name, read back, and only then put in place. A restore is made in
a new database beside the present one, brought to the present version, given a new epoch, and then
takes the other's name in one transaction: until that moment nothing has changed. What a restore
that was killed leaves beside the database goes with the next one.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor
from sqlalchemy import URL
from sqlalchemy.engine import make_url

from migrations.upgrade import SQL
from server import superuser
from server.cluster import ClusterError
from server.cluster.machine import find_programs
from server.erasure.register import Erased, Register
from server.errors import Clash, Invalid, WanggeError
from server.installation import Installation
from server.superuser import dsn, password
from server.syncing.healing.rules import RESTORE

BESIDE: Final = "_restore_"  # no dated copy that somebody made by hand is called so
LEFTOVER: Final = f"^{BESIDE}[0-9a-f]{{8}}(_old)?$"  # what follows the name of the database


class ArchiveFailed(WanggeError):
    """PostgreSQL or one of its programs refused; the database is as it was."""

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
    unfinished = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        what = ["--format=custom", *_as_reader(url), f"--file={unfinished}", dsn(url)]
        _run(url, _program(url, "pg_dump"), what)
        _check(url, unfinished)
        _settle(unfinished)
        unfinished.replace(file)
        _settle(file.parent)
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
    with alone(url):
        _tidy(url)
        _check(url, file)
        if not replace and _holds_anything(url):
            raise DatabaseNotEmpty
        beside = url.set(database=f"{url.database}{BESIDE}{secrets.token_hex(4)}")
        try:
            _prepare(url, beside)
            into = ["--exit-on-error", f"--dbname={dsn(beside)}", str(file)]
            _run(url, _program(url, "pg_restore"), into)
            _remember_erased(url, Register(installation.settings("worker").data_dir))
            installation.at(str(beside.database)).migrate(why=RESTORE)
            _remember_lost(url, beside)
            swap(url, beside)
        finally:
            with suppress(ArchiveFailed):  # what stays, `doctor` names; the outcome counts
                _tidy(url)


@contextmanager
def alone(url: URL) -> Iterator[None]:
    """No other restore of this database begins; a killed one lets go. Raises ArchiveFailed."""
    with _server(url) as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(511921, hashtext(%s))", (url.database,))
        if not cursor.fetchone()[0]:
            raise ArchiveFailed(
                "另一个恢复正在进行。 Another restore of this database is under way."
            )
        yield


def swap(url: URL, beside: URL) -> None:
    """`beside` takes the name; who was connected to the old one connects again to the new.

    Sent as one: the server goes on to the end though we be killed. Raises ArchiveFailed.
    """
    names = {"name": url.database, "new": beside.database, "old": f"{beside.database}_old"}
    quoted = {key: sql.Identifier(str(name)) for key, name in names.items()}
    both = sql.SQL(", ").join(map(sql.Literal, (url.database, beside.database)))
    with _server(url) as cursor:
        try:
            cursor.execute(_SWAP.format(**quoted, both=both))
        except psycopg2.Error:
            cursor.execute("ROLLBACK")
            cursor.execute(_OPEN.format(quoted["name"]))
            raise


# The rename is refused while anybody is connected, so nobody is let in any more. Twice, since who
# was on the doorstep is not seen at first.
_SWAP = sql.SQL("""
    BEGIN; ALTER DATABASE {name} ALLOW_CONNECTIONS false; COMMIT;
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ({both});
    SELECT pg_sleep(0.2), pg_stat_clear_snapshot();
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ({both});
    BEGIN;
    ALTER DATABASE {name} RENAME TO {old};
    ALTER DATABASE {new} RENAME TO {name};
    COMMIT
""")
_OPEN = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true")


def _remember_erased(url: URL, register: Register) -> None:
    """Whom the old database erased, or was to, should the register have been lost."""
    with suppress(ArchiveFailed), _connected(url) as cursor:  # it may be older, or damaged
        cursor.execute("SELECT entity, row_id FROM erasure")
        register.add(Erased(entity, UUID(row_id)) for entity, row_id in cursor.fetchall())


def _remember_lost(url: URL, beside: URL) -> None:
    """Count what people did after the backup and no phone keeps, by kind, while one can ask."""
    with _connected(beside) as new:
        new.execute("SELECT id, known_until FROM sync_epoch ORDER BY number DESC LIMIT 1")
        epoch, known_until = new.fetchone()
        with suppress(ArchiveFailed), _connected(url) as old:
            old.execute(_LOST, (known_until,))
            lost = json.dumps(dict(old.fetchall()))
            new.execute("UPDATE sync_epoch SET lost = %s WHERE id = %s", (lost, epoch))


# What a phone sent it sends again, with all that its push made; what was erased stays so.
_LOST = """
    SELECT action, count(*) FROM audit_act act
     WHERE at > coalesce(%s, '-infinity') AND action !~ '^(sync|session|erasure)[.]'
       AND NOT EXISTS (SELECT FROM audit_act push
                        WHERE push.request_id = act.request_id AND push.request_id <> ''
                          AND push.action = 'sync.push')
     GROUP BY action
"""


def _check(url: URL, file: Path) -> None:
    """Read the list of contents, and everything else to the end. Raises NotABackup."""
    pg_restore = _program(url, "pg_restore")
    try:
        _run(url, pg_restore, ["--list", str(file)])
        _run(url, pg_restore, ["--file=/dev/null", str(file)])
    except ArchiveFailed as error:
        raise NotABackup from error


def _run(url: URL, program: Path, arguments: Sequence[str]) -> None:
    done = subprocess.run(  # noqa: S603 (PostgreSQL's own programs)
        [program, *arguments],
        env={**os.environ, **password(url)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = " ".join(done.stderr.strip().splitlines()[-1:])
        raise ArchiveFailed(
            f"{program.name} 失败，数据库未改变。 {program.name} failed, nothing changed: {said}"
        )


# Everything but PostgreSQL's own: a schema that it may not enter, a table that it may not read.
_UNREAD = """
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
       AND c.relkind IN ('r', 'p', 'S')
       AND NOT (has_schema_privilege('wangge_backup', n.oid, 'USAGE')
                AND has_table_privilege('wangge_backup', c.oid, 'SELECT'))
     LIMIT 1
"""


def _as_reader(url: URL) -> list[str]:
    """Read as wangge_backup, who passes over row security and can write nothing. As whoever
    connects, where the database is older than that role or somebody keeps more in it.
    """
    with _connected(url) as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = 'wangge_backup' AND rolbypassrls")
        if not cursor.rowcount:
            return []
        cursor.execute(_UNREAD)
        return [] if cursor.rowcount else ["--role=wangge_backup"]


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


def _tidy(url: URL) -> None:
    """Drop what restores left beside the database, and open it where one was killed."""
    left = """
        SELECT datname FROM pg_database
         WHERE starts_with(datname, %s) AND substr(datname, %s) ~ %s
    """
    name = str(url.database)
    with _server(url) as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s AND NOT datallowconn", (name,))
        if cursor.rowcount:
            cursor.execute(_OPEN.format(sql.Identifier(name)))
        cursor.execute(left, (name, len(name) + 1, LEFTOVER))
        for (database,) in cursor.fetchall():
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            cursor.execute(drop.format(sql.Identifier(database)))


def _settle(path: Path) -> None:
    """What a file or a directory holds is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _server(url: URL) -> AbstractContextManager[Any]:
    return _refusable(superuser.beside(url))


def _connected(url: URL) -> AbstractContextManager[Any]:
    return _refusable(superuser.connected(url))


@contextmanager
def _refusable(opening: AbstractContextManager[cursor]) -> Iterator[cursor]:
    """What PostgreSQL refuses is said in a line. Raises ArchiveFailed."""
    try:
        with opening as found:
            yield found
    except psycopg2.Error as error:
        said = " ".join(str(error).strip().splitlines()[:1])
        raise ArchiveFailed(
            f"数据库拒绝了操作，内容未改变。 PostgreSQL refused, nothing changed: {said}"
        ) from error
