"""`wangge device`: what somebody signed in on, and how a lost phone is shut out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click
from rich.table import Table

from server.access.accounts.devices import queries, service
from server.access.accounts.rules import DEVICE_REASONS
from server.access.queries import get_known
from server.cli.opening import acting
from server.cli.tables import show
from server.ladder.calendar import LOCAL


@click.group()
def device() -> None:
    """终端。 Devices: phones and browsers that somebody signed in on."""


@device.command("list")
@click.argument("login")
def list_devices(login: str) -> None:
    """列出用户 LOGIN 的终端。 List a user's devices, live ones first."""
    table = Table("编号 id", "名称 name", "登记 enrolled", "最近 seen", "停用 revoked", "原因 why")
    with acting() as (session, _):
        for one in queries.list_devices(session, get_known(session, login).id):
            why = DEVICE_REASONS.get(one.revoked_why, one.revoked_why or "")
            times = [_local(at) for at in (one.enrolled_at, one.seen_at, one.revoked_at)]
            table.add_row(str(one.id), one.name, *times, why)
    show(table)


@device.command("revoke")
@click.argument("login")
@click.argument("device_id", type=click.UUID, metavar="ID")
@click.option(
    "--reason",
    type=click.Choice(list(DEVICE_REASONS)),
    required=True,
    help="；".join(f"{slug} {text}" for slug, text in DEVICE_REASONS.items()),
)
def revoke_device(login: str, device_id: UUID, reason: str) -> None:
    """停用用户 LOGIN 的终端 ID（丢失、被盗等）。 Shut a lost device out.

    它下次联网时清除数据，只能上传待传记录；不能恢复，须重新登记。
    It drops what it holds and may only deliver what was written; it stays revoked.
    """
    with acting() as (session, _):
        service.revoke(session, get_known(session, login).id, device_id, reason)
    click.echo(f"已停用 revoked: {login} {device_id}")


def _local(at: datetime | None) -> str:
    return at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M") if at else ""
