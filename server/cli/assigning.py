"""`wangge assign`, `unassign`: who serves what, from when to when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click
from sqlalchemy.orm import Session

from server.access.accounts.assignments import service
from server.access.accounts.assignments.queries import find_held
from server.access.accounts.errors import AssignmentNotFound
from server.access.accounts.users.queries import list_unserved
from server.access.models import Assignment
from server.access.permissions import Role
from server.access.queries import get_known
from server.access.rules import HELD_ON
from server.cli.opening import MOMENT, acting
from server.cli.users import tell_unserved
from server.db import Identity
from server.places import queries as places
from server.places.models import Area, GridCell

CELL_DIGITS = 15
ROLE = click.argument("role", type=click.Choice([role.value for role in Role]), metavar="ROLE")


@click.command()
@click.argument("login")
@ROLE
@click.argument("code")
@click.option("--office", "office_id", type=click.UUID, help="非牵头单位的编号 Another Office's id")
@click.option("--leads", is_flag=True, help="负责人 This person leads there")
@click.option("--from", "start", type=MOMENT, help="自此时 From this time, e.g. 2026-12-01")
@click.option("--until", type=MOMENT, help="至此时 Up to this time, e.g. 2026-12-31")
def assign(
    login: str,
    role: str,
    code: str,
    office_id: UUID | None,
    leads: bool,
    start: datetime | None,
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

    三类管理员不得兼任，也不得兼办业务。
    An administrator holds one of the three roles, and no other role beside it.
    """
    with acting() as (session, by):
        service.assign(
            session,
            by,
            login,
            Role(role),
            _place(session, code),
            office_id=office_id,
            leads=leads,
            start=start,
            until=until,
        )
    click.echo(f"已分工 assigned: {login} {role} {HELD_ON[Role(role)]} {code}")


@click.command()
@click.argument("login")
@ROLE
@click.argument("code")
@click.option("--at", type=MOMENT, help="自此时 At this time, e.g. 2026-12-31; else now")
@click.option("--reason", required=True, help="原因 Why")
def unassign(login: str, role: str, code: str, at: datetime | None, reason: str) -> None:
    """收回用户 LOGIN 在 CODE 的 ROLE，默认即时。 End what a user holds there, now or at a time.

    尚未开始的一并取消；已写的记录照常上传。
    What has not begun is called off; what was written until then is still delivered.
    """
    with acting() as (session, by):
        place = _place(session, code)
        user_id = get_known(session, login).id
        held = [one for one in find_held(session, user_id, by.now, None) if one.role == role]
        ended = [one for one in held if _is_at(session, one, place)]
        if not ended:
            raise AssignmentNotFound
        for one in ended:
            service.end(session, by, one.id, _within(one, at, by), reason)
        unserved = list_unserved(session, [one.id for one in ended])
    click.echo(f"已收回 ended: {login} {role} {code}")
    tell_unserved(unserved)


def _place(session: Session, code: str) -> Area | GridCell:
    if len(code) == CELL_DIGITS:
        return places.get_cell(session, code)
    return places.get_area(session, code)


def _is_at(session: Session, one: Assignment, place: Area | GridCell) -> bool:
    if one.office_id is None:
        return place.id in {one.cell_id, one.area_id}
    return service.is_office_of(session, one.office_id, place.id)


def _within(one: Assignment, at: datetime | None, by: Identity) -> datetime | None:
    """Of several, one may end by itself before that time."""
    return None if at is None else min(at, one.valid_to or at)
