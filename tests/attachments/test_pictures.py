"""Whatever a phone wrote beside the picture is gone; whatever is no picture is refused."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from server.attachments import pictures
from server.attachments.errors import BadAttachment, TooManyPixels, UnknownKind
from server.attachments.pictures import LONGEST_SIDE, MAX_PIXELS, made_anew
from server.attachments.rules import Kind, check_pdf, kind_of
from server.errors import TryLater
from tests.attachments.conftest import GPS, TRACE, photo, scan, signature


def opened(content: bytes) -> Image.Image:
    """What is kept, decoded whole."""
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def encoded(picture: Image.Image, form: str, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_where_and_with_what_it_was_taken_is_gone(form: str) -> None:
    sent = photo(form=form)
    before = Image.open(io.BytesIO(sent)).getexif()
    assert before.get_ifd(GPS), "the photo of this test names its place"
    assert TRACE in sent

    kept, kind = made_anew(sent, kind_of(sent))
    after = opened(kept)
    assert kind is (Kind.PNG if form == "PNG" else Kind.JPEG)
    assert dict(after.getexif()) == {}
    assert not {"exif", "comment", "icc_profile", "xmp", "Author"} & after.info.keys()
    for trace in (TRACE, b"Exif", b"GPS", b"xmp", b"tEXt", b"iTXt"):
        assert trace not in kept, trace
    assert after.getpixel((5, 5)) != after.getpixel((60, 40)), "and the picture is still there"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_taken_sideways_stands_upright(orientation: int) -> None:
    """Its turn stood in what was taken away, so the picture itself is turned."""
    sent = photo((64, 48), orientation=orientation)
    kept = opened(made_anew(sent, Kind.JPEG)[0])
    assert kept.size == ((64, 48) if orientation < 5 else (48, 64))
    corner = {1: (2, 2), 2: (61, 2), 3: (61, 45), 4: (2, 45)}
    sideways = {5: (2, 2), 6: (45, 2), 7: (45, 61), 8: (2, 61)}
    red, green, _ = kept.getpixel((corner | sideways)[orientation])  # type: ignore[misc] # RGB
    assert red > 200 > green


def test_a_signature_stays_see_through() -> None:
    kept, kind = made_anew(signature(), Kind.PNG)
    assert kind is Kind.PNG
    assert opened(kept).mode == "RGBA"
    assert opened(kept).getpixel((0, 0)) == (0, 0, 0, 0)
    webp = encoded(Image.open(io.BytesIO(signature())), "WEBP", lossless=True)
    assert made_anew(webp, Kind.WEBP)[1] is Kind.PNG


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    sent = encoded(Image.new(mode, (20, 10)), "PNG")
    assert opened(made_anew(sent, Kind.PNG)[0]).size == (20, 10)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "YCbCr"])
def test_every_kind_of_jpeg_is_read(mode: str) -> None:
    sent = encoded(Image.new(mode, (20, 10)), "JPEG", progressive=True)
    assert opened(made_anew(sent, Kind.JPEG)[0]).mode == ("L" if mode == "L" else "RGB")


def test_sixteen_bits_of_grey_are_not_all_white() -> None:
    deep = Image.new("I;16", (20, 10), 0x8000)
    kept = opened(made_anew(encoded(deep, "PNG"), Kind.PNG)[0])
    assert kept.getpixel((3, 3)) == 0x80


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_of_what_moves_the_first_picture_is_kept(form: str) -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:], duration=100)
    kept = opened(made_anew(out.getvalue(), kind_of(out.getvalue()))[0])
    assert getattr(kept, "n_frames", 1) == 1
    red, _, blue = kept.convert("RGB").getpixel((5, 5))  # type: ignore[misc] # RGB
    assert red > 200 > blue


def test_of_two_pictures_in_one_jpeg_the_first_is_kept() -> None:
    """Phones write a second one, for depth, behind the first."""
    out = io.BytesIO()
    first, second = Image.new("RGB", (40, 20), "red"), Image.new("RGB", (10, 10), "blue")
    first.save(out, "MPO", save_all=True, append_images=[second])
    kept, kind = made_anew(out.getvalue(), Kind.JPEG)
    assert kind is Kind.JPEG
    assert opened(kept).size == (40, 20)
    assert kept.count(b"\xff\xd8\xff") == 1


def test_a_large_photo_is_made_smaller() -> None:
    kept = opened(made_anew(photo((LONGEST_SIDE + 800, 400)), Kind.JPEG)[0])
    assert max(kept.size) == LONGEST_SIDE


def png_that_says(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of this size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def webp_that_says(width: int, height: int) -> bytes:
    """An extended header that asks for a canvas of this size."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + sides
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    "bomb",
    [
        png_that_says(100_000, 100_000),
        png_that_says(MAX_PIXELS // 100, 101),
        png_that_says(2**31 - 1, 2**31 - 1),
        webp_that_says(16_384, 16_384),
        encoded(Image.new("L", (8000, 6000)), "JPEG"),
    ],
)
def test_a_bomb_is_not_even_opened(bomb: bytes) -> None:
    assert len(bomb) < 1_000_000
    with pytest.raises(TooManyPixels):
        made_anew(bomb, kind_of(bomb))


def test_who_waits_too_long_comes_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PATIENCE", 0.0)
    with pictures._one_at_a_time, pytest.raises(TryLater):
        made_anew(photo(), Kind.JPEG)
    assert made_anew(photo(), Kind.JPEG), "and then it is taken"


def test_a_jpeg_of_a_thousand_scans_is_refused() -> None:
    head, _, scan_and_rest = photo().partition(b"\xff\xda")
    with pytest.raises(BadAttachment):
        made_anew(head + (b"\xff\xda" + scan_and_rest) * 1000, Kind.JPEG)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_picture_that_was_cut_off_is_refused(form: str, part: float) -> None:
    whole = photo((400, 300), form)
    with pytest.raises(BadAttachment):
        made_anew(whole[: int(len(whole) * part)], kind_of(whole))


def test_what_hangs_behind_a_picture_or_hides_in_it_is_gone() -> None:
    for hidden in (b"PK\x03\x04 an archive", b"<script>alert(1)</script>", scan()):
        for sent in (photo() + hidden, photo(form="PNG") + hidden):
            assert hidden not in made_anew(sent, kind_of(sent))[0]


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a\x01\x00\x01\x00",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html>",
        b"PK\x03\x04",
        b"\x7fELF",
        b"BM",
        b"II*\x00",
        b" %PDF-1.7",
        b"<html>%PDF-1.7 %%EOF",
        b"RIFF\x00\x00\x00\x00AVI ",
    ],
)
def test_what_is_neither_a_picture_of_ours_nor_a_pdf_is_refused(content: bytes) -> None:
    with pytest.raises(UnknownKind):
        kind_of(content)


def test_nothing_is_no_file() -> None:
    with pytest.raises(BadAttachment):
        kind_of(b"")


def test_a_scan_that_was_cut_off_is_refused() -> None:
    check_pdf(scan())
    with pytest.raises(BadAttachment):
        check_pdf(scan()[: len(scan()) // 2])


@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_a_damaged_picture_is_a_picture_or_a_refusal_never_anything_else(
    form: str, data: st.DataObject
) -> None:
    whole = bytearray(photo(form=form))
    for at in data.draw(st.lists(st.integers(12, len(whole) - 1), max_size=5)):
        whole[at] = data.draw(st.integers(0, 255))
    try:
        kept, _ = made_anew(bytes(whole), kind_of(bytes(whole)))
    except (BadAttachment, TooManyPixels):
        return
    assert TRACE not in kept
