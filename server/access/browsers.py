"""A browser's session: a cookie that no script can read and that no form of another site borrows.

It carries an access token as a phone has it, good for a working day and never refreshed: two tabs
that refreshed at once would each take the other for a thief. The cookie is kept from other sites by
SameSite, and what changes something must be told by the browser itself to come from our own pages:
by Sec-Fetch-Site (browsers since 2020), else by Origin, which every browser sends with a POST.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4, uuid5

from flask import Request, current_app
from werkzeug.wrappers import Response

from server.errors import NotYours

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SESSION, _BROWSER, _FLOW = "wangge", "wangge_browser", "wangge_elsewhere"
_YEAR: Final = timedelta(days=365)


class ForeignForm(NotYours):
    """Another site sent the form."""

    slug = "foreign-form"
    text = "请在本页面填写。 Open this page itself and fill in the form there."


def token(request: Request) -> str | None:
    """The access token of the browser's session. Raises ForeignForm."""
    found = request.cookies.get(_named(_SESSION))
    if found and request.method not in SAFE and is_foreign(request, unsaid=True):
        raise ForeignForm
    return found or None


def is_foreign(request: Request, *, unsaid: bool = False) -> bool:
    """Whether the browser says that another site sent this; `unsaid` where it says nothing.

    `null` is the origin of a page that tells its address to nobody (Referrer-Policy: no-referrer),
    of ours too where a page is to leave no trace.
    """
    told = request.headers.get("Sec-Fetch-Site")
    if told is not None:
        return told not in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    if origin == "null":
        return unsaid
    try:
        return urlsplit(origin).netloc != request.host
    except ValueError:  # no browser's
        return True


def device_of(request: Request, login: str) -> tuple[UUID, UUID]:
    """This browser, and the device that it is for this user: every user of it has one."""
    try:
        browser = UUID(request.cookies.get(_named(_BROWSER), ""))
    except ValueError:
        browser = uuid4()
    return browser, uuid5(browser, login)


def keep(answer: Response, access: str, until: datetime, now: datetime, browser: UUID) -> None:
    """Give the browser its session, and its own name for the next time."""
    _set(answer, _SESSION, access, until - now)
    name(answer, browser)


def name(answer: Response, browser: UUID) -> None:
    """Give the browser its own name, by which its users' devices are found again."""
    _set(answer, _BROWSER, str(browser), _YEAR)


def part(answer: Response, slip: str, age: timedelta, browser: UUID) -> None:
    """What a browser keeps while it is at the county's identity provider, and its own name."""
    _set(answer, _FLOW, slip, age)
    name(answer, browser)


def parted(request: Request) -> str:
    """What it kept."""
    return request.cookies.get(_named(_FLOW), "")


def reunite(answer: Response) -> None:
    """It is back: nothing comes back twice."""
    _set(answer, _FLOW, "", timedelta())


def forget(answer: Response) -> None:
    """Take the session away; the browser keeps its name."""
    _set(answer, _SESSION, "", timedelta())


def disown(answer: Response) -> None:
    """Take its name too: whoever signs in here next does so on a new device. This one was revoked,
    and unlike a phone a browser has nothing left to deliver.
    """
    forget(answer)
    _set(answer, _BROWSER, "", timedelta())


def _set(answer: Response, name: str, value: str, age: timedelta) -> None:
    answer.set_cookie(
        _named(name),
        value,
        max_age=int(age.total_seconds()),
        secure=_https(),
        httponly=True,
        samesite="Lax",  # a link in a mail opens the page that it names
    )


def _named(name: str) -> str:
    """With the prefix by which a browser refuses one that a neighbouring site has set."""
    return f"__Host-{name}" if _https() else name


def _https() -> bool:
    url: str | None = current_app.extensions["wangge.settings"].public_url
    return (url or "").startswith("https://")
