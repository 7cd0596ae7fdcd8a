"""What stories of signing in at an identity provider share: a browser that goes there and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from werkzeug.test import TestResponse

from server.access.federation import service
from server.db import transaction
from tests.access.provider import HOME, Provider, running
from tests.console.desks import Reader, reader, words
from tests.smallcounty import SmallCounty

SUBJECT = "p-1001"


@contextmanager
def provided(county: SmallCounty) -> Iterator[Provider]:
    """The county has an identity provider, and the township's supervisor is known there."""
    with running(county.clock) as provider:
        settings = county.app.extensions["wangge.settings"]
        county.app.extensions["wangge.settings"] = replace(
            settings, oidc=provider.settings, public_url=HOME
        )
        link(county, provider, "township-a")
        yield provider


def link(county: SmallCounty, provider: Provider, login: str, subject: str = SUBJECT) -> None:
    """The system administrator links somebody, at the keyboard."""
    with transaction(county.worker) as session:
        service.link(session, county.worker, login, provider.issuer, subject)


def at_home(county: SmallCounty) -> Reader:
    """A browser that comes to us over TLS."""
    made = reader(county)
    made.client.environ_base |= {"wsgi.url_scheme": "https", "HTTP_HOST": "wangge.example"}
    return made


def away(desk: Reader, path: str = "/account", more: str = "") -> str:
    """Where the browser is sent by the button of the sign-in page."""
    answer = desk.get(f"/sign-in/provider?next={path}{more}")
    assert answer.status_code == 303, answer.text
    return answer.location


def through(desk: Reader, provider: Provider, path: str = "/account") -> TestResponse:
    """To the provider and back."""
    return desk.get(provider.visit(away(desk, path)))


def trouble(answer: TestResponse) -> tuple[int, str]:
    """How the sign-in page says that it did not work."""
    found = re.search(r'<div class="trouble".*?<p>(.*?)</p>', answer.text, re.S)
    return answer.status_code, words(found[1]) if found else ""


def in_(desk: Reader) -> bool:
    """Whether this browser is signed in."""
    return desk.get("/account").status_code == 200


def in_after(county: SmallCounty, provider: Provider) -> bool:
    """Whether somebody honest comes in now."""
    desk = at_home(county)
    return through(desk, provider).status_code == 303 and in_(desk)
