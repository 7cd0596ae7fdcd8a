"""Pictures made anew: upright, of bounded size, and without anything but the picture.

Where a photo was taken and with which phone stands in it beside the picture (EXIF, XMP, comments,
thumbnails). None of it is kept: pixels are decoded and written again, so that whatever else the
file held, after its end or inside, is gone too.
"""

from __future__ import annotations

import io
import struct
import threading
from typing import Final

from PIL import Image

from server.attachments.errors import BadAttachment, TooManyPixels
from server.attachments.rules import MAX_BYTES, Kind
from server.errors import TryLater, WanggeError

MAX_PIXELS: Final = 40_000_000
LONGEST_SIDE: Final = 4096  # pixels of what is kept: a page of A4 at 300 dpi, with room
MAX_SCANS: Final = 200  # of a progressive JPEG; cameras write ten, each costs a whole pass
QUALITY: Final = 85
PATIENCE: Final = 20.0  # seconds; a picture takes one or two
_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Image.MAX_IMAGE_PIXELS = None  # the size is looked at here, before anything is decoded
_one_at_a_time = threading.Lock()  # a picture of 40 million pixels takes 160 MB while it is open


def made_anew(content: bytes, kind: Kind) -> tuple[bytes, Kind]:
    """The first picture of a file as JPEG, or as PNG where it was one or is see-through.

    Raises BadAttachment, TooManyPixels; TryLater where others have been waiting too long already.
    """
    _look_before_opening(content, kind)
    if not _one_at_a_time.acquire(timeout=PATIENCE):
        raise TryLater
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS[kind]) as opened:
            return _written(_decoded(opened), kind)
    except WanggeError:
        raise
    except MemoryError as error:
        raise TryLater from error
    except Exception as error:  # a decoder raises whatever strange bytes make it raise
        raise BadAttachment from error
    finally:
        _one_at_a_time.release()


_FORMATS: Final = {
    Kind.JPEG: ["JPEG", "MPO"],  # phones write two pictures into one file and call it JPEG
    Kind.PNG: ["PNG"],
    Kind.WEBP: ["WEBP"],
}


def _look_before_opening(content: bytes, kind: Kind) -> None:
    """What costs much before a size is known to the decoder."""
    if kind is Kind.JPEG and content.count(b"\xff\xda") > MAX_SCANS:
        raise BadAttachment
    if kind is Kind.WEBP:  # its decoder takes memory for the whole canvas when it opens a file
        _check_size(*_canvas(content))


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise TooManyPixels


def _canvas(webp: bytes) -> tuple[int, int]:
    """Width and height by the header of a WebP: extended, lossless or lossy."""
    first, head = webp[12:16], webp[20:30]
    if len(head) < 10:
        raise BadAttachment
    if first == b"VP8X":
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if first == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if first == b"VP8 ":
        width, height = struct.unpack("<HH", head[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise BadAttachment


def _decoded(opened: Image.Image) -> Image.Image:
    _check_size(*opened.size)
    turn = _turn_of(opened)
    opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG decodes smaller, never below that
    opened.load()
    picture = _plain_mode(opened)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture = picture.transpose(turn) if turn is not None else picture
    picture.info = {}  # comments, profiles and EXIF would be written again from here
    return picture


def _turn_of(opened: Image.Image) -> Image.Transpose | None:
    """How it has to be turned to stand upright; a broken EXIF says nothing."""
    try:
        return _UPRIGHT.get(opened.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a parser of foreign bytes; the picture itself may be well
        return None


def _plain_mode(opened: Image.Image) -> Image.Image:
    """Grey, colour, or see-through colour, of eight bits."""
    if opened.mode.startswith("I"):  # sixteen bits of grey
        return opened.convert("I").point(lambda value: value / 256).convert("L")
    if "A" in opened.mode or "transparency" in opened.info:
        return opened.convert("RGBA")
    return opened.convert("L" if opened.mode in ("1", "L") else "RGB")


def _written(picture: Image.Image, kind: Kind) -> tuple[bytes, Kind]:
    if picture.mode == "RGBA" or kind is Kind.PNG:
        content = _saved(picture, "PNG", optimize=False)
        if len(content) <= MAX_BYTES:
            return content, Kind.PNG
        picture = _on_white(picture)
    return _saved(picture, "JPEG", quality=QUALITY), Kind.JPEG


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def _saved(picture: Image.Image, form: str, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()
