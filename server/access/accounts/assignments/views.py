"""Roles over HTTP: given and taken."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.accounts.assignments import service
from server.access.accounts.assignments.schemas import EndAssignmentIn, GiveIn
from server.access.accounts.assignments.service import Giver, Wanted
from server.access.accounts.users import show
from server.access.accounts.users.queries import list_townships
from server.access.accounts.users.schemas import EndedOut, UserOut
from server.access.door import Asker, asker, fresh, may
from server.access.permissions import Role
from server.bodies import Blueprint
from server.db import transaction

blp = Blueprint(
    "assignments", __name__, url_prefix="/assignments", description="分工 Roles, given and taken"
)


@blp.route("", methods=["POST"])
@may("assignment.give")
@blp.arguments(GiveIn)
@blp.response(201, UserOut)
def give_role(asked: dict[str, Any]) -> dict[str, Any]:
    """Give somebody a role in an Office, or an administrator's; who serves a cell is a move."""
    fresh()
    me = asker()
    wanted = Wanted(**{**asked, "role": Role(asked["role"])})
    with transaction(me.identity) as session:
        user_id = service.give(session, _giver(session, me), wanted)
        return show.user(session, me.identity, user_id)


@blp.route("/<uuid:assignment_id>/end", methods=["POST"])
@may("assignment.give")
@blp.arguments(EndAssignmentIn)
@blp.response(200, EndedOut)
def end_role(asked: dict[str, Any], assignment_id: UUID) -> dict[str, Any]:
    """End an assignment now, or at a time; what has not begun is called off. `unserved` tells
    where nobody does this any more.
    """
    fresh()
    me = asker()
    with transaction(me.identity) as session:
        giver = _giver(session, me)
        one = service.end(session, giver, assignment_id, asked["at"], asked["reason"])
        return show.ended(session, me.identity, one.user_id, [one])


def _giver(session: Session, me: Asker) -> Giver:
    townships = list_townships(session, me.user_id, me.identity.now)
    return Giver(me.identity, me.roles, townships)
