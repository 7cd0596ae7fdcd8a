"""`wangge user`, `office`, `assign`: who works here, and on what."""

from __future__ import annotations

import secrets
import sys
from datetime import datetime
from uuid import UUID

import click
from rich.table import Table

from server.access import queries, service
from server.access.permissions import Role
from server.access.rules import HELD_ON, OFFICE_KINDS
from server.cli.opening import MOMENT, acting
from server.cli.tables import show
from server.households.queries import get_household
from server.households.rules import normal_telephone, wrong_field
from server.ladder.calendar import LOCAL
from server.places import queries as places
from server.sealed import keyring

CELL_DIGITS = 15


@click.group()
def user() -> None:
    """用户。 Users."""


@user.command("add")
@click.argument("login")
@click.argument("name")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="从标准输入读密码，否则自动生成。 Read the password from stdin; else one is made.",
)
def add_user(login: str, name: str, password_stdin: bool) -> None:
    """新增用户 LOGIN（姓名 NAME）。 Add a user; give them a role with `wangge assign`."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(12)
    with acting() as (session, by):
        service.add_user(session, by, login, name, password)
    click.echo(f"已新增 added: {login}")
    if not password_stdin:
        click.echo(f"初始密码（只显示一次）password, shown once: {password}")


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
        service.set_kin(session, by, login, household_id, index)
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
        office_id = service.add_office(session, by, area, kind, name, telephone)
    click.echo(f"已新增 added: {name} {office_id}")


@click.command()
@click.argument("login")
@click.argument("role", type=click.Choice([role.value for role in Role]), metavar="ROLE")
@click.argument("code")
@click.option("--office", "office_id", type=click.UUID, help="非牵头单位的编号 Another Office's id")
@click.option("--leads", is_flag=True, help="负责人 This person leads there")
@click.option("--until", type=MOMENT, help="至此时 Up to this time, e.g. 2026-12-31")
def assign(
    login: str,
    role: str,
    code: str,
    office_id: UUID | None,
    leads: bool,
    until: datetime | None,
) -> None:
    """分工：用户 LOGIN 在 CODE 任 ROLE，即时生效。 Give a user a role, from now on.

    \b
    ROLE                 CODE
    grid_worker          15 位网格编码 the cell's code
    mediator             村代码 the village's
    township_supervisor  乡镇代码 the township's
    county_office, system_admin, security_admin, audit_admin
                         县代码 the county's
    """
    with acting() as (session, by):
        place = (
            places.get_cell(session, code)
            if len(code) == CELL_DIGITS
            else places.get_area(session, code)
        )
        service.assign(
            session, by, login, Role(role), place, office_id=office_id, leads=leads, until=until
        )
    click.echo(f"已分工 assigned: {login} {role} {HELD_ON[Role(role)]} {code}")
