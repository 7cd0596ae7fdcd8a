"""`wangge subject`: what is kept about one person."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from uuid import UUID

import click

from server.attachments.store import Files
from server.attachments.tidying import FOLDER
from server.cli.opening import acting, worker_settings
from server.subjects import service
from server.subjects.packing import pack


@click.group()
def subject() -> None:
    """个人信息的查询与提供。 What is kept about one person, for that person."""


@subject.command()
@click.option("--household", type=click.UUID, help="住户编号。 A household's id.")
@click.option("--party", type=click.UUID, help="当事人编号。 A party's id.")
@click.option(
    "--telephone-stdin", is_flag=True, help="从标准输入读电话号码。 A number, from standard input."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="输出文件（.zip），不得已存在。 Where to; it must not be there.",
)
@click.option("--reason", required=True, help="谁提出、如何核实身份。 Who asked, how verified.")
def export(
    household: UUID | None, party: UUID | None, telephone_stdin: bool, out: Path, reason: str
) -> None:
    """提供某人的全部信息，不含他人信息。 Everything kept about one person, nothing of others.

    号码不写在命令行上，以免留在历史记录中。 A number is never typed on the command line: shells
    remember what was.
    """
    if sum(map(bool, (household, party, telephone_stdin))) != 1:
        raise click.UsageError("只能指明一项。 Name a household, a party or a telephone.")
    number = sys.stdin.readline().strip() if telephone_stdin else None
    if telephone_stdin and not number:
        raise click.UsageError("标准输入中没有号码。 There is no number on standard input.")
    files = Files(worker_settings().data_dir / FOLDER)
    with acting() as (session, by):
        kept = service.gather(
            session, household_id=household, party_id=party, telephone=number, reason=reason
        )
        # Before the commit: a package that cannot be written was not taken.
        with os.fdopen(os.open(out, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
            pack(kept, files, file, by.now)
    click.echo(f"已写入 written: {out}（含 {len(kept.files)} 个附件 files）")
    click.echo("交付前请再读一遍情况与协议的文字。 Read stories and agreements once more first.")
