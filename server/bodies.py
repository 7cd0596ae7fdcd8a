"""Bodies: gzip both ways, bounded after decompression, and JSON without surprises."""

from __future__ import annotations

import gzip
import io
import math
import re
import zlib
from typing import Any, Final, NoReturn

import flask_smorest
import numpy as np
from flask import Flask, Request, Response, current_app, request
from flask.json.provider import DefaultJSONProvider
from marshmallow import missing
from webargs.flaskparser import FlaskParser

from server.errors import Malformed, TooLarge

# A tile of single points is mostly ids, which no effort makes smaller: level 5 gains 1% over 3,
# 7% for clusters, and takes half as long again. A county's map as a page is 700 kB of outlines, of
# which level 6 leaves 120 where 5 leaves 126.
_LEVELS = {"application/vnd.mapbox-vector-tile": 3, "text/html": 6}
WORTH_ZIPPING = 1024  # bytes; below this gzip costs more than it saves


class MalformedBody(Malformed):
    """A body that is not what its headers say, or JSON that no sane client sends."""

    slug = "malformed-body"
    text = "请求内容无法读取。 The body cannot be read: send UTF-8 JSON, gzip at most once."


class TooDeep(MalformedBody):
    """JSON that is nested deeper than anything of ours."""

    slug = "too-deep"
    text = "JSON 嵌套过深（最多 64 层）。 The JSON is nested too deeply: at most 64 levels."


class SaidTwice(MalformedBody):
    """One name twice in one object: two readers would take two different things from it."""

    slug = "said-twice"
    text = "JSON 中同一名称出现两次。 The JSON has one name twice in the same object."


class AddressTooLong(Malformed):
    """An address with more behind it than any question of ours takes."""

    slug = "address-too-long"
    text = "网址过长或参数过多。 The address is too long, or has too many parameters."


class NotJson(Malformed):
    """A body of another type."""

    slug = "not-json"
    text = "请以 application/json 提交。 Send application/json."


class Unstorable(Malformed):
    """Text that no database of ours can hold: NUL, or half of a surrogate pair."""

    slug = "unstorable"
    text = (
        "内容含有无法保存的字符。 The text holds characters that cannot be kept (NUL, surrogates)."
    )


class StrictJson(DefaultJSONProvider):
    """JSON as RFC 8259 has it: no NaN, no Infinity, bounded depth; text stays readable.

    And as RFC 7493 would have it, where a lenient reader guesses: no name twice in an object, no
    whole number that other readers round.
    """

    ensure_ascii = False
    sort_keys = False
    compact = True

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        check_depth(s)
        try:
            read = super().loads(
                s if isinstance(s, str) else s.decode("utf-8-sig"),  # Python takes UTF-16 as well
                parse_constant=_refuse,
                parse_float=_finite,
                parse_int=_whole,
                object_pairs_hook=once,
                **kwargs,
            )
        except (RecursionError, UnicodeDecodeError) as error:
            raise MalformedBody from error
        if isinstance(s, str) or _ESCAPE.search(s):
            _check_text(read)
        return read


MAX_DEPTH: Final = 64  # a MultiPolygon of a plan is at the tenth level
MAX_ASKED: Final = 8192  # bytes behind the ?, as nginx takes them in one line
MAX_PARAMETERS: Final = 100
_MAX_DIGITS: Final = 19  # of a whole number of 64 bits
# A text, also one that is never closed: what opens it is looked at once.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BRACKETS = b"[{]}"
_OTHERS = bytes(set(range(256)).difference(_BRACKETS))
_STEPS = bytes.maketrans(_BRACKETS, b"\x01\x01\xff\xff")


