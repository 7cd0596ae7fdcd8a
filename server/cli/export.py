"""`wangge export`: files for people and maps, and hand-overs to other platforms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.table import Table

from server.cli.approvals import asking
from server.cli.opening import acting, county_hand, worker_settings
from server.cli.tables import show
from server.db import Identity, transaction
from server.exports import service
from server.exports.catalogue import EXPORTS, Format
from server.exports.errors import BadExport
from server.exports.files import complete_file
from server.exports.handover import queries as books
from server.exports.handover import service as handovers
from server.exports.handover.rules import NAME
from server.exports.handover.service import HandedOver
from server.exports.service import Export, Opened, plan_export
from server.ladder.calendar import LOCAL

_APPROVAL = click.option(
    "--approval",
    type=click.UUID,
    metavar="ID",
    help="另一人已批准的审批编号。 The approval that a second person gave.",
)
FILE = click.Path(path_type=Path, dir_okay=False)
CHANGES = {"new": "新增 new", "changed": "变更 changed", "ended": "注销 ended"}
WHAT = {"households": "住户 households", "visits": "走访 visits", "disputes": "纠纷 disputes"}


@click.group()
def export() -> None:
    """导出，以及向其他平台交付。 Exports, and hand-overs to other platforms."""


def _add(name: str) -> None:
    """The command that exports one collection."""
    title = EXPORTS[name].title

    @export.command(name, help=f"{title}（.csv .xlsx .geojson .gpkg）。 By the end of FILE's name.")
    @click.argument("file", type=FILE)
    @click.option("--under", default="", help="只含此区划或网格。 Of this Area or cell alone.")
    @click.option(
        "--unmasked", "reason", metavar="REASON", help="不掩码，并说明原因。 Unmasked, and why."
    )
    @_APPROVAL
    def run(file: Path, under: str, reason: str | None, approval: UUID | None) -> None:
        asked = {"under": under, "reason": reason, "approval": approval}
        plan = plan_export(name, _format_of(file), asked)
        with county_hand() as by, asking(by, reason or ""):
            _write(by, plan, file)
        click.echo(f"已写入 written: {file}")


def _write(by: Identity, plan: Export, file: Path) -> None:
    most = worker_settings().bulk_rows
    with Opened() as opened:
        with transaction(by) as session:
            plan = service.announce_export(session, by, None, plan, most)
        opened.open(by, None, plan)
        with complete_file(file) as part:
            service.write_export(part, plan, opened)


def _format_of(file: Path) -> str:
    form = file.suffix.removeprefix(".").lower()
    if form not in list(Format):
        raise BadExport(
            "文件名应以 .csv、.xlsx、.geojson 或 .gpkg 结尾。 "
            "The file's name must end with .csv, .xlsx, .geojson or .gpkg."
        )
    if not file.parent.is_dir():
        raise BadExport(f"没有文件夹 {file.parent}。 There is no folder {file.parent}.")
    return form


for _name in EXPORTS:
    _add(_name)


def _platform(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not NAME.fullmatch(value):
        raise click.BadParameter("小写字母、数字、_、-。 a-z, 0-9, _ and -.")
    return value


@export.command()
@click.argument("platform", callback=_platform)
@click.option("--mapping", type=FILE, help="映射文件，默认在数据目录 handover/ 下。 The mapping.")
@click.option("--out", type=FILE, help="输出文件，不得已存在。 Where to; it must not be there.")
@click.option("--again", type=click.IntRange(1), help="重做第几次交付。 Repeat this hand-over.")
@_APPROVAL
@click.option("--list", "listed", is_flag=True, help="列出历次交付。 List what was handed over.")
def handover(
    platform: str,
    mapping: Path | None,
    out: Path | None,
    again: int | None,
    approval: UUID | None,
    listed: bool,
) -> None:
    """交付给另一平台：自上次以来新增或变更的。 What a platform has not heard yet, as its file.

    映射文件见 docs/handover.md；走访迟到的也在内。 Late visits are in it: nobody types twice.
    含个人信息的须另一人批准（--approval）。 Where persons are in it, a second one has to approve.
    未列入 --list 的文件不要交付。 Do not deliver a file that --list does not show.
    """
    if listed:
        _list(platform)
        return
    folder = worker_settings().data_dir / "handover"
    plan, digest = handovers.open_mapping(mapping or folder / f"{platform}.yaml", platform)
    folder.mkdir(parents=True, exist_ok=True)
    place = out or folder
    with county_hand() as by, asking(by, f"handover {platform}"), transaction(by) as session:
        if again:
            done = handovers.repeat_handover(session, by, plan, digest, again, place, approval)
        else:
            done = handovers.hand_over(session, by, plan, digest, place, approval)
    _tell(done)


def _tell(done: HandedOver) -> None:
    if done.path is None:
        click.echo("没有新增或变更，未生成文件。 Nothing is new or changed; no file was made.")
        return
    table = Table(title=f"第 {done.n} 次交付 Hand-over {done.n}", title_justify="left")
    for title in ("内容 what", "变更 change", "行数 rows"):
        table.add_column(title)
    _each(done.counts, lambda what, change, count: table.add_row(what, change, str(count)))
    show(table)
    if done.changed_since:
        click.echo(f"{done.changed_since} 行此后已有变化 rows have changed since")
    click.echo(f"文件 file: {done.path}")


def _list(platform: str) -> None:
    table = Table(title=f"历次交付 Hand-overs: {platform}", title_justify="left")
    for title in ("次 n", "时间 at", "行数 rows", "文件 file", "SHA-256"):
        table.add_column(title)
    with acting() as (session, _):
        for one in books.list_handovers(session, platform):
            rows = sum(sum(changes.values()) for changes in one.counts.values())
            at = one.at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
            table.add_row(str(one.n), at, str(rows), one.file, one.digest.hex()[:16])
    show(table)


def _each(counts: Mapping[str, Mapping[str, int]], add: Callable[[str, str, int], Any]) -> None:
    for entity, changes in counts.items():
        for change, count in changes.items():
            add(WHAT[entity], CHANGES[change], count)
