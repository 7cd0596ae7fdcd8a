"""The cells of an Excel sheet, as expat tells of them: one row in memory at a time.

ECMA-376 part 1, 18.3 (worksheets) and 18.4 (shared texts). Raises ExpatError, ValueError or
IndexError where the XML is not what it must be, and BadSheet where there is more of it than we
read; a document type, which no workbook has, is refused since entities can grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import IO, Final, NamedTuple
from xml.parsers import expat

from server.sheets.errors import BadSheet
from server.sheets.table import MAX_COLUMNS, Record, number_text

MAX_ROWS: Final = 1 << 20  # Excel's own limit
MAX_DEPTH: Final = 100  # elements within each other; a sheet has eight
MAX_TEXT: Final = 1 << 16  # characters of a cell; Excel has 32,767
MAX_TAG: Final = 1 << 20  # bytes; expat keeps a tag until its end
MAX_PIECES: Final = 10_000  # of one text, of some thousand characters each
_CHUNK: Final = 1 << 16
_EXACT_DIGITS: Final = 15
Attributes = Mapping[str, str]
Start = Callable[[str, Attributes], None]


class Formats(NamedTuple):
    """How a sheet's numbers are meant: which styles are dates, and from when days are counted."""

    dates: frozenset[str]
    since_1904: bool


def parse(stream: IO[bytes], start: Start) -> None:
    """Call `start` with the name (without prefix) and attributes of every element."""
    for _ in _heard(stream, _Starts(start)):
        pass


def texts_of(stream: IO[bytes]) -> Sequence[str]:
    """The shared texts, by their number; pieces in several fonts joined, readings left out."""
    told = _Texts()
    for _ in _heard(stream, told):
        pass
    return told.texts


def rows_of(stream: IO[bytes], texts: Sequence[str], formats: Formats) -> Iterator[Record]:
    """The rows that are there, each with its number and its cells as texts."""
    told = _Rows(texts, formats)
    for _ in _heard(stream, told):
        yield from told.take()


def _heard(stream: IO[bytes], told: _Told) -> Iterator[None]:
    """Tell of a part chunk by chunk, and see after each how much of it has to be remembered."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = told.start, told.end
    parser.CharacterDataHandler = told.text
    fed = 0
    while chunk := stream.read(_CHUNK):
        parser.Parse(chunk)
        fed += len(chunk)
        waiting = fed - max(parser.CurrentByteIndex, 0)
        if waiting > MAX_TAG or told.depth > MAX_DEPTH or len(told.pieces) > MAX_PIECES:
            raise BadSheet(
                "Excel 文件不可信，未读取。 This is nothing that Excel writes: not read."
            )
        yield
    parser.Parse(b"", True)
    yield


def _refuse(*_: object) -> None:
    raise BadSheet("Excel 文件不可信，未读取。 No Excel workbook has a document type: not read.")


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


class _Told:
    """Hears of elements and texts: how deep we are, and the pieces of the present text."""

    def __init__(self) -> None:
        self.depth = 0
        self.pieces: list[str] = []
        self._listening = self._reading = False

    def start(self, tag: str, attributes: Attributes) -> None:
        self.depth += 1

    def end(self, tag: str) -> None:
        self.depth -= 1

    def text(self, data: str) -> None:
        if self._listening:
            self.pieces.append(data)


class _Starts(_Told):
    """Passes on where elements begin."""

    def __init__(self, start: Start) -> None:
        super().__init__()
        self._start = start

    def start(self, tag: str, attributes: Attributes) -> None:
        self.depth += 1
        self._start(_local(tag), {_local(name): value for name, value in attributes.items()})


class _Texts(_Told):
    """Gathers shared texts."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def start(self, tag: str, _: Attributes) -> None:
        self.depth += 1
        tag = _local(tag)
        if tag == "si":
            self.pieces = []
        elif tag == "rPh":  # how a word is read aloud
            self._reading = True
        elif tag == "t":
            self._listening = not self._reading

    def end(self, tag: str) -> None:
        self.depth -= 1
        tag = _local(tag)
        if tag == "si":
            self.texts.append("".join(self.pieces))
        elif tag == "rPh":
            self._reading = False
        elif tag == "t":
            self._listening = False


