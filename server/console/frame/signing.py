"""The sign-in form, by whichever door it was sent: shown anew, with the step that is next."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import Response, current_app, request

from server.access.accounts.errors import TooManyDevices
from server.access.errors import SessionOver
from server.access.factors.errors import CodeNeeded, WrongCode
from server.access.service import Spans
from server.console.frame.pages import own_path, shown
from server.errors import TryLater, WanggeError
from server.problems import status_of
from server.settings import Settings

MOST: Final = 200  # characters of a login or a password


def first(path: str | None, login: str) -> Response:
    """The form, for somebody who has just set a password, or who wants to come to `path`."""
    return _form(HTTPStatus.OK, next=own_path(path), login=login, joined=login)


def again(error: WanggeError, path: str | None, *, elsewhere: bool = False) -> Response:
    """The form with what went wrong, or with what is asked next; `elsewhere`: a step of the
    provider's door, which its password is not for.
    """
    members = getattr(error, "members", {})
    asks_code = isinstance(error, (CodeNeeded, WrongCode)) or members.get("code", False)
    more = asks_code or (elsewhere and isinstance(error, TooManyDevices))
    answer = _form(
        status_of(type(error)),
        next=own_path(path),
        login=request.form.get("login", "")[:MOST],
        trouble=None if isinstance(error, CodeNeeded) else error,
        step="code" if more else "password",
        asks_code=asks_code,
        elsewhere=elsewhere,
        challenge=members.get("challenge") or request.form.get("challenge", ""),
        devices=members.get("devices", ()),
    )
    if isinstance(error, TryLater):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def provider_name() -> str:
    """What the county's identity provider is called; empty: there is none."""
    oidc = _settings().oidc
    return oidc.name if oidc else ""


def browser_name() -> str:
    """What the list of devices calls a browser."""
    return "浏览器 Browser"


def spans() -> Spans:
    """How long a browser's session lasts."""
    hours = timedelta(hours=_settings().page_hours)
    return Spans(access=hours, refresh=hours, session=hours)


def uuid_of(text: str | None) -> UUID | None:
    """An id that a form carried, if any. Raises SessionOver: it is not ours."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise SessionOver from error


def _form(status: int, **told: Any) -> Response:
    return shown("frame/sign_in.html", status, provider=provider_name(), **told)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["wangge.settings"]
    return settings
