"""`wangge mail`: who is told by mail."""

from __future__ import annotations

from uuid import UUID

import click
from flask import current_app

from server.cli.opening import acting
from server.cli.targets import print_targets, wanted, with_area, with_kinds
from server.notices.targets import service
from server.notices.targets.rules import Channel
from server.notices.targets.service import Wish


@click.group()
def mail() -> None:
    """邮件通知。 Notices by mail."""


@mail.command("add")
@click.argument("name")
@click.argument("address")
@click.option(
    "--office",
    "office_id",
    type=click.UUID,
    help="只要此单位的通知，按编号。 Only what concerns this Office, by its id.",
)
@with_kinds
@with_area
def add(
    name: str,
    address: str,
    office_id: UUID | None,
    kinds: tuple[str, ...],
    area_code: str | None,
) -> None:
    """新增收件地址：单位邮箱，或全县、某区划的。 Add an address: an Office's, or a wider one.

    请用单位邮箱；正文不含姓名、电话、案情。
    Use an Office's mailbox; no mail holds a name, a telephone number or a story.
    """
    wish = Wish(wanted(kinds), area_code, office_id)
    with acting() as (session, by):
        service.add_mail(session, by, name, address, wish)
        served = current_app.extensions["wangge.settings"].mail_server
    click.echo(f"已新增 added: {name}")
    if served is None:
        click.echo("未设置 WANGGE_SMTP_URL，邮件暂不发出。 No mail server is set: mail waits.")


@mail.command("list")
def list_addresses() -> None:
    """列出收件地址及待发、失败数。 List them, with what waits and what was given up."""
    print_targets(Channel.MAIL)


@mail.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """移除；未发出的不再发。 Remove one; what waits for it is dropped."""
    with acting() as (session, by):
        dropped = service.remove(session, by, Channel.MAIL, name)
    click.echo(f"已移除 removed: {name}，未发 dropped: {dropped}")