class _Rows(_Told):
    """Gathers rows. Every cell passes here, so it is plain."""

    def __init__(self, texts: Sequence[str], formats: Formats) -> None:
        super().__init__()
        self._texts, self._formats = texts, formats
        self._rows: list[Record] = []
        self._line = 0
        self._cells: list[str] = []
        self._kind, self._style, self._at = "n", "", -1

    def take(self) -> list[Record]:
        """The rows that have been told since the last time."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, tag: str, attributes: Attributes) -> None:
        self.depth += 1
        if ":" in tag:
            tag = _local(tag)
        if tag == "c":
            place = attributes.get("r")
            self._at = _column(place) if place else self._at + 1
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self.pieces = []
        elif tag == "v":
            self._listening = True
        elif tag == "t":
            self._listening = not self._reading
        elif tag == "row":
            self._begin(attributes.get("r"))
        elif tag == "rPh":
            self._reading = True

    def end(self, tag: str) -> None:
        self.depth -= 1
        if ":" in tag:
            tag = _local(tag)
        if tag == "c":
            if self.pieces:
                self._put("".join(self.pieces))
        elif tag in ("v", "t"):
            self._listening = False
        elif tag == "row":
            self._rows.append(Record(self._line, self._cells))
        elif tag == "rPh":
            self._reading = False

    def _begin(self, line: str | None) -> None:
        before, self._line = self._line, int(line) if line else self._line + 1
        if not before < self._line <= MAX_ROWS:
            raise BadSheet(f"Excel 文件的行号有误：{line}。 Row numbers are out of order: {line}.")
        self._cells, self._at = [], -1

    def _put(self, value: str) -> None:
        text = self._meaning(value)
        if not text:
            return
        if len(text) > MAX_TEXT:  # one shared text may stand in a million rows
            raise BadSheet(f"第 {self._line} 行文字过长。 A text of line {self._line} is too long.")
        if self._at >= MAX_COLUMNS:
            raise BadSheet(
                f"第 {self._line} 行超过 {MAX_COLUMNS} 列。 "
                f"Line {self._line} has cells beyond column {MAX_COLUMNS}."
            )
        gap = self._at - len(self._cells)
        if gap < 0:
            raise ValueError(f"cells of row {self._line} are out of order")
        self._cells.extend([""] * gap)
        self._cells.append(text)

    def _meaning(self, value: str) -> str:
        kind = self._kind
        if kind == "s":
            return self._texts[int(value)]
        if kind == "n":
            return self._number(value)
        if kind == "b":
            return "true" if value == "1" else "false"
        return value  # texts, errors such as #N/A, ISO dates

    def _number(self, value: str) -> str:
        if self._style in self._formats.dates:
            return _day(float(value), since_1904=self._formats.since_1904)
        if "E" in value or "e" in value or len(value) > _EXACT_DIGITS:
            number = float(value)
            # A fraction is as exact as it was measured; a long whole number is a code.
            return number_text(number) if "E" in value.upper() or abs(number) >= 1e15 else value
        return value.removesuffix(".0")


def _column(place: str) -> int:
    """B7 → 1, AA1 → 26."""
    column = 0
    for letter in place:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
    if not 0 < column <= 1 << 14:
        raise ValueError(f"no such cell: {place[:20]}")
    return column - 1


def _day(serial: float, *, since_1904: bool) -> str:
    """A date and time in ISO; what is beyond the calendar stays a number."""
    first = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - local
    try:
        return (first + timedelta(days=serial)).isoformat(timespec="seconds")
    except (OverflowError, ValueError):
        return number_text(serial)
