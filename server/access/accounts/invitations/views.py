"""Passwords over HTTP: set with an invitation, changed with the old one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response

from server.access import queries as access
from server.access.accounts.errors import BadPassword
from server.access.accounts.invitations import service
from server.access.accounts.invitations.schemas import AcceptedOut, AcceptIn, PasswordIn
from server.access.accounts.rules import ACCEPTS_A_MINUTE
from server.access.door import asker, may, stranger
from server.access.rules import good_password
from server.access.service import hash_password
from server.access.signing.service import prove_again
from server.bodies import Blueprint
from server.db import transaction
from server.limits.door import network
from server.limits.service import blind, knock

invitations = Blueprint(
    "invitations", __name__, url_prefix="/invitations", description="邀请码 Invitations"
)
passwords = Blueprint("passwords", __name__, url_prefix="/passwords", description="密码 Passwords")


@invitations.after_request
def keep_nothing(answer: Response) -> Response:
    """No cache keeps it."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


@invitations.route("/accept", methods=["POST"])
@may("invitation.accept")
@invitations.arguments(AcceptIn)
@invitations.response(200, AcceptedOut)
def accept_invitation(asked: dict[str, Any]) -> dict[str, Any]:
    """Set a password with the code that one was handed; everything signed in before ends."""
    by = stranger()
    knock("invitation", blind(by, "invitation", network()), ACCEPTS_A_MINUTE, by)
    with transaction(by) as session:
        found = service.find_invited(session, asked["code"], asked["password"])
    password_hash = hash_password(asked["password"])  # slow on purpose: in no transaction
    by = replace(by, user_id=found.user_id)
    with transaction(by) as session:
        service.accept(session, by, asked["code"], password_hash)
    return {"login": found.login}


@passwords.route("/current", methods=["PUT"])
@may("password.change")
@passwords.arguments(PasswordIn)
@passwords.response(204)
def change_password(asked: dict[str, Any]) -> None:
    """Change one's own password; what is signed in elsewhere has to sign in again."""
    me = asker()
    with transaction(me.identity) as session:
        login = access.get_user(session, me.user_id).login
        found = access.find_credential(session, login, me.device_id)
    prove_again(me.identity, me.user_id, me.device_id, found, asked["old"])
    if not good_password(asked["new"], login):
        raise BadPassword
    password_hash = hash_password(asked["new"])
    with transaction(me.identity) as session:
        service.change_password(session, me.identity, password_hash, me.login_id)
