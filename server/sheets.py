"""Sheets: lists that somebody hands over, as rows, whatever program wrote them.

CSV in UTF-8 (with or without BOM) or GB18030, separated by comma, semicolon or tab, with a header
in Chinese or English. One line is in memory at a time, and no line may be longer than MAX_LINE.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from server.errors import Invalid

MAX_LINE: Final = 1 << 16  # characters; a household's line has about a hundred
Columns = Mapping[str, Collection[str]]  # our name of a column -> what a header may call it


class BadSheet(Invalid):
    """A file that cannot be read to its end as a list; nothing was written."""

    slug = "bad-sheet"
    text = "文件无法读取，未写入任何内容。 The file cannot be read; nothing was written."


class Row(NamedTuple):
    """One row: the line it ends on, and its cells by our column names, trimmed."""

    line: int
    cells: Mapping[str, str]
    surplus: bool  # it has more cells than the header, so they may stand in the wrong columns


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list whose encoding, delimiter and header are known."""

    path: Path
    encoding: str
    delimiter: str
    positions: Mapping[str, int]
    width: int

    def count(self) -> int:
        """How many rows there are; reads to the end. Raises BadSheet as `rows`."""
        parsed = _parse(self.path, self.encoding, self.delimiter)
        next(parsed)
        return sum(1 for _, cells in parsed if any(cells))

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank. Raises BadSheet where a line cannot be read."""
        parsed = _parse(self.path, self.encoding, self.delimiter)
        next(parsed)
        columns = tuple(self.positions.items())
        for line, cells in parsed:
            if not any(cells):
                continue
            found = {name: cells[at].strip() for name, at in columns if at < len(cells)}
            yield Row(line, found, surplus=any(cells[self.width :]))


def open_sheet(path: Path, columns: Columns, needed: Sequence[Collection[str]]) -> Sheet:
    """Find out how a list is written, and read it to its end once to see that it can be.

    `needed`: of each collection at least one column must be there. Raises BadSheet.
    """
    encoding = _encoding_of(path)
    header = next(_lines(path, encoding), "")
    delimiter = max(",;\t", key=header.count)
    _, titles = next(_parse(path, encoding, delimiter), (0, []))
    if not any(titles):
        raise BadSheet("文件是空的。 The file is empty.")
    positions = _positions(titles, columns)
    _check_needed(positions, columns, needed)
    sheet = Sheet(path, encoding, delimiter, positions, len(titles))
    if not sheet.count():
        raise BadSheet("文件只有表头，没有数据行。 The file has a header and no rows.")
    return sheet


def _parse(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_lines(path, encoding), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise BadSheet(
            f"第 {reader.line_num} 行附近的引号或分隔符有误，请用表格软件另存为 CSV。 "
            f"Near line {reader.line_num} quotes or separators are wrong ({error}); "
            "save it as CSV again."
        ) from error


def _lines(path: Path, encoding: str) -> Iterator[str]:
    with path.open(encoding=encoding, newline="") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise _too_long(number)
            yield line


def _encoding_of(path: Path) -> str:
    """UTF-8 if all of it is; else GB18030 if all of it is.

    A file that begins as UTF-8 beyond ASCII and then is not, is damaged: read as GB18030 it would
    give names that nobody has.
    """
    try:
        with path.open("rb") as file:
            _refuse_other_formats(file.read(4))
    except OSError as error:
        raise BadSheet(
            f"无法打开文件 {path}：{error.strerror}。 Cannot open {path}: {error.strerror}."
        ) from error
    wrong = _first_undecodable(path, "utf-8")
    if wrong is None:
        return "utf-8-sig"
    number, begins_well = wrong
    if not begins_well and _first_undecodable(path, "gb18030") is None:
        return "gb18030"
    raise BadSheet(
        f"第 {number} 行的文字编码有误，请另存为“CSV UTF-8”。 "
        f"Line {number} is neither UTF-8 nor GB18030; save the file as “CSV UTF-8”."
    )


def _first_undecodable(path: Path, encoding: str) -> tuple[int, bool] | None:
    """(line, whether an earlier line beyond ASCII was fine) of the first that does not decode."""
    fine = False
    with path.open("rb") as file:
        number = 0
        while line := file.readline(4 * MAX_LINE + 1):
            number += 1
            if len(line) > 4 * MAX_LINE:
                raise _too_long(number)
            try:
                fine = not line.decode(encoding).isascii() or fine
            except UnicodeDecodeError:
                return number, fine
    return None


def _refuse_other_formats(head: bytes) -> None:
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadSheet("这是 Excel 文件，请另存为 CSV。 This is an Excel file; save it as CSV.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadSheet(
            "文件编码为 UTF-16，请另存为“CSV UTF-8”。 The file is UTF-16; save it as “CSV UTF-8”."
        )


def _positions(titles: Sequence[str], columns: Columns) -> Mapping[str, int]:
    by_title = {_plain(title): name for name, called in columns.items() for title in called}
    positions: dict[str, int] = {}
    for at, title in enumerate(titles):
        name = by_title.get(_plain(title))
        if name in positions:
            raise BadSheet(
                f"表头中“{title}”与另一列重复，请删去一列。 "
                f"Two columns of the header mean the same as “{title}”; delete one."
            )
        if name:
            positions[name] = at
    return positions


def _check_needed(
    positions: Mapping[str, int], columns: Columns, needed: Sequence[Collection[str]]
) -> None:
    for either in needed:
        if not any(name in positions for name in either):
            titles = "、".join(sorted(title for name in either for title in columns[name]))
            raise BadSheet(
                f"表头缺少一列（可用名称：{titles}）。 The header lacks a column; any of these "
                f"names will do: {titles}."
            )


def _plain(title: str) -> str:
    """A title without what people add to it: blanks, case, a remark in brackets, a star."""
    plain = unicodedata.normalize("NFKC", title).lower()
    return re.sub(r"\(.*?\)|[\s*:_\-]", "", plain)


def _too_long(number: int) -> BadSheet:
    return BadSheet(
        f"第 {number} 行过长，文件可能缺少换行。 "
        f"Line {number} is too long; the file may have lost its line breaks."
    )
