"""`wangge migrate`, `backup`, `restore`: the database as a whole."""

from __future__ import annotations

import os
from pathlib import Path

import click

from server import archive
from server.attachments import copies
from server.attachments.tidying import FOLDER
from server.cli.healing import lines
from server.cli.opening import acting, admin_url
from server.erasure.register import Register
from server.installation import Installation
from server.syncing.healing.service import report

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
def migrate() -> None:
    """建表或升级数据库；重复执行无害。 Make or upgrade the database; once more does no harm.

    需要 WANGGE_ADMIN_DATABASE_URL（超级用户）；WANGGE_APP_PASSWORD 与 WANGGE_WORKER_PASSWORD
    若设置，则成为两个登录角色的密码。要退回旧版本，请恢复当时的备份。
    Needs a superuser's URL; the two passwords, where set, are given to the login roles. To go back
    to an older version, restore a backup of its time.
    """
    here().migrate()
    click.echo("数据库已是最新版本。 The database is at the newest version.")


@click.command()
@click.argument("file", type=FILE)
def backup(file: Path) -> None:
    """备份整个数据库到 FILE。 Back the whole database up to FILE.

    密钥不在备份中，请另行保管；没有密钥，备份中的姓名和电话无法恢复。
    The keys are not in it: without them its names and telephone numbers cannot be read.
    附件另存于同一文件夹的 attachments.backup，须一并保管；依法删除的附件随之删除。
    Attachments go to the folder attachments.backup beside it: keep the two together. What was
    erased by law goes from there too.
    """
    size = archive.dump(admin_url(), file)
    click.echo(f"已备份并核对 backed up and checked: {file} ({size / 1e6:.1f} MB)")
    erased = Register(_files().parent).files()
    copied = copies.copy_missing(_files(), _beside(file))
    gone = copies.drop_erased(_beside(file), _files(), erased)
    _tell_copied(copied, _beside(file))
    if gone:
        click.echo(f"已从附件副本中删除 erased from the copies of attachments: {gone}")


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--replace",
    is_flag=True,
    help="替换已有数据（不可撤销）。 Replace what the database holds; cannot be undone.",
)
def restore(file: Path, replace: bool) -> None:
    """从备份 FILE 恢复数据库。 Restore the database from FILE.

    先恢复到旁边的新库，升级后再换名；失败时原库不变。之后所有手机重新登录、重新下载，
    待传记录不会丢失。
    It is restored beside the present one, upgraded, then put in its place; if anything fails, the
    present one stays. Everybody signs in again and phones download anew; their outboxes stay.
    """
    archive.restore(here(), file, replace=replace)
    _tell_copied(copies.copy_missing(_beside(file), _files(), mend=True), _files())
    click.echo("已恢复，新纪元已开始。 Restored; a new epoch began, everybody signs in again.")
    with acting() as (session, _):
        found = report(session)
    click.echo("\n".join(lines(found)) if found else "")
    click.echo("手机将陆续补传，进展见 Phones send again what they keep; see: wangge sync healing")


def _files() -> Path:
    return here().settings("worker").data_dir / FOLDER


def _beside(file: Path) -> Path:
    """One folder for all backups of a place: a file is kept once, by its content."""
    return file.parent / "attachments.backup"


def _tell_copied(copied: copies.Copied, to: Path) -> None:
    if copied.files:
        size = copied.size / 1e6
        click.echo(f"已复制附件 attachments copied to {to}: {copied.files} ({size:.1f} MB)")
    for damaged in copied.damaged:
        click.echo(f"附件已损坏，未复制 damaged, not copied: {damaged}", err=True)


def here() -> Installation:
    """The installation that the environment describes."""
    names = {
        "wangge_app": "WANGGE_APP_PASSWORD",
        "wangge_worker": "WANGGE_WORKER_PASSWORD",
        "wangge_backup": "WANGGE_BACKUP_PASSWORD",
        "wangge_reporting": "WANGGE_REPORTING_PASSWORD",
    }
    passwords = {role: os.environ[name] for role, name in names.items() if os.environ.get(name)}
    return Installation(dict(os.environ), admin_url(), passwords)
