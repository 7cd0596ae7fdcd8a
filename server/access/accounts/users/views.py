"""Users over HTTP."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from server import codes
from server.access.accounts.invitations.schemas import InvitedOut, NewUserOut
from server.access.accounts.invitations.service import Invited, invite
from server.access.accounts.users import queries, service, show
from server.access.accounts.users.schemas import (
    EndedOut,
    NameIn,
    NewUserIn,
    UserOut,
    UserPageOut,
    UsersIn,
)
from server.access.door import asker, fresh, may
from server.access.models import User
from server.access.permissions import Scope
from server.access.schemas import RevealIn
from server.bodies import Blueprint
from server.db import transaction
from server.paging import Page, page_of

blp = Blueprint("users", __name__, url_prefix="/users", description="用户 Users")


@blp.after_request
def keep_nothing(answer: Response) -> Response:
    """A code is shown once: no cache keeps it."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blp.route("", methods=["GET"])
@may("user.read")
@blp.arguments(UsersIn, location="query")
@blp.response(200, UserPageOut)
def list_users(wanted: dict[str, Any]) -> Page:
    """Users, as far as one's charge reaches, with what they hold."""
    by = asker().identity
    with transaction(by) as session:
        query = queries.list_users(wanted, by.now, reach(session))
        page = page_of(session, query, User.id, wanted["after"], wanted["limit"])
        return replace(page, items=show.users(session, by, page.items))


@blp.route("", methods=["POST"])
@may("user.keep")
@blp.arguments(NewUserIn)
@blp.response(201, NewUserOut)
def add_user(asked: dict[str, Any]) -> dict[str, Any]:
    """A new user, and the one-time code that sets their password: it is shown this once."""
    fresh()
    by = asker().identity
    chance = secrets.token_bytes(codes.RANDOM_BYTES)
    with transaction(by) as session:
        user_id = service.add_user(session, by, asked["login"], asked["name"])
        invited = invite(session, by, user_id, chance)
        return {"user": show.user(session, by, user_id), "invitation": invited}


@blp.route("/<uuid:user_id>", methods=["GET"])
@may("user.read")
@blp.response(200, UserOut)
def read_user(user_id: UUID) -> dict[str, Any]:
    """One user, with what they held, hold and will hold."""
    by = asker().identity
    with transaction(by) as session:
        service.get_user(session, by, user_id, reach(session))
        return show.user(session, by, user_id)


@blp.route("/<uuid:user_id>", methods=["PATCH"])
@may("user.keep")
@blp.arguments(NameIn)
@blp.response(200, UserOut)
def rename_user(asked: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    """Another name; the login stays."""
    by = asker().identity
    with transaction(by) as session:
        service.rename_user(session, user_id, asked["name"])
        return show.user(session, by, user_id)


@blp.route("/<uuid:user_id>/invitation", methods=["POST"])
@may("user.keep")
@blp.response(201, InvitedOut)
def invite_user(user_id: UUID) -> Invited:
    """A new one-time code, for a first password or a forgotten one; the one before it is dead."""
    fresh()
    by = asker().identity
    chance = secrets.token_bytes(codes.RANDOM_BYTES)
    with transaction(by) as session:
        return invite(session, by, user_id, chance)


@blp.route("/<uuid:user_id>/disable", methods=["POST"])
@may("user.disable")
@blp.arguments(RevealIn)
@blp.response(200, EndedOut)
def disable_user(asked: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    """Shut somebody out: what they hold ends, their devices may only deliver what they wrote;
    `unserved` tells what nobody holds any more.
    """
    fresh()
    by = asker().identity
    with transaction(by) as session:
        ended = service.disable_user(session, by, user_id, asked["reason"])
        return show.ended(session, by, user_id, ended)


@blp.route("/<uuid:user_id>/enable", methods=["POST"])
@may("user.disable")
@blp.arguments(RevealIn)
@blp.response(200, UserOut)
def enable_user(asked: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    """Let somebody sign in again, on devices enrolled anew, with nothing held."""
    fresh()
    by = asker().identity
    with transaction(by) as session:
        service.enable_user(session, by, user_id, asked["reason"])
        return show.user(session, by, user_id)


def reach(session: Session) -> Sequence[str] | None:
    """Codes of the townships whose people the asker may look at; None: the whole county's."""
    me = asker()
    if me.scope is Scope.COUNTY:
        return None
    return queries.list_townships(session, me.user_id, me.identity.now)
