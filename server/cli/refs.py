"""`wangge load refs`: the ids that another platform gave to our rows."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from server.cli.opening import acting
from server.cli.tables import show
from server.exports.handover.refs import load_refs

_SHOWN = 20  # rejected rows; the others are counted


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--platform", required=True, help="哪个平台的编号。 Whose ids they are.")
def refs(file: Path, platform: str) -> None:
    """平台回执：本系统编号 → 平台编号。 A platform's answer: our id → its id.

    表头 header: 系统编号,平台编号。下次交付时使用；重复导入无害。
    Used in the next hand-over; loading it again changes nothing.
    """
    with acting() as (session, _):
        loaded = load_refs(session, file, platform)
    table = Table(title="平台编号 Ids of the platform", title_justify="left", show_header=False)
    table.add_row("读取 read", str(loaded.read))
    table.add_row("新增 new", str(loaded.new))
    table.add_row("变更 changed", str(loaded.changed))
    table.add_row("未接受 rejected", str(len(loaded.rejected)))
    show(table)
    for line, why in loaded.rejected[:_SHOWN]:
        click.echo(f"  第 {line} 行 line {line}：{why}", err=True)
