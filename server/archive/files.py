"""A backup to a file, and a database from one."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from psycopg2 import sql
from sqlalchemy import URL
from sqlalchemy.engine import make_url

from migrations.upgrade import SQL
from server.archive.taking import BESIDE, ArchiveFailed, alone, connected, swap, tidy
from server.cluster import ClusterError
from server.cluster.machine import find_programs
from server.durable import settle
from server.erasure.register import Erased, Register
from server.errors import Clash, Invalid
from server.installation import Installation
from server.superuser import dsn, password
from server.syncing.healing.rules import RESTORE


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
        settle(unfinished)
        unfinished.replace(file)
        settle(file.parent)
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
        tidy(url)
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
                tidy(url)


def _remember_erased(url: URL, register: Register) -> None:
    """Whom the old database erased, or was to, should the register have been lost."""
    with suppress(ArchiveFailed), connected(url) as cursor:  # it may be older, or damaged
        cursor.execute("SELECT entity, row_id FROM erasure")
        register.add(Erased(entity, UUID(row_id)) for entity, row_id in cursor.fetchall())


def _remember_lost(url: URL, beside: URL) -> None:
    """Count what people did after the backup and no phone keeps, by kind, while one can ask."""
    with connected(beside) as new:
        new.execute("SELECT id, known_until FROM sync_epoch ORDER BY number DESC LIMIT 1")
        epoch, known_until = new.fetchone()
        with suppress(ArchiveFailed), connected(url) as old:
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
    with connected(url) as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = 'wangge_backup' AND rolbypassrls")
        if not cursor.rowcount:
            return []
        cursor.execute(_UNREAD)
        return [] if cursor.rowcount else ["--role=wangge_backup"]


def _program(url: URL, name: str) -> Path:
    """The program of the server's version, or one on PATH (in the image there is no server)."""
    with connected(url) as cursor:
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
    with connected(url) as cursor:
        cursor.execute("""
            SELECT EXISTS (SELECT FROM pg_class
                            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                              AND relname <> 'spatial_ref_sys')
        """)
        return bool(cursor.fetchone()[0])


def _prepare(url: URL, beside: URL) -> None:
    """An empty database, and the roles that the backup speaks of (they are the cluster's)."""
    with connected(url) as cursor:
        cursor.execute((SQL / "access_roles.sql").read_text(encoding="utf-8"))
        made = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
        cursor.execute(made.format(sql.Identifier(str(beside.database))))
