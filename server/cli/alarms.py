"""`wangge sync alarms`: what happened to phones that somebody ought to look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click
from rich.table import Table

from server.cli.opening import acting
from server.cli.tables import show
from server.ladder.calendar import LOCAL
from server.syncing.status.service import list_alarms

SHOWN = 200  # the others are counted


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1, 180),
    default=7,
    show_default=True,
    help="最近几天。 Of so many days.",
)
def alarms(days: int) -> None:
    """手机同步的异常：时钟、重取、丢号、待处理已满。 Alarms of phones, the newest first.

    每部手机每天每类一行；不含任何记录内容。
    One line for each phone, day and kind; nothing of any record.
    """
    with acting() as (session, by):
        found = list_alarms(session, by.now - timedelta(days=days))
    if not found:
        click.echo("没有异常。 No alarms.")
        return
    show(_table(found[:SHOWN]))
    for kind, text in sorted({(alarm["kind"], alarm["text"]) for alarm in found}):
        click.echo(f"{kind}：{text}")
    if len(found) > SHOWN:
        click.echo(f"…… +{len(found) - SHOWN}")


def _table(found: list[dict[str, Any]]) -> Table:
    heads = ("最近 last", "用户 user", "手机 phone", "类别 kind", "次数 times", "数 numbers")
    table = Table(*heads, title="手机异常 Alarms of phones", title_justify="left")
    for alarm in found:
        numbers = ", ".join(f"{name} {value}" for name, value in alarm["details"].items())
        table.add_row(
            alarm["last_at"].astimezone(LOCAL).strftime("%Y-%m-%d %H:%M"),
            alarm["login"],
            alarm["phone"] or str(alarm["device_id"])[-12:],
            alarm["kind"],
            str(alarm["times"]),
            numbers,
        )
    return table
