"""Exports over HTTP: CSV and GeoJSON as they are read, XLSX and GeoPackage as whole files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from flask import Response, current_app

from server.access.door import Asker, asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.exports import service
from server.exports.catalogue import MEDIA, Format
from server.exports.schemas import ExportIn, ExportPlainIn
from server.exports.service import Export, Opened

blp = Blueprint("exports", __name__, url_prefix="/exports", description="导出 Exports")
_CHUNK = 1 << 16
_FILES = {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA.values()}
_says = blp.doc(responses={200: {"description": "The file.", "content": _FILES}})


@blp.route("/<name>.<format_>", methods=["GET"])
@may("export.read")
@blp.arguments(ExportIn, location="query", unknown="raise")
@_says
def read_export(asked: dict[str, Any], name: str, format_: str) -> Response:
    """What one may see of areas, cells, households, visits or disputes, masked, as a file."""
    return _send(asker(), service.plan_export(name, format_, asked))


@blp.route("/<name>.<format_>/reveal", methods=["POST"])
@may("export.reveal")
@blp.arguments(ExportPlainIn)
@_says
def reveal_export(asked: dict[str, Any], name: str, format_: str) -> Response:
    """The same unmasked, with addresses and stories. Who took it, when and why is kept.

    Many rows, or the whole county, need a second person first: the refusal says what to ask.
    """
    return _send(asker(), service.plan_export(name, format_, asked))


def _send(me: Asker, export: Export) -> Response:
    most: int = current_app.extensions["wangge.settings"].bulk_rows
    opened = Opened()  # first: what finds no place in the line is neither written down nor used up
    try:
        with transaction(me.identity) as session:
            places = me.places(session)
            export = service.announce_export(session, me.identity, places, export, most)
        opened.open(me.identity, places, export)
        answer = _answer(me, export, opened)
    except BaseException:
        opened.close()
        raise
    answer.content_type = MEDIA[export.format]
    day = me.identity.now.date()
    name = f"{export.collection.id}-{day}.{export.format}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _answer(me: Asker, export: Export, opened: Opened) -> Response:
    if export.format in {Format.CSV, Format.GEOJSON}:
        answer = Response(_whole(export, opened))
        answer.call_on_close(opened.close)  # also where the reader goes away
        return answer
    folder: Path = current_app.extensions["wangge.settings"].data_dir
    with service.spooled(folder, me.identity.now, export, opened) as path:
        opened.close()  # nobody's slow line holds a connection
        size, file = path.stat().st_size, path.open("rb")  # it can be read after it is deleted
    answer = Response(_pieces(file))
    answer.call_on_close(file.close)
    answer.content_length = size
    return answer


def _whole(export: Export, opened: Opened) -> Iterator[str]:
    with opened:
        yield from service.text_of(export, opened)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_CHUNK):
            yield piece
