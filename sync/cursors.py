"""The cursor as text: opaque to the phone, small, and bounded when it comes back."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from sync.errors import SyncError
from sync.ids import UUID_FORM
from sync.model import Cursor

MAX_TEXT = 256 * 1024
MAX_JSON = 1024 * 1024
MAX_NAME = 100  # characters of a bucket's name
MAX_SEQ = 2**63 - 1


class Unreadable(SyncError):
    """This text is no cursor that this version of the server gave out."""


def encode_cursor(cursor: Cursor) -> str:
    """A cursor as URL-safe text."""
    parts = [dict(cursor.after), cursor.mark, cursor.schema]
    packed = zlib.compress(json.dumps(parts, separators=(",", ":")).encode(), 6)
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode_cursor(text: str) -> Cursor:
    """The cursor behind a text. Raises `Unreadable`; never unpacks more than 1 MB."""
    try:
        parts = json.loads(_unpack(text))
    except (ValueError, zlib.error, RecursionError) as error:
        raise Unreadable("not a cursor") from error
    match parts:
        case [after, mark] if _is_after(after) and _is_mark(mark):  # from before there were schemas
            return Cursor(after, mark)
        case [after, mark, int(schema)] if _is_after(after) and _is_mark(mark) and schema > 0:
            return Cursor(after, mark, schema)
    raise Unreadable("not a cursor")


def _unpack(text: str) -> bytes:
    if len(text) > MAX_TEXT:
        raise ValueError("too long")
    packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(packed, MAX_JSON)
    if not unpacking.eof:
        raise ValueError("too long or cut off")
    return plain


def _is_after(after: Any) -> bool:
    return isinstance(after, dict) and all(
        len(bucket) <= MAX_NAME
        and bucket.isprintable()  # a page names it again: half an emoji could not be written
        and type(seq) is int
        and 0 <= seq <= MAX_SEQ
        for bucket, seq in after.items()
    )


def _is_mark(mark: Any) -> bool:
    return mark is None or (isinstance(mark, str) and UUID_FORM.fullmatch(mark) is not None)
