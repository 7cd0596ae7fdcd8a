"""Passwords over HTTP: set with an invitation, changed with the old one."""

from __future__ import annotations

from typing import Any

from flask import Response

from server.access.accounts.invitations import passwords
from server.access.accounts.invitations.schemas import AcceptedOut, AcceptIn, PasswordIn
from server.access.door import asker, may, stranger
from server.bodies import Blueprint
from server.limits.door import network

invitations = Blueprint(
    "invitations", __name__, url_prefix="/invitations", description="邀请码 Invitations"
)
own = Blueprint("passwords", __name__, url_prefix="/passwords", description="密码 Passwords")


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
    return {"login": passwords.accept(stranger(), network(), asked["code"], asked["password"])}


@own.route("/current", methods=["PUT"])
@may("password.change")
@own.arguments(PasswordIn)
@own.response(204)
def change_password(asked: dict[str, Any]) -> None:
    """Change one's own password; what is signed in elsewhere has to sign in again."""
    passwords.change(asker(), asked["old"], asked["new"])
