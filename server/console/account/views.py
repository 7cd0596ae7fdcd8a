"""My account: who I am and what I hold, my password, my devices."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, redirect, request
from flask_babel import gettext as _
from marshmallow import fields

from server.access import queries
from server.access.accounts.assignments.queries import list_held_by_name
from server.access.accounts.devices import service as devices
from server.access.accounts.devices.queries import list_devices
from server.access.accounts.devices.schemas import RevokeIn
from server.access.accounts.errors import BadPassword
from server.access.accounts.invitations import passwords
from server.access.accounts.invitations.schemas import PasswordIn
from server.access.accounts.rules import LIVE_DEVICES
from server.access.door import asker, may
from server.access.factors import service as factors
from server.access.factors.errors import WrongProof
from server.console.account import factor, joining, proving
from server.console.account.door import REFUSED, pages, shown_with
from server.console.account.words import REASONS, ROLES, WHY
from server.console.frame.forms import loaded
from server.console.frame.pages import shown
from server.db import transaction
from server.errors import Invalid, WanggeError

__all__ = ["factor", "joining", "pages", "proving"]  # the other pages of the blueprint


class RevokeDeviceIn(RevokeIn):
    """Which of one's own devices goes, and why."""

    device = fields.UUID(required=True)


@pages.get("/account")
@may("session.read")
def account() -> Response:
    """Who I am and what I hold now."""
    me = asker()
    with transaction(me.identity) as session:
        return shown(
            "account/account.html",
            user=queries.get_user(session, me.user_id),
            held=list_held_by_name(session, me.user_id, me.identity.now),
            standing=factors.standing(session, me.user_id),
            roles=ROLES,
            done=request.args.get("done"),
        )


@pages.get("/account/password")
@may("password.change")
def show_password() -> Response:
    """The form for another password."""
    return shown("account/password.html")


@pages.post("/account/password")
@may("password.change")
def change_password() -> Any:
    """Another password; what is signed in elsewhere has to sign in again."""
    try:
        asked = loaded(PasswordIn(), request.form)
        joining.check_twice(request.form)
        passwords.change(asker(), asked["old"], asked["new"])
    except REFUSED as error:
        return shown_with("account/password.html", _beside(error))
    return redirect("/account?done=password", HTTPStatus.SEE_OTHER)


@pages.get("/account/devices")
@may("device.own")
def show_devices() -> Response:
    """My devices, this browser marked."""
    return _devices()


@pages.post("/account/devices")
@may("device.own")
def revoke_device() -> Any:
    """Revoke one of them: it may only deliver what it holds."""
    me = asker()
    try:
        asked = loaded(RevokeDeviceIn(), request.form)
        with transaction(me.identity) as session:
            devices.revoke(session, me.user_id, asked["device"], asked["reason"])
    except Invalid as error:
        return _devices(error)
    return redirect("/account/devices?done=device", HTTPStatus.SEE_OTHER)


def _devices(trouble: WanggeError | None = None) -> Response:
    me = asker()
    with transaction(me.identity) as session:
        found = list_devices(session, me.user_id)
    return shown_with(
        "account/devices.html",
        trouble,
        devices=found,
        this=me.device_id,
        most=LIVE_DEVICES,
        reasons=REASONS,
        why=WHY,
        done=request.args.get("done"),
    )


def _beside(error: WanggeError) -> WanggeError:
    """Which of the fields it was."""
    if isinstance(error, WrongProof):
        error.errors = {"old": _("现在的密码不对。")}
    elif isinstance(error, BadPassword):
        error.errors = {"new": _("至少 10 位，且不同于用户名。")}
    return error
