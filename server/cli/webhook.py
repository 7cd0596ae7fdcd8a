"""`wangge webhook`: which other systems are told what happens here."""

from __future__ import annotations

from datetime import timedelta

import click
from flask import current_app

from server.cli.opening import acting, county_hand, worker_settings
from server.cli.targets import print_targets, wanted, with_area, with_kinds
from server.notices.delivery.testing import try_webhook
from server.notices.targets import service
from server.notices.targets.rules import Channel
from server.notices.targets.service import Wish

KEPT_HOURS = 24


@click.group()
def webhook() -> None:
    """通知其他系统（Standard Webhooks）。 Webhooks: tell other systems what happens."""


@webhook.command("add")
@click.argument("name")
@click.argument("url")
@with_kinds
@with_area
def add(name: str, url: str, kinds: tuple[str, ...], area_code: str | None) -> None:
    """新增接收方 NAME，地址 URL；密钥只显示一次。 Add one; its secret is shown once."""
    wish = Wish(wanted(kinds), area_code)
    with acting() as (session, by):
        secret = service.add_webhook(session, by, name, url, wish, _http_hosts())
    click.echo(f"已新增 added: {name}")
    _print_secret(secret)


@webhook.command("list")
def list_webhooks() -> None:
    """列出接收方及待发、失败数。 List them, with what waits and what was given up."""
    print_targets(Channel.WEBHOOK)


@webhook.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """移除；未发出的不再发。 Remove one; what waits for it is dropped."""
    with acting() as (session, by):
        dropped = service.remove(session, by, Channel.WEBHOOK, name)
    click.echo(f"已移除 removed: {name}，未发 dropped: {dropped}")


@webhook.command("test")
@click.argument("name")
def test(name: str) -> None:
    """立即发一条测试通知并显示回应。 Send one test notice now and show the answer."""
    settings = worker_settings()
    with county_hand() as by:
        answer, sent = try_webhook(by, settings, name)
    click.echo(f"{'已收下 taken' if sent else '未收下 not taken'}: {answer.seen or answer.status}")
    if not sent:
        click.get_current_context().exit(1)


@webhook.command("rotate")
@click.argument("name")
@click.option(
    "--keep-hours",
    type=click.IntRange(0, 720),
    default=KEPT_HOURS,
    show_default=True,
    help="旧密钥继续签名的小时数。 The old secret signs too for so many hours.",
)
def rotate(name: str, keep_hours: int) -> None:
    """更换密钥；期间新旧同时签名。 A new secret; both sign for a while."""
    with acting() as (session, by):
        secret = service.rotate(session, by, name, timedelta(hours=keep_hours))
    _print_secret(secret)


@webhook.command("resume")
@click.argument("name")
def resume(name: str) -> None:
    """恢复停用（410）或正在等待的接收方。 Use one again that was stopped or rests."""
    with acting() as (session, by):
        service.resume(session, by, name)
    click.echo(f"已恢复 resumed: {name}")


def _http_hosts() -> tuple[str, ...]:
    known: tuple[str, ...] = current_app.extensions["wangge.settings"].http_hosts
    return known


def _print_secret(secret: str) -> None:
    click.echo(f"签名密钥（只显示一次）secret, shown once: {secret}")
