"""The blueprint of the account's pages, and what a form of theirs does when it was refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Response

from server.console.frame.pages import blueprint, shown
from server.errors import Clash, Invalid, WanggeError
from server.limits.errors import TooMany
from server.problems import status_of

pages = blueprint("account", __name__)

REFUSED: Final = (Invalid, Clash, TooMany)
"""What is told on top of the form that was sent; everything else is a page of its own."""


def shown_with(template: str, trouble: WanggeError | None, **told: Any) -> Response:
    """The page, with what went wrong on top, if something did."""
    status = status_of(type(trouble)) if trouble else HTTPStatus.OK
    answer = shown(template, status, trouble=trouble, **told)
    if isinstance(trouble, TooMany):
        answer.headers["Retry-After"] = str(trouble.retry_after)
    return answer
