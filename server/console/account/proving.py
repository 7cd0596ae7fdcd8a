"""To prove once more who one is, before a sensitive act; and back to it, with all that was typed.

The frame leads here (console/frame/pages.py). A form that was refused comes here as it was sent,
and is sent on from here in the same way: by 307, which repeats method and body.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Response, redirect, request

from server.access import proof
from server.access.door import asker, may
from server.access.factors import service as factors
from server.access.schemas import ProofIn
from server.console.account.door import REFUSED, pages, shown_with
from server.console.frame.forms import loaded
from server.console.frame.pages import own_path
from server.console.frame.signing import provider_name
from server.db import transaction
from server.errors import WanggeError

PASSWORD: Final = "prove_password"  # noqa: S105 (a name)
CODE: Final = "prove_code"
ON: Final = "prove_on"  # a form waits to be sent on


@pages.get("/prove")
@may("session.prove")
def show_prove() -> Response:
    """The form."""
    return _form(None)


@pages.post("/prove")
@may("session.prove")
def prove() -> Any:
    """Prove it, and go on; or the form, where another one has just led here."""
    form = request.form
    if PASSWORD not in form:
        return _form(None)
    given = {"password": form[PASSWORD], "code": form.get(CODE, "").strip() or None}
    try:
        asked = loaded(ProofIn(), given)
        proof.prove_anew(asker(), asked["password"], asked["code"])
    except REFUSED as error:
        return _form(error)
    goes_on = HTTPStatus.TEMPORARY_REDIRECT if ON in form else HTTPStatus.SEE_OTHER
    return redirect(_next(), goes_on)


def _form(trouble: WanggeError | None) -> Response:
    me = asker()
    with transaction(me.identity) as session:
        factor = factors.standing(session, me.user_id).on
    ours = {PASSWORD, CODE, ON}
    carried = [pair for pair in request.form.items(multi=True) if pair[0] not in ours]
    return shown_with(
        "account/prove.html",
        trouble,
        factor=factor,
        carried=carried,
        goes_on=request.method == "POST" and (ON in request.form or PASSWORD not in request.form),
        next=_next(),
        provider=provider_name(),
    )


def _next() -> str:
    return own_path(request.args.get("next"))
