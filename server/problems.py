"""Errors as RFC 9457 problems: one table from families to statuses, one way to render them."""

from __future__ import annotations

import logging
from http import HTTPStatus
from itertools import islice
from typing import Any

from flask import Flask, Response, g, json, request
from werkzeug.exceptions import HTTPException

from geo.errors import GeoError
from server.bodies import AddressTooLong, NotJson
from server.errors import (
    Clash,
    Invalid,
    Malformed,
    NotFound,
    NotSignedIn,
    NotYours,
    TooLarge,
    TooOften,
    TryLater,
    WanggeError,
    WrongKind,
)
from server.ladder.errors import LadderError

log = logging.getLogger("wangge.problems")

STATUS: dict[type[Exception], HTTPStatus] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    NotJson: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    AddressTooLong: HTTPStatus.REQUEST_URI_TOO_LONG,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    NotYours: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Clash: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooOften: HTTPStatus.TOO_MANY_REQUESTS,
    WrongKind: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    TryLater: HTTPStatus.SERVICE_UNAVAILABLE,
    GeoError: HTTPStatus.UNPROCESSABLE_ENTITY,
    LadderError: HTTPStatus.UNPROCESSABLE_ENTITY,
    WanggeError: HTTPStatus.INTERNAL_SERVER_ERROR,
}

_HTTP_TEXT = {
    400: (Malformed.slug, Malformed.text),
    401: ("not-signed-in", NotSignedIn.text),
    404: ("no-such-address", "没有这个地址。 There is nothing at this address; see /api/docs."),
    405: ("method-not-allowed", "此地址不支持该方法。 This address does not take that method."),
    413: ("too-large", TooLarge.text),
    415: (NotJson.slug, NotJson.text),
    422: ("invalid", Invalid.text),
    500: ("unexpected", "服务器出错，已记录。 An unexpected error; it was logged under `request`."),
}


def status_of(error: type[Exception]) -> HTTPStatus:
    """The status of the nearest family of this error."""
    return next(STATUS[family] for family in error.__mro__ if family in STATUS)


def catalogue() -> list[tuple[str, int, str]]:
    """(slug, status, text) of every error that may be answered; docs/errors.md is this table."""
    classes: list[Any] = [WanggeError, GeoError, LadderError]
    for known in classes:
        classes.extend(known.__subclasses__())
    ours = {(c.slug, status_of(c).value, _text(c)) for c in classes}
    return sorted(ours | {(slug, code, text) for code, (slug, text) in _HTTP_TEXT.items()})


def _text(error: type[Exception]) -> str:
    said = getattr(error, "text", None) or getattr(error, "advice", None) or error.__doc__ or ""
    return " ".join(str(said).split())


def problem(status: int, slug: str, detail: str, **extra: object) -> Response:
    """One problem+json answer. `type` is stable and documented in docs/errors.md."""
    body = {
        "type": f"/problems/{slug}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "request": getattr(g, "request_id", ""),
        **extra,
    }
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status=int(status), content_type="application/problem+json")


def render(app: Flask) -> None:
    """Let every error of this app answer as a problem."""
    app.register_error_handler(WanggeError, answer)
    app.register_error_handler(GeoError, _of_place_or_ladder)
    app.register_error_handler(LadderError, _of_place_or_ladder)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(Exception, _unexpected)


def answer(error: WanggeError) -> Response:
    """An error of ours as a problem."""
    fields = {"errors": error.errors} if error.errors else {}
    members = getattr(error, "members", {})
    said = problem(status_of(type(error)), error.slug, error.detail, **fields, **members)
    if isinstance(error, TryLater):
        said.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, NotSignedIn):
        said.headers["WWW-Authenticate"] = "Bearer"
    if status_of(type(error)) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("answered %s", error.slug, exc_info=not isinstance(error, TryLater))
    return said


def _of_place_or_ladder(error: GeoError | LadderError) -> Response:
    return problem(status_of(type(error)), error.slug, str(error))


def answer_http(error: HTTPException) -> Response:
    """One that the framework raised as a problem."""
    code = error.code or 500
    slug, detail = told(error)
    said = problem(code, slug, detail, **_fields(error))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            said.headers[name] = value
    return said


def told(error: HTTPException) -> tuple[str, str]:
    """Slug and text of one that the framework raised."""
    return _HTTP_TEXT.get(error.code or 500, ("http-error", error.description or ""))


def _fields(error: HTTPException) -> dict[str, Any]:
    """What marshmallow said of each field, where it was marshmallow that refused."""
    messages = (getattr(error, "data", None) or {}).get("messages")
    return {"errors": _some(messages)} if messages else {}


_SAID_AT_ONCE = 50  # fields: a body of thousands of wrong ones is not sent back whole


def _some(messages: Any) -> Any:
    if isinstance(messages, dict):
        first = islice(messages.items(), _SAID_AT_ONCE)
        return {str(name)[:_LONGEST_NAME]: _some(said) for name, said in first}
    return messages[:_SAID_AT_ONCE] if isinstance(messages, list) else messages


_LONGEST_NAME = 80  # characters


def _unexpected(error: Exception) -> Response:
    rule = request.url_rule.rule if request.url_rule else "?"  # the path itself may hold a code
    log.error("unexpected error at %s %s", request.method, rule, exc_info=error)
    return problem(500, *_HTTP_TEXT[500])
