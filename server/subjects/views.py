"""What is kept about one person, as a file, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final
from uuid import UUID

from flask import Response, current_app

from server.access.door import asker, fresh, may
from server.attachments.store import Files
from server.attachments.tidying import FOLDER
from server.bodies import Blueprint
from server.db import transaction
from server.subjects import service
from server.subjects.packing import pack
from server.subjects.schemas import PackageIn

blp = Blueprint("subjects", __name__, url_prefix="/subjects", description="个人信息查询 Subjects")
_MEMORY: Final = 8 << 20  # bytes; a larger package is on the disk while it is sent
_CHUNK: Final = 1 << 16

_says = blp.response(
    200,
    {"type": "string", "format": "binary"},
    content_type="application/zip",
    description="the package",
)


@blp.route("/households/<uuid:household_id>/package", methods=["GET"])
@may("subject.export")
@blp.arguments(PackageIn, location="query")
@_says
def export_household(asked: dict[str, Any], household_id: UUID) -> Response:
    """Everything kept about a household, without what is of others. Who took it and why is kept."""
    return _package(household_id=household_id, reason=asked["reason"])


@blp.route("/parties/<uuid:party_id>/package", methods=["GET"])
@may("subject.export")
@blp.arguments(PackageIn, location="query")
@_says
def export_party(asked: dict[str, Any], party_id: UUID) -> Response:
    """Everything kept about a party of a case, without what is of others."""
    return _package(party_id=party_id, reason=asked["reason"])


def _package(**whom: Any) -> Response:
    fresh()
    me = asker().identity
    with transaction(me) as session:
        kept = service.gather(session, **whom)
    files = Files(current_app.extensions["wangge.settings"].data_dir / FOLDER)
    spooled: IO[bytes] = SpooledTemporaryFile(_MEMORY)  # noqa: SIM115 (closed with the answer)
    try:
        pack(kept, files, spooled, me.now)
        size = spooled.tell()
        spooled.seek(0)
    except BaseException:
        spooled.close()
        raise
    answer = Response(_pieces(spooled), content_type="application/zip")
    answer.call_on_close(spooled.close)
    answer.content_length = size
    answer.headers["Content-Disposition"] = 'attachment; filename="subject.zip"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_CHUNK):
            yield piece
