"""The door of the pages: signing in and out, home, language, and what they are made of."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import Flask, Response, current_app, redirect, request
from werkzeug.datastructures import MultiDict

from server.access import browsers
from server.access import service as access
from server.access.accounts.errors import TooManyDevices
from server.access.door import asker, clock, may, stranger
from server.access.errors import SessionOver, WrongLogin
from server.access.factors.errors import CodeNeeded, WrongCode
from server.access.service import Spans, Tokens
from server.access.signing import entry
from server.access.signing.rules import Comer
from server.console.frame import assets, language, look
from server.console.frame.pages import blueprint, own_path, shown
from server.console.frame.places import places_of
from server.db import transaction
from server.errors import WanggeError
from server.limits.door import network
from server.problems import status_of

pages = blueprint("frame", __name__)

MOST: Final = 200  # characters of a login or a password
LONGEST: Final = 2000  # of a challenge


def frame(app: Flask) -> None:
    """Give this app its pages' frame: language, words of the templates, sign-in, assets."""
    language.speak(app)
    look.lend(app)
    app.register_blueprint(pages)


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
    return shown("frame/sign_in.html", next=own_path(asked.get("next")), login=login, joined=login)


@pages.post("/sign-in")
@may("session.open")
def sign_in() -> Any:
    """One step of two: a password, or the code that the password asked for."""
    if browsers.is_foreign(request):
        raise browsers.ForeignForm
    form = request.form
    browser, device = browsers.device_of(request, form.get("login", "")[:MOST])
    try:
        tokens = _answered(form) if form.get("challenge") else _proved(form, device)
    except (WrongLogin, WrongCode, CodeNeeded, TooManyDevices) as error:
        return _again(form, error)
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
    comer = Comer(login.strip(), device, _browser_name(), network(), _uuid(form.get("instead_of")))
    return entry.come_in(stranger(), comer, password, None, _spans())


def _answered(form: MultiDict[str, str]) -> Tokens:
    code = form.get("code", "").replace(" ", "")[:100]
    return entry.answer(stranger(), form["challenge"][:LONGEST], code, _spans())


def _again(form: MultiDict[str, str], error: WanggeError) -> Response:
    members = getattr(error, "members", {})
    step = "code" if isinstance(error, (CodeNeeded, WrongCode)) else "password"
    return shown(
        "frame/sign_in.html",
        status_of(type(error)),
        next=own_path(form.get("next")),
        login=form.get("login", "")[:MOST],
        trouble=None if isinstance(error, CodeNeeded) else error,
        step=step,
        challenge=members.get("challenge") or form.get("challenge", ""),
        devices=members.get("devices", ()),
    )


def _browser_name() -> str:
    """What the list of devices calls it."""
    return "浏览器 Browser"


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise SessionOver from error


def _spans() -> Spans:
    hours = timedelta(hours=current_app.extensions["wangge.settings"].page_hours)
    return Spans(access=hours, refresh=hours, session=hours)
