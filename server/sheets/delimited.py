"""CSV in UTF-8 (with or without BOM) or GB18030, separated by comma, semicolon or tab.

One record is in memory at a time. No line may be longer than MAX_LINE and no record, which may go
over several lines, longer than MAX_RECORD; the file may have any size.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from server.sheets.errors import BadSheet
from server.sheets.table import Record

MAX_LINE: Final = 1 << 16  # characters; a household's line has about a hundred
MAX_RECORD: Final = 1 << 20  # characters; cells in quotes may hold line breaks
_LOOKED_AT: Final = 20  # lines in which the separator shows


@dataclass(frozen=True, slots=True)
class Delimited:
    """A CSV file whose encoding and separator are known."""

    path: Path
    encoding: str
    delimiter: str
    shifts: bool = True

    def records(self) -> Iterator[Record]:
        """Every record with the line it ends on. Raises BadSheet where one cannot be read."""
        length = 0

        def measured() -> Iterator[str]:
            nonlocal length
            for number, line in enumerate(_lines(self.path, self.encoding), start=1):
                length += len(line)
                if length > MAX_RECORD:
                    raise _too_long(number)
                yield line

        reader = csv.reader(measured(), delimiter=self.delimiter, strict=True)
        try:
            for cells in reader:
                length = 0
                yield Record(reader.line_num, cells)
        except csv.Error as error:
            raise BadSheet(
                f"第 {reader.line_num} 行附近的引号或分隔符有误，请用表格软件另存为 CSV。 "
                f"Near line {reader.line_num} quotes or separators are wrong ({error}); "
                "save it as CSV again."
            ) from error


def open_delimited(path: Path) -> Delimited:
    """Find out how a CSV file is written. Raises BadSheet, OSError."""
    encoding = _encoding_of(path)
    above = "".join(islice(_lines(path, encoding), _LOOKED_AT))
    return Delimited(path, encoding, max(",;\t", key=above.count))


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


def _too_long(number: int) -> BadSheet:
    return BadSheet(
        f"第 {number} 行过长，文件可能缺少换行。 "
        f"Line {number} is too long; the file may have lost its line breaks."
    )