def check_depth(s: str | bytes, most: int = MAX_DEPTH) -> None:
    """Raises TooDeep beyond so many levels.

    One pass over the bytes; the reader's own recursion is not leant on.
    """
    body = s.encode("utf-8", "surrogatepass") if isinstance(s, str) else s
    if body.count(b"[") + body.count(b"{") <= most:
        return
    steps = (_TEXT.sub(b"", body) if b'"' in body else body).translate(_STEPS, _OTHERS)
    if steps and np.cumsum(np.frombuffer(steps, np.int8), dtype=np.int32).max() > most:
        raise TooDeep


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Raises SaidTwice."""
    read = dict(pairs)
    if len(read) < len(pairs):
        raise SaidTwice
    return read


def _whole(digits: str) -> int:
    if len(digits) <= _MAX_DIGITS + 1:  # with its sign; Python itself reads more only slowly
        number = int(digits)
        if -(1 << 63) <= number < 1 << 63:
            return number
    raise MalformedBody(f"数字过大。 The number {digits[:20]} is too large.")


# Only an escape can bring in what UTF-8 itself refuses: other bodies need no second look.
_ESCAPE = re.compile(rb"\\u(0000|[dD][89a-fA-F])|\x00")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _check_text(read: Any) -> None:
    """Raises Unstorable for a text, or a key, anywhere in it."""
    waiting = [read]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and _UNSTORABLE.search(value):
            raise Unstorable
        if isinstance(value, dict):
            waiting.extend(value.keys())
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedBody(f"数字过大。 The number {text[:20]} is too large.")
    return number


def _refuse(constant: str) -> NoReturn:
    raise MalformedBody(f"JSON 中不允许 {constant}。 {constant} is not JSON.")


class BodyParser(FlaskParser):
    """Arguments from JSON bodies, read by the app's own strict reader."""

    def _raw_load_json(self, req: Request) -> Any:
        body = req.get_data()
        if not body:
            return missing
        if req.mimetype != "application/json":
            raise NotJson
        try:
            return current_app.json.loads(body)
        except ValueError as error:
            raise MalformedBody from error


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc] # flask-smorest is untyped
    """A noun's routes; bodies come through BodyParser."""

    ARGUMENTS_PARSER = BodyParser()


def bound(app: Flask, limit: int) -> None:
    """Bound request bodies to `limit` bytes before and after decompression; gzip large answers."""
    app.config["MAX_CONTENT_LENGTH"] = limit
    app.json = StrictJson(app)

    @app.before_request
    def open_body() -> None:
        _check_address()
        encoding = request.headers.get("Content-Encoding", "identity").lower()
        if encoding == "identity":
            return
        if encoding != "gzip":
            raise MalformedBody(f"不支持 {encoding}。 Send gzip or no encoding, not {encoding}.")
        plain = _unzip(request.get_data(cache=False), limit)
        request.environ["wsgi.input"] = io.BytesIO(plain)
        request.environ["CONTENT_LENGTH"] = str(len(plain))
        request.__dict__.pop("stream", None)  # werkzeug caches the old stream there

    @app.after_request
    def close_body(answer: Response) -> Response:
        accepts = "gzip" in request.headers.get("Accept-Encoding", "")
        if not accepts or answer.direct_passthrough or answer.is_streamed:
            return answer
        body = answer.get_data()
        if len(body) >= WORTH_ZIPPING and "Content-Encoding" not in answer.headers:
            answer.set_data(gzip.compress(body, _LEVELS.get(answer.mimetype or "", 5), mtime=0))
            answer.headers["Content-Encoding"] = "gzip"
        answer.vary.add("Accept-Encoding")
        return answer


def _check_address() -> None:
    """Raises AddressTooLong, Unstorable."""
    asked = request.query_string
    if len(asked) > MAX_ASKED or asked.count(b"&") >= MAX_PARAMETERS:
        raise AddressTooLong
    for value in (request.path, *request.args.keys(), *request.args.values()):
        if _UNSTORABLE.search(value):
            raise Unstorable


def _unzip(zipped: bytes, limit: int) -> bytes:
    """Unzip at most `limit` bytes. Raises TooLarge for a bomb, MalformedBody if broken."""
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(zipped, limit + 1)
    except zlib.error as error:
        raise MalformedBody from error
    if len(plain) > limit:
        raise TooLarge
    if not stream.eof or stream.unused_data:
        raise MalformedBody
    return plain
