"""My second factor: an authenticator is enrolled, confirmed, taken away; recovery codes.

What is shown once is the answer to the form itself, not a page that it leads to: it stands nowhere
else. All of it has one address, so that another language or a reload finds a page.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import segno
from flask import Response, redirect, request
from flask_babel import gettext as _

from server.access import queries
from server.access.door import asker, fresh, may
from server.access.factors import service as factors
from server.access.factors.rules import decoded, encoded, uri_of
from server.access.factors.schemas import ConfirmIn
from server.access.permissions import SECOND_FACTOR
from server.access.signing import service as signing
from server.console.account.door import REFUSED, pages, shown_with
from server.console.frame.forms import loaded
from server.console.frame.pages import shown
from server.db import transaction
from server.errors import Invalid, WanggeError

TEMPLATE: Final = "account/factor.html"


@pages.get("/account/second-factor")
@may("factor.keep")
def show_factor() -> Response:
    """How it stands with it."""
    return _standing(None)


@pages.post("/account/second-factor")
@may("factor.keep")
def keep_factor() -> Any:
    """One of four acts, as the button says."""
    act = _ACTS.get(request.form.get("act", ""))
    try:
        if act is None:
            raise Invalid
        return act()
    except REFUSED as error:
        return _standing(error)


def _enrol() -> Any:
    fresh()
    with transaction(asker().identity) as session:
        secret = factors.enrol(session, asker().identity).secret
    return _begun(secret, None)


def _confirm() -> Any:
    me = asker()
    secret = request.form.get("secret", "")[:100]
    try:
        asked = loaded(ConfirmIn(), request.form)
        with (
            signing.counting_proof(me.identity, me.user_id, me.device_id),
            transaction(me.identity) as session,
        ):
            codes = factors.confirm(session, me.identity, asked["code"], me.login_id)
    except Invalid as error:
        error.errors = {"code": _("请等验证器显示下一个验证码，再填一次。")}
        return _begun(secret, error)
    return shown("account/recovery.html", codes=codes)


def _renew() -> Any:
    fresh()
    with transaction(asker().identity) as session:
        return shown(
            "account/recovery.html", codes=factors.renew_recovery(session, asker().identity)
        )


def _remove() -> Any:
    fresh()
    with transaction(asker().identity) as session:
        factors.remove(session, asker().identity, asker().login_id)
    return redirect("/account?done=factor", HTTPStatus.SEE_OTHER)


_ACTS: Final[Mapping[str, Callable[[], Any]]] = {
    "enrol": _enrol,
    "confirm": _confirm,
    "renew": _renew,
    "remove": _remove,
}


def _standing(trouble: WanggeError | None) -> Response:
    me = asker()
    with transaction(me.identity) as session:
        standing = factors.standing(session, me.user_id)
    needed = bool(SECOND_FACTOR.intersection(me.roles))
    return shown_with(TEMPLATE, trouble, standing=standing, needed=needed)


def _begun(secret: str, trouble: WanggeError | None) -> Response:
    """The secret as a picture and as text, and a field for the first code."""
    with transaction(asker().identity) as session:
        login = queries.get_user(session, asker().user_id).login
    try:
        raw = decoded(secret)
    except (binascii.Error, ValueError):  # not as we sent it: then without a picture
        return _standing(trouble)
    picture = segno.make(uri_of(raw, login, factors.ISSUER), error="m", micro=False)
    return shown_with(
        "account/enrol.html",
        trouble,
        secret=encoded(raw),
        picture=picture.svg_data_uri(scale=5, border=4),
    )
