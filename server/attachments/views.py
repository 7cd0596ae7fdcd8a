"""Attachments over HTTP: one request each, the file as the body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from uuid import UUID

from flask import Response, current_app, request

from server.access.door import asker, may
from server.attachments import queries, service
from server.attachments.models import Attachment
from server.attachments.rules import ENDINGS, MAX_BYTES, Kind
from server.attachments.schemas import AttachmentIn, AttachmentOut, AttachmentsOut, OwnerIn
from server.attachments.service import NewAttachment
from server.attachments.store import Files
from server.attachments.tidying import FOLDER
from server.bodies import Blueprint
from server.db import transaction

_SAVED = "application/octet-stream"
_BYTES = {"schema": {"type": "string", "format": "binary"}}
blp = Blueprint("attachments", __name__, url_prefix="/attachments", description="附件 Attachments")


@blp.route("", methods=["GET"])
@may("attachment.read")
@blp.arguments(OwnerIn, location="query", unknown="raise")
@blp.response(200, AttachmentsOut)
def list_attachments(wanted: dict[str, Any]) -> dict[str, Any]:
    """The attachments of one record, as far as one may read the record."""
    with transaction(asker().identity) as session:
        return {"items": queries.list_attachments(session, **wanted)}


@blp.route("/<uuid:attachment_id>", methods=["PUT"])
@may("attachment.add")
@blp.arguments(AttachmentIn, location="query", unknown="raise")
@blp.doc(requestBody={"required": True, "content": {_SAVED: _BYTES}})
@blp.response(201, AttachmentOut)
def add_attachment(asked: dict[str, Any], attachment_id: UUID) -> Any:
    """Hand a file in, up to 10 MB. The same file under the same id again is 200 and the same."""
    me = asker().identity
    asked["recorded_at"] = asked["recorded_at"] or me.now
    new = NewAttachment(id=attachment_id, content=_body(), **asked)
    with transaction(me) as session:
        known = service.find_repeat(session, new)
    if known is not None:
        return known, 200
    kept = service.prepare(new)
    with transaction(me) as session:
        return service.add_attachment(session, me, files(), new, kept)


@blp.route("/<uuid:attachment_id>", methods=["GET"])
@may("attachment.read")
@blp.response(200, AttachmentOut)
def read_attachment(attachment_id: UUID) -> Attachment:
    """What is known of one file."""
    with transaction(asker().identity) as session:
        return queries.get_attachment(session, attachment_id)


@blp.route("/<uuid:attachment_id>/content", methods=["GET"])
@may("attachment.read")
@blp.doc(responses={200: {"description": "The file.", "content": {_SAVED: _BYTES}}})
def read_content(attachment_id: UUID) -> Response:
    """The file itself. Who looked is kept."""
    with transaction(asker().identity) as session:
        found = service.open_attachment(session, attachment_id)
    return _send(found)


def files() -> Files:
    """Where this installation keeps them."""
    settings = current_app.extensions["wangge.settings"]
    return Files(settings.data_dir / FOLDER, settings.min_free_bytes)


def _body() -> bytes:
    request.max_content_length = MAX_BYTES
    return request.get_data(cache=False)


def _send(found: Attachment) -> Response:
    """A picture is shown; anything else is only ever saved, and never run in our name."""
    kind = Kind(found.media_type)
    shown = kind is not Kind.PDF
    file = files().open(found.sha256)
    answer = Response(_pieces(file), content_type=kind.value if shown else _SAVED)
    answer.call_on_close(file.close)  # also where the reader goes away
    how, name = "inline" if shown else "attachment", f"{found.id}.{ENDINGS[kind]}"
    answer.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    answer.content_length = found.size
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(1 << 16):
            yield piece


_SAVED = "application/octet-stream"
