"""`wangge notices`: the queue of what is owed to webhooks and mail addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import click
from flask import current_app
from rich.table import Table

from server.cli.opening import acting
from server.cli.tables import show
from server.ladder.calendar import LOCAL
from server.notices.delivery.rules import State
from server.notices.queue import service

_STATES = {
    service.OWED: "未分发 owed",
    State.WAITING: "待发 waiting",
    State.SENT: "已发 sent",
    State.DEAD: "已放弃 dead",
    State.DROPPED: "已取消 dropped",
}


@click.group()
def notices() -> None:
    """通知的发送情况。 What is owed to webhooks and mail addresses."""


@notices.command("list")
@click.option(
    "--state",
    type=click.Choice([state.value for state in State]),
    help="只列此状态；默认待发和已放弃。 Only these; else what waits and what was given up.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="每种状态最多几条。 At most so many of each.",
)
def list_notices(state: str | None, limit: int) -> None:
    """按状态计数，并列出待发和已放弃的。 Counts by state, and what has not arrived."""
    states = [State(state)] if state else [State.DEAD, State.WAITING]
    with acting() as (session, by):
        pages = [service.list_queue(session, one, None, limit) for one in states]
        mail = current_app.extensions["wangge.settings"].mail_server
    click.echo("，".join(f"{name}: {pages[0].counts[one]}" for one, name in _STATES.items()))
    if mail is None:
        click.echo("未设置 WANGGE_SMTP_URL，邮件不发出。 No mail server is set: mail waits.")
    items = [item for page in pages for item in page.items]
    if items:
        show(_table(items, by.now))
    if any(page.next for page in pages):
        click.echo("…… 还有更多，用 --limit。 There are more: --limit.")


@notices.command("show")
@click.argument("one_id", type=click.UUID, metavar="ID")
def show_notice(one_id: UUID) -> None:
    """一条通知及其每次送达；ID 为通知或送达编号。 One notice with its deliveries, by either id."""
    with acting() as (session, by):
        found = service.show(session, one_id)
    made_out = _when(found["fanned_at"])
    click.echo(f"通知 notice: {found['id']}")
    click.echo(f"类别 kind: {found['kind']}")
    click.echo(f"产生 owed: {_when(found['owed_at'])}，分发 made out: {made_out}")
    if found["deliveries"]:
        show(_table(found["deliveries"], by.now))
    else:
        click.echo("无人订阅此类通知。 Nobody asked for it.")


@notices.command("retry")
@click.argument("one_id", type=click.UUID, metavar="ID")
def retry(one_id: UUID) -> None:
    """重发已放弃的；ID 为通知或送达编号。 Try again what was given up, by either id."""
    with acting() as (session, _):
        found = service.retry(session, one_id)
    click.echo(f"将重发 to be tried again: {found['id']}")


def _table(items: Sequence[Mapping[str, Any]], now: datetime) -> Table:
    heads = ("编号 id", "类别 kind", "接收方 target", "状态 state", "次 tries", "已 age")
    table = Table(*heads, "下次 next", "最近错误 last error")
    for item in items:
        table.add_row(
            str(item["id"]),
            item["kind"],
            f"{item['target']} ({item['channel']})",
            _STATES[State(item["state"])],
            str(item["tries"]),
            _age(now - item["owed_at"]),
            _when(item["next_at"]),
            item["error"] or "",
        )
    return table


def _age(span: timedelta) -> str:
    hours, seconds = divmod(max(int(span.total_seconds()), 0), 3600)
    return f"{hours // 24}d {hours % 24}h" if hours >= 24 else f"{hours}h {seconds // 60}m"


def _when(at: datetime | None) -> str:
    return at.astimezone(LOCAL).strftime("%m-%d %H:%M") if at else "–"
