"""The two verbs over HTTP; sync.wire reads and writes them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from flask import current_app, request

from server.access.door import asker, may
from server.bodies import Blueprint, NotJson
from server.db import DbRole, transaction
from server.errors import TryLater
from server.paging import Page, PageIn, page_of
from server.syncing import queries, service
from server.syncing.errors import BadEnvelope, OtherDevice
from server.syncing.models import SyncQuarantine
from server.syncing.schemas import QuarantinedPageOut
from sync.registry import TryAgain
from sync.wire import Malformed, decode_pull, decode_push, encode_page, encode_pushed

blp = Blueprint("sync", __name__, url_prefix="/sync", description="同步 Sync of phones")


@blp.route("/pull", methods=["POST"])
@may("sync.pull")
@blp.response(200)
def pull() -> dict[str, Any]:
    """What is new in one's buckets since the cursor, one page at a time."""
    asked = _decode(decode_pull)
    me = asker().identity
    with transaction(me, snapshot=True) as session:
        page = service.answer_pull(session, me, asked)
    if page.put:
        with transaction(me) as session:
            service.record_pull(session, me, page)
    return encode_page(page)


@blp.route("/push", methods=["POST"])
@may("sync.push")
@blp.response(200)
def push() -> dict[str, Any]:
    """Deliver an outbox: one outcome per change, nothing blocks the rest."""
    settings = current_app.extensions["wangge.settings"]
    service.check_disk(settings.data_dir, settings.min_free_bytes)
    asked = _decode(decode_push)
    me = replace(asker().identity, role=DbRole.PUSH)
    try:
        with transaction(me) as session:
            return encode_pushed(service.take_push(session, me, asked))
    except TryAgain as error:
        raise TryLater from error


@blp.route("/quarantine", methods=["GET"])
@may("sync.quarantine")
@blp.arguments(PageIn, location="query")
@blp.response(200, QuarantinedPageOut)
def list_quarantine(wanted: dict[str, Any]) -> Page:
    """Changes of phones that wait for a person: what, from whom and why, not the content."""
    with transaction(asker().identity) as session:
        query = queries.list_quarantine()
        return page_of(session, query, SyncQuarantine.mid, wanted["after"], wanted["limit"])


def _decode(decode: Any) -> Any:
    """The envelope, which must name the device that is signed in."""
    try:
        asked = decode(_read_body())
    except Malformed as error:
        raise BadEnvelope(errors={error.path: error.what}) from error
    if asked.device != str(asker().device_id):
        raise OtherDevice
    return asked


def _read_body() -> Any:
    """JSON as Python reads it, NaN and half emojis included.

    The strict reader of the other routes would refuse the whole push for one such note, on every
    try, and the phone would be stuck; sync.wire sets that one change aside instead.
    """
    if request.mimetype != "application/json":
        raise NotJson
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise BadEnvelope from error
