"""Lists for people: CSV and XLSX, with titles and words in Chinese, and no cell that computes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from server.ladder.calendar import LOCAL
from server.maps.features.schemas import Collection, Column
from server.sheets import defuse

SHEET_ROWS = 1_000_000  # a sheet of Excel holds 1,048,576
Batches = Iterable[Sequence[Mapping[Any, Any]]]


def titles_of(collection: Collection, *, plain: bool) -> list[str]:
    """What stands above the columns."""
    point = ["经度", "纬度"] if collection.geometry == "Point" else []
    return ["系统编号", *(column.title for column in collection.shown(plain=plain)), *point]


def cells_of(collection: Collection, batches: Batches, *, plain: bool) -> Iterator[list[Any]]:
    """The cells of every row: texts, numbers, local times without a zone, or None."""
    columns, is_point = collection.shown(plain=plain), collection.geometry == "Point"
    for batch in batches:
        points: Any = _points(batch) if is_point else []
        for at, row in enumerate(batch):
            cells = [str(row["id"]), *(_cell(c, row[c.name], plain=plain) for c in columns)]
            yield [*cells, *_lonlat(points[at])] if is_point else cells


def csv_lines(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The list as CSV, as Excel opens it: a byte order mark first, UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(titles)
    for row in rows:
        writer.writerow([_as_text(cell) for cell in row])
        if buffer.tell() > 1 << 15:
            yield _taken(buffer)
    yield _taken(buffer)


def write_xlsx(
    path: Path, sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]
) -> None:
    """Sheets of (name, titles, rows) as XLSX, in constant memory; texts stay texts.

    Rows wait in files beside `path`, which end with it. A sheet that is full goes on in another.
    """
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True})
        time = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, titles, rows in sheets:
            sheet, line, part = _sheet(book, name, titles, bold), 0, 1
            for row in rows:
                if line == SHEET_ROWS:
                    line, part = 0, part + 1
                    sheet = _sheet(book, f"{name} {part}", titles, bold)
                line += 1
                _write_row(sheet, line, row, time)


def _sheet(book: Workbook, name: str, titles: Sequence[str], bold: Any) -> Worksheet:
    sheet = book.add_worksheet(name[:31])
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(titles):
        sheet.write_string(0, column, title, bold)
    return sheet


def _write_row(sheet: Worksheet, line: int, row: Sequence[Any], time: Any) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            sheet.write_string(line, column, cell)  # never a formula, never a link
        elif isinstance(cell, datetime):
            sheet.write_datetime(line, column, cell, time)
        elif cell is not None:
            sheet.write_number(line, column, cell)


def _cell(column: Column, value: Any, *, plain: bool) -> Any:
    if value is None or value == "":
        return None
    if column.mask and not plain:
        return column.mask(value)
    if column.words:
        return column.words.get(value, value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).replace(tzinfo=None)
    return value if isinstance(value, int | float) else str(value)


def _points(batch: Sequence[Mapping[Any, Any]]) -> Any:
    return shapely.from_wkb([row["geometry"] and bytes(row["geometry"]) for row in batch])


def _lonlat(point: Any) -> tuple[float | None, float | None]:
    return (None, None) if point is None else (round(point.x, 7), round(point.y, 7))


def _as_text(cell: Any) -> Any:
    if isinstance(cell, str):
        return defuse(cell)
    return cell.strftime("%Y-%m-%d %H:%M:%S") if isinstance(cell, datetime) else cell


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
