"""The two verbs over HTTP; sync.wire reads and writes them."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import replace
from typing import Any

import orjson
from flask import Response, current_app, request

from server.access.door import asker, may
from server.bodies import WORTH_ZIPPING, Blueprint, MalformedBody, NotJson, check_depth
from server.db import DbRole, transaction
from server.errors import Clash, NotFound, TryLater
from server.setbacks import crossed, passing
from server.syncing import service
from server.syncing.errors import BadEnvelope, OtherDevice
from server.syncing.news import service as news
from server.syncing.status import service as status
from sync import published
from sync.forms import Malformed
from sync.model import Push, Pushed
from sync.registry import TryAgain
from sync.wire import decode_pull, decode_push, encode_page, encode_pushed

blp = Blueprint("sync", __name__, url_prefix="/sync", description="同步 Sync of phones")


def _bodies(asked: str, answered: str) -> dict[str, Any]:
    """What a verb hears and says, for the OpenAPI document: the published schemas, whole."""
    body = {
        name: {"content": {"application/json": {"schema": published.schema(name)}}}
        for name in (asked, answered)
    }
    answer = {"description": f"`{answered}` of the protocol", **body[answered]}
    return {"requestBody": {"required": True, **body[asked]}, "responses": {"200": answer}}


@blp.route("/pull", methods=["POST"])
@may("sync.pull")
@blp.response(200)
@blp.doc(**_bodies("pull", "page"))
def pull() -> Response:
    """What is new in one's buckets since the cursor, one page at a time."""
    asked = _decode(decode_pull)
    me = asker().identity
    page = news.glance(me, asked)
    if page is None:
        with transaction(me, snapshot=True) as session:
            page = news.answer_pull(session, me, asked)
        news.record_pull(me, page)
    status.watch_pull(me, asked, page)
    return _packed(encode_page(page))


@blp.route("/push", methods=["POST"])
@may("sync.push")
@blp.response(200)
@blp.doc(**_bodies("push", "pushed"))
def push() -> dict[str, Any]:
    """Deliver an outbox: one outcome per change, nothing blocks the rest."""
    settings = current_app.extensions["wangge.settings"]
    service.check_disk(settings.data_dir, settings.min_free_bytes)
    asked = _decode(decode_push)
    return encode_pushed(_take(asked))


@blp.route("/schemas", methods=["GET"])
@may("docs.read")
@blp.response(200)
def list_schemas() -> dict[str, Any]:
    """Which bodies of sync have a JSON Schema (draft 2020-12), and where it is."""
    return {"schemas": {name: f"/api/v1/sync/schemas/{name}" for name in published.NAMES}}


@blp.route("/schemas/<name>", methods=["GET"])
@may("docs.read")
@blp.response(200)
def show_schema(name: str) -> Response:
    """One of them."""
    if name not in published.NAMES:
        raise NotFound
    text = json.dumps(published.schema(name), ensure_ascii=False)
    return Response(text, content_type="application/schema+json")


TRIES = 4  # of which the first goes without savepoints: hardly a push needs one


def _take(asked: Push, tries: int = TRIES) -> Pushed:
    """Take a push; with savepoints where it held a bad change, again where it crossed another.

    Nothing was answered before the commit, so the phone hears of none of it. Raises TryLater in the
    end: 5xx tells a phone to send the same again, and anything else would be about its login.
    """
    careful = tries < TRIES
    me = replace(asker().identity, role=DbRole.PUSH)
    try:
        with transaction(me) as session:
            return service.take_push(session, me, asked, careful=careful)
    except (TryAgain, TryLater, Clash) as error:
        cause = error.__cause__
        bad = not careful and isinstance(error, TryAgain) and not passing(cause)
        if tries == 1 or not (bad or crossed(cause)):
            raise TryLater from error
    return _take(asked, tries - 1)


def _packed(body: dict[str, Any]) -> Response:
    """A page as it travels. The lowest effort of gzip: ids and revs pack no better with more."""
    text, headers = orjson.dumps(body), {}
    if "gzip" in request.headers.get("Accept-Encoding", "") and len(text) >= WORTH_ZIPPING:
        text, headers = gzip.compress(text, 1, mtime=0), {"Content-Encoding": "gzip"}
    return Response(text, headers=headers, content_type="application/json")


def _decode(decode: Any) -> Any:
    """The envelope, which must name the device that is signed in."""
    try:
        asked = decode(_read_body())
    except Malformed as error:
        raise BadEnvelope(errors={error.path: error.what}) from error
    if asked.device != str(asker().device_id):
        raise OtherDevice
    return asked


_MAX_DEPTH = 500  # of a whole push: sync.wire sets a change aside at far less


def _read_body() -> Any:
    """JSON as Python reads it, NaN, half emojis, endless numbers and names said twice included.

    The strict reader of the other routes would refuse the whole push for one such note, on every
    try, and the phone would be stuck; sync.wire sets that one change aside instead.
    """
    if request.mimetype != "application/json":
        raise NotJson
    body = request.get_data()
    try:
        check_depth(body, _MAX_DEPTH)
        return json.loads(body, parse_int=_whole)
    except (MalformedBody, ValueError, RecursionError) as error:
        raise BadEnvelope from error


def _whole(digits: str) -> float:
    """More digits than Python takes (4,300) are no number that anybody can keep."""
    try:
        return int(digits)
    except ValueError:
        return math.inf
