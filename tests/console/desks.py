"""Somebody at a page, without a browser: what they would send, and what they would read."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from flask_babel import refresh
from werkzeug.test import TestResponse

from tests.smallcounty import PASSWORD, SmallCounty

OWN = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@dataclass
class Reader:
    """A browser without a screen; it keeps its cookies."""

    client: FlaskClient

    def get(self, path: str, lang: str = "zh") -> TestResponse:
        """Open an address."""
        refresh()  # the language: a test's requests share one context of the application
        return self.client.get(path, headers={**OWN, "Accept-Language": lang})

    def send(self, path: str, **fields: Any) -> TestResponse:
        """Send a form."""
        refresh()
        return self.client.post(path, data=fields, headers={**OWN, "Accept-Language": "zh"})

    def sign_in(self, login: str, password: str = PASSWORD, path: str = "/") -> TestResponse:
        """By the form."""
        return self.send("/sign-in", login=login, password=password, next=path)


def reader(county: SmallCounty, login: str | None = None) -> Reader:
    """A new browser, with somebody signed in."""
    made = Reader(county.app.test_client())
    if login:
        answer = made.sign_in(login)
        assert answer.status_code == 303, answer.text
    return made


def hidden(page: str) -> dict[str, str]:
    """What the forms of a page would send without anybody's seeing it."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def words(page: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))
