"""What `wangge webhook` and `wangge mail` share: what one may ask for, and how both are listed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click
from rich.table import Table

from server.cli.opening import acting
from server.cli.tables import show
from server.ladder.calendar import LOCAL
from server.notices.rules import Kind
from server.notices.targets import service
from server.notices.targets.rules import Channel

Command = Callable[..., Any]

_KINDS = [kind.value for kind in Kind if kind is not Kind.TEST]


def with_kinds(command: Command) -> Command:
    """`--kind`, any number of times."""
    return click.option(
        "--kind",
        "kinds",
        type=click.Choice(_KINDS),
        multiple=True,
        metavar="KIND",
        help="只要此类，可重复；默认全部。 Only this kind; repeat it. Else all.",
    )(command)


def with_area(command: Command) -> Command:
    """`--area`, a code."""
    return click.option(
        "--area",
        "area_code",
        help="只要此区划以下单位的通知。 Only of Offices in this Area, by its code.",
    )(command)


def print_targets(channel: Channel) -> None:
    """The targets of a channel, as a table."""
    with acting() as (session, _):
        found = service.list_targets(session, channel)
    if not found:
        click.echo("没有接收方。 There are no targets.")
        return
    heads = (
        "名称 name",
        "地址 address",
        "范围 of",
        "类别 kinds",
        "状态 state",
        "待发",
        "失败 dead",
    )
    table = Table(*heads)
    for target in found:
        table.add_row(
            target["name"],
            target["address"],
            target["office"] or target["area_code"] or "全县 county",
            ", ".join(target["kinds"] or ["全部 all"]),
            _state(target),
            str(target["waiting"]),
            str(target["dead"]),
        )
    show(table)


def wanted(kinds: Sequence[str]) -> list[Kind]:
    """The kinds of `--kind`."""
    return [Kind(kind) for kind in kinds]


def _state(target: dict[str, Any]) -> str:
    if not target["active"]:
        return "已停用 stopped (410)"
    if target["failures"]:
        until = target["rests_until"].astimezone(LOCAL).strftime("%m-%d %H:%M")
        return f"失败 {target['failures']} 次，{until} 再试 failing"
    return "正常 well"
