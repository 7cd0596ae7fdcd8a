"""Excel workbooks (.xlsx): a zip of XML, read as a stream and with suspicion.

A workbook is refused before it is unpacked where its parts would be larger than what a county's
list can be. Sheets are read cell by cell (server.sheets.grid); in memory are the shared texts, once
each, and one row. A whole grid is never laid out: two cells in opposite corners span 10¹⁰ others.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from posixpath import join, normpath
from typing import Final
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

from server.sheets.errors import BadSheet
from server.sheets.grid import Attributes, Formats, Start, parse, rows_of, texts_of
from server.sheets.table import Record

MAX_BYTES: Final = 128 << 20  # of the file; 200,000 rows take about 15 MB
MAX_UNPACKED: Final = 1 << 30  # of what we read of it
MAX_TEXTS: Final = 128 << 20  # of the shared texts, which have to be in memory
MAX_RATIO: Final = 250  # honest sheets pack to a fortieth or so
_SMALL: Final = 16 << 20  # below this no ratio is suspicious
_HIDDEN = frozenset({"hidden", "veryHidden"})


@dataclass(frozen=True, slots=True)
class _Listed:
    """One sheet as the workbook lists it."""

    name: str
    part: str
    hidden: bool


def read_excel(path: Path, wanted: str | None) -> Iterator[Record]:
    """The rows of one sheet: the `wanted` one, or the only one that holds anything.

    Raises BadSheet: damaged, too large, several sheets to choose from, none of that name.
    """
    if path.stat().st_size > MAX_BYTES:
        raise _too_large(f"{MAX_BYTES >> 20} MB")
    try:
        with ZipFile(path) as book:
            yield from _read(book, wanted)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadSheet(
            "Excel 文件已损坏，请打开后另存为 .xlsx。 "
            f"The Excel file is damaged ({error}); open it and save it again as .xlsx."
        ) from error
    except (ExpatError, ValueError, KeyError, IndexError) as error:
        raise BadSheet(
            "Excel 文件内容有误，请打开后另存为 .xlsx。 "
            f"The Excel file is not well formed ({error}); open it and save it again as .xlsx."
        ) from error


def _read(book: ZipFile, wanted: str | None) -> Iterator[Record]:
    parts = set(book.namelist())
    sheets, since_1904 = _sheets(book, parts)
    formats = Formats(_date_styles(book, parts), since_1904)
    texts = _texts(book, parts)
    _check_size(book, [sheet.part for sheet in sheets])
    chosen = _choose(book, sheets, wanted, texts, formats)
    with book.open(chosen.part) as stream:
        yield from rows_of(stream, texts, formats)


def _choose(
    book: ZipFile,
    sheets: Sequence[_Listed],
    wanted: str | None,
    texts: Sequence[str],
    formats: Formats,
) -> _Listed:
    if wanted is not None:
        for sheet in sheets:
            if sheet.name.strip() == wanted.strip():
                return sheet
        raise _which(sheets, f"没有工作表“{wanted}”。 There is no sheet “{wanted}”.")
    full = [
        sheet
        for sheet in sheets
        if not sheet.hidden and _holds_anything(book, sheet, texts, formats)
    ]
    if not full:
        raise BadSheet("文件是空的。 The file is empty.")
    if full[1:]:
        raise _which(full, "有多个工作表。 There are several sheets.")
    return full[0]


def _which(sheets: Sequence[_Listed], why: str) -> BadSheet:
    names = "、".join(sheet.name for sheet in sheets[:20])
    return BadSheet(f"{why} 请用 --sheet 指定 name one with --sheet: {names}")


def _holds_anything(book: ZipFile, sheet: _Listed, texts: Sequence[str], formats: Formats) -> bool:
    with book.open(sheet.part) as stream:
        return any(any(cells) for _, cells in rows_of(stream, texts, formats))


def _sheets(book: ZipFile, parts: Collection[str]) -> tuple[list[_Listed], bool]:
    """The sheets in their order, and whether days are counted from 1904."""
    root = _main_part(book, parts)
    targets = _relations(book, root, parts)
    found: list[_Listed] = []
    since: list[bool] = [False]

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "sheet":
            part = targets.get(attributes.get("id", ""), "")
            if part in parts:  # a chart's sheet has no cells and may be listed otherwise
                hidden = attributes.get("state", "") in _HIDDEN
                found.append(_Listed(attributes.get("name", ""), part, hidden))
        elif tag == "workbookPr":
            since[0] = attributes.get("date1904", "0") in ("1", "true")

    _parse_part(book, root, start)
    return found, since[0]


def _main_part(book: ZipFile, parts: Collection[str]) -> str:
    root = next(iter(_relations(book, "", parts, "/officeDocument").values()), "xl/workbook.xml")
    if root not in parts:
        raise BadSheet(
            "这不是 Excel 工作簿，请另存为 .xlsx。 This is no Excel workbook: save .xlsx."
        )
    return root


def _relations(
    book: ZipFile, of: str, parts: Collection[str], kind: str = "/worksheet"
) -> dict[str, str]:
    """Id → part, for what a part refers to as a thing of this kind."""
    folder, _, name = of.rpartition("/")
    part = normpath(join(folder, "_rels", f"{name}.rels"))
    found: dict[str, str] = {}

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "Relationship" and attributes.get("Type", "").endswith(kind):
            target = attributes.get("Target", "")
            inside = target[1:] if target.startswith("/") else normpath(join(folder, target))
            found[attributes.get("Id", "")] = inside

    if part in parts:
        _parse_part(book, part, start)
    return found


def _texts(book: ZipFile, parts: Collection[str]) -> Sequence[str]:
    part = next((name for name in parts if name.lower().endswith("sharedstrings.xml")), None)
    if part is None:
        return ()
    if book.getinfo(part).file_size > MAX_TEXTS:
        raise _too_large(f"{MAX_TEXTS >> 20} MB of texts")
    _check_size(book, [part])
    with book.open(part) as stream:
        return texts_of(stream)


# Formats of Excel's own that show a date or a time (ECMA-376, 18.8.30), the East Asian ones too.
_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NOT_A_DATE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|General', re.IGNORECASE)


def _date_styles(book: ZipFile, parts: Collection[str]) -> frozenset[str]:
    """The styles (by their number, as cells name them) that show dates."""
    dates = set(_BUILT_IN_DATES)
    found: set[str] = set()
    where: list[str] = [""]
    count: list[int] = [0]

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "numFmt":
            shown = _NOT_A_DATE.sub("", attributes.get("formatCode", ""))
            if re.search("[ymdhsYMDHS]", shown):
                dates.add(int(attributes["numFmtId"]))
        elif tag in ("cellXfs", "cellStyleXfs"):
            where[0] = tag
        elif tag == "xf" and where[0] == "cellXfs":
            if int(attributes.get("numFmtId", "0")) in dates:
                found.add(str(count[0]))
            count[0] += 1

    part = next((name for name in parts if name.lower().endswith("styles.xml")), None)
    if part is not None:
        _parse_part(book, part, start)
    return frozenset(found)


def _parse_part(book: ZipFile, part: str, start: Start) -> None:
    _check_size(book, [part])
    with book.open(part) as stream:
        parse(stream, start)


def _check_size(book: ZipFile, parts: Sequence[str]) -> None:
    """Refuse what unpacks to more than a list can be: zipfile reads no more than is declared.

    Several sheets may lie in the same bytes, or be the same: each counts as often as it is read.
    """
    whole = sum(book.getinfo(part).file_size for part in parts)
    if whole > MAX_UNPACKED:
        raise _too_large(f"{whole >> 20} MB unpacked")
    for part in parts:
        listed = book.getinfo(part)
        ratio = listed.file_size / max(listed.compress_size, 1)
        if listed.file_size > _SMALL and ratio > MAX_RATIO:
            raise _too_large(f"{listed.file_size >> 20} MB unpacked")


def _too_large(what: str) -> BadSheet:
    return BadSheet(
        "Excel 文件过大，请拆分或另存为 CSV。 "
        f"The Excel file is too large ({what}): split it or save it as CSV."
    )
