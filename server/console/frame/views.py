"""The door of the pages: signing in and out, home, language, and what they are made of."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import Flask, Response, redirect, request
from werkzeug.datastructures import MultiDict

from server.access import browsers
from server.access import service as access
from server.access.accounts.errors import TooManyDevices
from server.access.door import asker, clock, may, stranger
from server.access.errors import WrongLogin
from server.access.factors.errors import CodeNeeded, WrongCode
from server.access.service import Tokens
from server.access.signing import entry
from server.access.signing.rules import Comer
from server.console.frame import assets, federation, language, look
from server.console.frame.compiled import keep_compiled
from server.console.frame.pages import blueprint, own_path, tell_people
from server.console.frame.places import places_of
from server.console.frame.signing import MOST, again, browser_name, first, spans, uuid_of
from server.db import transaction
from server.limits.door import network

pages = blueprint("frame", __name__)

LONGEST: Final = 2000  # of a challenge


def frame(app: Flask) -> None:
    """Give this app its pages' frame: language, words of the templates, sign-in, assets."""
    language.speak(app)
    look.lend(app)
    keep_compiled(app)
    tell_people(app)
    app.register_blueprint(pages)
    app.register_blueprint(federation.pages)


@pages.get("/static/<version>/<path:path>")
@may("page.frame")
def static(version: str, path: str) -> Any:
    """A style, a script, a picture."""
    return assets.serve(version, path)


@pages.get("/sign-in")
@may("session.open")
def show_sign_in() -> Response:
    """The form."""
    asked = request.args
    login = asked.get("as", "")[:MOST]  # who has just set a password
    return first(asked.get("next"), login)


@pages.post("/sign-in")
@may("session.open")
def sign_in() -> Any:
    """One step of two: a password, or the code that the password asked for."""
    if browsers.is_foreign(request):
        raise browsers.ForeignForm
    form = request.form
    browser, device = browsers.device_of(request, form.get("login", "")[:MOST].strip())
    try:
        tokens = _answered(form) if form.get("challenge") else _proved(form, device)
    except (WrongLogin, WrongCode, CodeNeeded, TooManyDevices) as error:
        shown_again = again(error, form.get("next"))
        browsers.name(shown_again, browser)  # the second step comes from the same device
        return shown_again
    answer = redirect(own_path(form.get("next")), HTTPStatus.SEE_OTHER)
    browsers.keep(answer, tokens.access, tokens.access_until, clock(), browser)
    return answer


@pages.post("/sign-out")
@may("session.close")
def sign_out() -> Any:
    """End the session in this browser."""
    with transaction(asker().identity) as session:
        access.close_session(session, asker().identity)
    answer = redirect("/sign-in", HTTPStatus.SEE_OTHER)
    browsers.forget(answer)
    return answer


@pages.get("/")
@may("session.read")
def home() -> Any:
    """Where this person's work is: the first place that is open to them."""
    return redirect(places_of(asker())[0].path, HTTPStatus.SEE_OTHER)


def _proved(form: MultiDict[str, str], device: UUID) -> Tokens:
    login, password = form.get("login", "")[:MOST], form.get("password", "")[:MOST]
    comer = Comer(login.strip(), device, browser_name(), network(), uuid_of(form.get("instead_of")))
    return entry.come_in(stranger(), comer, password, None, spans())


def _answered(form: MultiDict[str, str]) -> Tokens:
    code = form.get("code", "").replace(" ", "")[:100]
    return entry.answer(stranger(), form["challenge"][:LONGEST], code, spans())
