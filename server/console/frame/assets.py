"""Styles, scripts and pictures, served by ourselves: nothing is asked of another host.

Their address holds a digest of them all, so that a browser may keep them for ever and never shows
half of an older version; scripts name each other by relative paths and so stay together.
"""

from __future__ import annotations

import gzip
import mimetypes
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from flask import Response, redirect, request

from server.console.frame.language import CONSOLE
from server.errors import NotFound

STATIC: Final = CONSOLE / "static"
FOR_EVER: Final = "public, max-age=31536000, immutable"
_KINDS: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".svg": "image/svg+xml"}


class NoSuchFile(NotFound):
    """There is no style, script or picture of this name."""

    slug = "no-such-file"
    text = "没有这个文件，请刷新页面。 There is no such file: reload the page."


@cache
def build() -> str:
    """A digest of all of them: the same in every process of one version."""
    seen = sha256()
    for file in sorted(one for one in STATIC.rglob("*") if one.is_file()):
        seen.update(f"{file.relative_to(STATIC)}\0".encode() + sha256(file.read_bytes()).digest())
    return seen.hexdigest()[:12]


def asset(path: str) -> str:
    """The address of a file under console/static."""
    return f"/static/{build()}/{path}"


def serve(version: str, path: str) -> Any:
    """A file; under an older digest the present address is told. Raises NoSuchFile."""
    if path not in _known():
        raise NoSuchFile
    if version != build():
        return redirect(asset(path), HTTPStatus.FOUND)
    plain, zipped, kind = _read(path)
    answer = Response(plain, mimetype=kind)
    answer.headers["Cache-Control"] = FOR_EVER
    answer.vary.add("Accept-Encoding")
    if "gzip" in request.headers.get("Accept-Encoding", "") and len(zipped) < len(plain):
        answer.set_data(zipped)
        answer.headers["Content-Encoding"] = "gzip"
    return answer


@cache
def _known() -> frozenset[str]:
    return frozenset(str(one.relative_to(STATIC)) for one in STATIC.rglob("*") if one.is_file())


@cache
def _read(path: str) -> tuple[bytes, bytes, str]:
    """As it is, zipped, and of which type; read and zipped once by each process."""
    plain = (STATIC / path).read_bytes()
    suffix = (STATIC / path).suffix
    kind = _KINDS.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return plain, gzip.compress(plain, 9, mtime=0), kind
