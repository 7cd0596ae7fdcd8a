"""Joining: with the code that one was handed, a password of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response, redirect, request
from flask_babel import gettext as _

from server.access import browsers
from server.access.accounts.errors import BadInvitation, BadPassword
from server.access.accounts.invitations import passwords
from server.access.accounts.invitations.schemas import AcceptIn
from server.access.door import may, stranger
from server.console.account.door import REFUSED, pages, shown_with
from server.console.frame.forms import loaded
from server.console.frame.pages import shown
from server.errors import Invalid, WanggeError
from server.limits.door import network

TEMPLATE = "account/invitation.html"


@pages.get("/invitation")
@may("invitation.accept")
def show_invitation() -> Response:
    """The form for a code and a password."""
    return shown(TEMPLATE)


@pages.post("/invitation")
@may("invitation.accept")
def accept_invitation() -> Any:
    """Set the password; then one signs in with it."""
    if browsers.is_foreign(request):
        raise browsers.ForeignForm
    form = request.form
    given = {"code": form.get("code", "").strip(), "password": form.get("new", "")}
    try:
        asked = loaded(AcceptIn(), given)
        check_twice(form)
        login = passwords.accept(stranger(), network(), asked["code"], asked["password"])
    except REFUSED as error:
        return shown_with(TEMPLATE, _beside(error), code=given["code"][:200])
    return redirect(f"/sign-in?as={quote(login)}", HTTPStatus.SEE_OTHER)


def check_twice(form: Mapping[str, str]) -> None:
    """What nobody sees while it is typed is typed twice. Raises Invalid."""
    if form.get("new", "") != form.get("again", ""):
        raise Invalid(errors={"again": _("两次输入的新密码不同。")})


def _beside(error: WanggeError) -> WanggeError:
    """Which of the fields it was."""
    if isinstance(error, BadInvitation):
        error.errors = {"code": _("请核对邀请码。")}
    elif isinstance(error, BadPassword):
        error.errors = {"new": _("至少 10 位，且不同于用户名。")}
    elif error.errors and "password" in error.errors:
        error.errors = {"new": error.errors["password"], **error.errors}
    return error
