"""What a few bytes could make of themselves, set off in a process of its own with little memory.

Run as `python -m tests.hardening.bombs`: prints name → how it was refused, and the peak in MB.
"""

from __future__ import annotations

import gzip
import io
import json
import resource
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from flask import Flask, request
from PIL import Image

from server import bodies, problems
from server.attachments.pictures import made_anew
from server.attachments.rules import kind_of
from server.households.imports.rules import COLUMNS, NEEDED
from server.moves.draft.rules import read_lines
from server.moves.redraw.rules import read_polygon
from server.sheets.sheet import open_sheet

LIMIT = 8 << 20  # of a body, as it is by default
ADDRESSES = 2 << 30  # bytes that the process may ask for at all; numpy reserves some for nothing


def main() -> None:
    """Set off each of them, and say what became of it."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    before = _peak()
    told = {}
    for name, set_off in all_of_them():
        try:
            told[name] = set_off() or "taken"
        except Exception as error:  # noqa: BLE001 (how it is refused is what is asked)
            told[name] = type(error).__name__
    sys.stdout.write(json.dumps({"told": told, "before": before, "peak": _peak()}))


def _peak() -> int:
    """Of this program: `ru_maxrss` would be that of whoever started it, where that was more."""
    said = Path("/proc/self/status").read_text("ascii")
    return int(said.split("VmHWM:")[1].split()[0]) >> 10


def all_of_them() -> Iterator[tuple[str, Callable[[], str | None]]]:
    """(name, what sets it off)."""
    yield from _of_bodies()
    yield from _of_shapes()
    yield from _of_pictures()
    yield from _of_workbooks()


def _of_bodies() -> Iterator[tuple[str, Callable[[], str | None]]]:
    app = Flask("bombs", static_folder=None)
    bodies.bound(app, LIMIT)

    def count() -> str:
        return str(len(app.json.loads(request.get_data())))

    app.add_url_rule("/", view_func=count, methods=["POST"])
    problems.render(app)

    def posted(body: bytes, encoding: str = "gzip") -> Callable[[], str | None]:
        def post() -> str | None:
            answer = app.test_client().post("/", data=body, headers={"Content-Encoding": encoding})
            return str(answer.status_code)

        return post

    yield "gzip of 256 MB", posted(_zeros(1 << 28))
    yield "gzip of a gzip", posted(gzip.compress(_zeros(1 << 25)))
    yield "8 MB of [", posted(b"[" * LIMIT, "identity")
    yield "8 MB of quotes", posted(b"[" * 100 + b'"' + b'\\"' * (LIMIT // 2 - 60), "identity")
    yield "8 MB of lists", posted(gzip.compress(b"[" + b"[]," * (LIMIT // 3 - 9) + b"[]]", 1))
    yield "8 MB of digits", posted(gzip.compress(b"[" + b"9" * (LIMIT - 2) + b"]", 1))


def _zeros(size: int) -> bytes:
    packer, piece = zlib.compressobj(1, wbits=31), bytes(1 << 20)
    return b"".join([*(packer.compress(piece) for _ in range(size >> 20)), packer.flush()])


def _of_shapes() -> Iterator[tuple[str, Callable[[], str | None]]]:
    square = [[107.0, 31.9], [107.1, 31.9], [107.1, 32.0], [107.0, 31.9]]
    million = [[107.0, 31.9]] * 250_000
    shapes: dict[str, Any] = {
        "a ring of 250,000": {"type": "Polygon", "coordinates": [million]},
        "a hundred thousand rings": {"type": "Polygon", "coordinates": [square] * 100_000},
        "a hundred thousand parts": {"type": "MultiPolygon", "coordinates": [[square]] * 100_000},
        "within itself": _nested(60),
        "250,000 points": {"type": "MultiPoint", "coordinates": million},
    }
    for name, sent in shapes.items():
        yield name, lambda sent=sent: str(read_polygon(sent, "geometry").geom_type)  # type: ignore[misc] # bound at once
    for name, line in {
        "a line of 250,000": {"type": "LineString", "coordinates": million},
        "a scribble": {
            "type": "LineString",
            "coordinates": [[k % 2, k % 3] for k in range(20_000)],
        },
        "120,000 features": {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}]
            * 120_000,
        },
    }.items():
        yield name, lambda line=line: str(len(read_lines(line)))  # type: ignore[misc] # bound at once


def _nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "Point", "coordinates": [107.0, 31.9]}
    for _ in range(depth):
        inner = {"type": "GeometryCollection", "geometries": [inner]}
    return inner


def _of_pictures() -> Iterator[tuple[str, Callable[[], str | None]]]:
    def looked_at(content: bytes) -> Callable[[], str | None]:
        return lambda: made_anew(content, kind_of(content))[1].value

    yield "a PNG of 50,000 by 50,000", looked_at(_png(50_000, 50_000))
    yield "a PNG that lies", looked_at(_png(2**31 - 1, 1))
    frames = io.BytesIO()
    one = Image.new("RGB", (600, 600))
    one.save(frames, "WEBP", save_all=True, append_images=[one] * 3, duration=10)
    yield "a film of four pictures", looked_at(frames.getvalue())


def _png(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(8 << 20), 9))
    return b"\x89PNG\r\n\x1a\n" + head + pixels + chunk(b"IEND", b"")


def _of_workbooks() -> Iterator[tuple[str, Callable[[], str | None]]]:
    for name, parts in {
        "a sheet of nothing but blanks": {"xl/worksheets/sheet1.xml": 24},
        "styles of nothing but blanks": {"xl/styles.xml": 24},
        "shared texts of 130 MB": {"xl/sharedStrings.xml": 130},
    }.items():
        yield name, lambda parts=parts: _load(parts)  # type: ignore[misc] # bound at once


def _load(parts: dict[str, int]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as book:
            for part, text in _BOOK.items():
                if part not in parts:
                    book.writestr(part, text)
            for part, megabytes in parts.items():
                with book.open(part, "w", force_zip64=True) as file:
                    for _ in range(megabytes):
                        file.write(b" " * (1 << 20))
        return str(open_sheet(path, COLUMNS, NEEDED).count())


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_BOOK = {
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r" '
    f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
    '<sheet name="one" sheetId="1" r:id="s"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">'
    f'<Relationship Id="s" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="t" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    f'<Relationship Id="u" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
    "</Relationships>",
    "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData/></worksheet>',
}


if __name__ == "__main__":
    main()
