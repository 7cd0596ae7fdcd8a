"""`wangge user`, `office`, `assign`: who works here, and on what."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import click
from rich.table import Table
from sqlalchemy import Row
from sqlalchemy.orm import Session

from server import codes
from server.access import queries
from server.access.accounts.invitations.service import Invited, invite
from server.access.accounts.offices import service as offices
from server.access.accounts.users import service as users
from server.access.accounts.users.queries import list_unserved
from server.access.rules import OFFICE_KINDS
from server.cli.factors import second_factor
from server.cli.links import link, links, unlink
from server.cli.opening import acting
from server.cli.tables import show
from server.db import Identity
from server.households.queries import get_household
from server.households.rules import normal_telephone, wrong_field
from server.ladder.calendar import LOCAL
from server.places import queries as places
from server.sealed import keyring

CELL_DIGITS = 15


@click.group()
def user() -> None:
    """用户。 Users."""


for command in (second_factor, link, unlink, links):
    user.add_command(command)


@user.command("add")
@click.argument("login")
@click.argument("name")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="从标准输入读密码，不发邀请码。 Read the password from stdin; else a code is made.",
)
def add_user(login: str, name: str, password_stdin: bool) -> None:
    """新增用户 LOGIN（姓名 NAME），给出一次性邀请码。 Add a user, invited by a one-time code.

    本人用邀请码设定密码；然后用 wangge assign 分工。
    They set their password with the code; give them a role with `wangge assign`.
    """
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    with acting() as (session, by):
        user_id = users.add_user(session, by, login, name, password)
        invited = None if password_stdin else _invite(session, by, user_id)
    click.echo(f"已新增 added: {login}")
    _tell(invited)


@user.command("invite")
@click.argument("login")
def invite_user(login: str) -> None:
    """给用户 LOGIN 新的邀请码（忘记密码时也用）。 A new one-time code, also for a lost password.

    旧码即失效；用新码设密码后，此人其他登录全部退出。
    The one before is dead; once it is used, everything that was signed in ends.
    """
    with acting() as (session, by):
        invited = _invite(session, by, queries.get_known(session, login).id)
    _tell(invited)


@user.command("rename")
@click.argument("login")
@click.argument("name")
def rename_user(login: str, name: str) -> None:
    """更改用户 LOGIN 的姓名。 Another name; the login stays."""
    with acting() as (session, _):
        users.rename_user(session, queries.get_known(session, login).id, name)
    click.echo(f"已更名 renamed: {login} {name}")


@user.command("disable")
@click.argument("login")
@click.option("--reason", required=True, help="原因 Why")
def disable_user(login: str, reason: str) -> None:
    """停用用户 LOGIN：分工结束，终端停用。 Shut somebody out: what they hold ends at once.

    手机下次联网时清除数据，待传记录仍可上传。
    Their phones drop what they hold and may still deliver what they wrote.
    """
    with acting() as (session, by):
        ended = users.disable_user(session, by, queries.get_known(session, login).id, reason)
        unserved = list_unserved(session, [one.id for one in ended])
    click.echo(f"已停用 disabled: {login}")
    tell_unserved(unserved)


@user.command("enable")
@click.argument("login")
@click.option("--reason", required=True, help="原因 Why")
def enable_user(login: str, reason: str) -> None:
    """重新启用用户 LOGIN；分工、终端须重新办理。 Let somebody sign in again, with nothing held."""
    with acting() as (session, by):
        users.enable_user(session, by, queries.get_known(session, login).id, reason)
    click.echo(f"已启用 enabled: {login}")


def tell_unserved(unserved: Sequence[Row[Any]]) -> None:
    """Say what nobody holds any more, so that somebody gives it anew."""
    for one in unserved:
        click.echo(f"现无人任职 nobody holds now: {one.role} {one.place} {one.code}")


def _invite(session: Session, by: Identity, user_id: UUID) -> Invited:
    return invite(session, by, user_id, secrets.token_bytes(codes.RANDOM_BYTES))


def _tell(invited: Invited | None) -> None:
    if invited is None:
        return
    until = invited.expires_at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
    click.echo(f"邀请码（只显示一次）invitation code, shown once: {invited.code}")
    click.echo(f"有效至 good until: {until}")


@user.command("kin")
@click.argument("login")
@click.option("--household", "household_id", type=click.UUID, help="本人住户编号 Own household")
@click.option(
    "--telephone-stdin",
    is_flag=True,
    help="从标准输入读本人电话，只存索引。 Read the own number from stdin; its index is kept.",
)
def set_kin(login: str, household_id: UUID | None, telephone_stdin: bool) -> None:
    """登记用户 LOGIN 的本户和电话，供自动回避。 From what LOGIN has to step aside."""
    number = normal_telephone(sys.stdin.readline().strip()) if telephone_stdin else None
    if (household_id is None and number is None) or wrong_field("telephone", number):
        raise click.UsageError("请填住户编号或电话。 Give a household or a telephone number.")
    with acting() as (session, by):
        if household_id:
            get_household(session, household_id)
        index = keyring().blind("household.telephone", number) if number else None
        users.set_kin(session, by, login, household_id, index)
    click.echo(f"已登记 known: {login}")


@user.command("list")
def list_users() -> None:
    """列出用户及其分工。 List users and what they are assigned to."""
    table = Table("用户 login", "姓名 name", "角色 role", "处所 place", "代码 code", "至 until")
    with acting() as (session, by):
        for row in queries.list_staff(session, by.now):
            active = row.role if row.active else "停用 disabled"
            until = row.valid_to.astimezone(LOCAL).strftime("%Y-%m-%d") if row.valid_to else ""
            table.add_row(row.login, row.name, active or "", row.place, row.code, until)
    show(table)


@click.group()
def office() -> None:
    """承办单位。 Offices, which hold cases."""


@office.command("add")
@click.argument("area_code")
@click.argument("name")
@click.option("--kind", type=click.Choice(list(OFFICE_KINDS)), required=True, help="类别 Kind")
@click.option("--telephone", help="对外电话 Public telephone")
def add_office(area_code: str, name: str, kind: str, telephone: str | None) -> None:
    """在村、乡镇或县设承办单位，首个为牵头单位。 Add an Office; the first of its Area leads."""
    with acting() as (session, by):
        area = places.get_area(session, area_code)
        office_id = offices.add_office(session, by, area, kind, name, telephone)
    click.echo(f"已新增 added: {name} {office_id}")
