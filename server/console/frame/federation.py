"""The other door: signing in at the county's identity provider."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import current_app, redirect, request

from server.access import browsers
from server.access.accounts.errors import TooManyDevices
from server.access.door import clock, may, stranger
from server.access.factors.errors import CodeNeeded, WrongCode
from server.access.federation import service
from server.access.federation.errors import BadAnswer, NoProvider, NotLinked, ProviderAway
from server.access.federation.rules import FLOW
from server.access.federation.service import Browser
from server.access.service import Tokens
from server.console.frame.pages import blueprint, own_path
from server.console.frame.signing import again, browser_name, spans, uuid_of
from server.errors import WanggeError
from server.limits.door import network
from server.limits.errors import TooMany
from server.settings import Oidc, Settings

pages = blueprint("federation", __name__)

_LONGEST = 4000  # characters of a challenge, or of what a provider sends back
_FARTHEST = 500  # of an address that a cookie has room for
_REFUSED = (BadAnswer, NotLinked, ProviderAway, TooMany, CodeNeeded, WrongCode, TooManyDevices)


@pages.get("/sign-in/provider")
@may("session.open")
def leave() -> Any:
    """Off to the provider, and from there to `next`; `anew`: to prove once more who one is."""
    oidc, path = _oidc(), own_path(request.args.get("next"))
    path = path if len(path) <= _FARTHEST else "/"
    try:
        where, slip = service.begin(oidc, _back(), path, clock(), anew="anew" in request.args)
    except ProviderAway as error:
        return again(error, path)
    answer = redirect(where, HTTPStatus.SEE_OTHER)
    browsers.part(answer, slip, FLOW, _browser())
    return answer


@pages.get("/sign-in/provider/back")
@may("session.open")
def come_back() -> Any:
    """Back with an answer: in, or one step more."""
    oidc, answer = _oidc(), {name: value[:_LONGEST] for name, value in request.args.items()}
    path = "/"
    try:
        flow = service.flow_of(browsers.parted(request), answer.get("state", ""), clock())
        path = own_path(flow.next)
        known = service.identify(stranger(), oidc, flow, answer, _back(), network())
        _, device = browsers.device_of(request, known.login)
        browser = Browser(device, browser_name())
        tokens = service.come_in(stranger(), oidc, known, browser, spans())
    except _REFUSED as error:
        shown: Any = _again(error, path)
    else:
        shown = _in(tokens, path)
    browsers.reunite(shown)
    return shown


@pages.post("/sign-in/provider")
@may("session.open")
def go_on() -> Any:
    """The step more: our own code, or which device goes for this browser."""
    oidc, form = _oidc(), request.form
    if browsers.is_foreign(request):
        raise browsers.ForeignForm
    path, code = own_path(form.get("next")), form.get("code", "").replace(" ", "")[:100]
    try:
        goes = uuid_of(form.get("instead_of"))
        challenge = form.get("challenge", "")[:_LONGEST]
        tokens = service.answer(stranger(), oidc, challenge, code, goes, spans())
    except _REFUSED as error:
        return _again(error, path)
    return _in(tokens, path)


def _in(tokens: Tokens, path: str) -> Any:
    answer = redirect(path, HTTPStatus.SEE_OTHER)
    browsers.keep(answer, tokens.access, tokens.access_until, clock(), _browser())
    return answer


def _browser() -> UUID:
    """The name that this browser was given on its way out: its device is made of it."""
    return browsers.device_of(request, "")[0]


def _again(error: WanggeError, path: str) -> Any:
    return again(error, path, elsewhere=True)


def _oidc() -> Oidc:
    settings: Settings = current_app.extensions["wangge.settings"]
    if settings.oidc is None:
        raise NoProvider
    return settings.oidc


def _back() -> str:
    settings: Settings = current_app.extensions["wangge.settings"]
    return f"{settings.public_url}/sign-in/provider/back"
