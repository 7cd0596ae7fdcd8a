"""How large a file may be, and what it is by its first bytes. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from server.attachments.errors import BadAttachment, UnknownKind

MAX_BYTES: Final = 10 << 20  # of one request
MOST: Final = 50  # of one record


class Kind(StrEnum):
    """What is taken."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"


ENDINGS: Final = {Kind.JPEG: "jpg", Kind.PNG: "png", Kind.PDF: "pdf"}  # of what is kept


def kind_of(content: bytes) -> Kind:
    """By its first bytes, whatever it is called. Raises BadAttachment, UnknownKind."""
    if not content:
        raise BadAttachment
    if content.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Kind.WEBP
    if content.startswith(b"%PDF-"):
        return Kind.PDF
    raise UnknownKind


def check_pdf(content: bytes) -> None:
    """A PDF is kept as it is, so it is only looked whether it came to its end.

    Raises BadAttachment.
    """
    if b"%%EOF" not in content[-2048:]:
        raise BadAttachment
