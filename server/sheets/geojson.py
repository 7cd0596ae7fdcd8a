"""GeoJSON (RFC 7946), feature by feature: the file may be large, one feature may not.

NaN and Infinity, which Python reads and JSON does not have, are refused; so is nesting deeper than
the reader goes. Other coordinate systems than WGS-84 and CGCS2000 are named, not converted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TextIO

from server.sheets.errors import BadSheet
from server.sheets.features import Feature
from server.sheets.reference import check_reference

MAX_BYTES: Final = 256 << 20  # 200,000 households take some 80 MB
MAX_FEATURE: Final = 16 << 20  # characters of one; 100,000 vertices take some 4 MB
_CHUNK: Final = 1 << 20


def read_geojson(path: Path) -> Iterator[Feature]:
    """Every feature of a FeatureCollection. Raises BadSheet, before anything is read if it is huge.

    What is wrong at the file's end is raised at its end: take all of it before believing any of it.
    """
    if path.stat().st_size > MAX_BYTES:
        raise BadSheet(
            f"GeoJSON 超过 {MAX_BYTES >> 20} MB，请按乡镇拆分，或改用 GeoPackage、CSV。 "
            f"The file is over {MAX_BYTES >> 20} MB: split it by township, or give a GeoPackage "
            "or CSV."
        )
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from _collection(_Json(file))
    except UnicodeDecodeError as error:
        raise BadSheet("GeoJSON 应为 UTF-8 编码。 GeoJSON must be UTF-8; save it again.") from error


def _collection(source: _Json) -> Iterator[Feature]:
    crs, read = None, False
    if source.next_mark() != "{":
        raise _wanted()
    source.skip()
    while source.next_mark() != "}":
        key = source.value()
        source.expect(":")
        if key == "features" and not read and source.next_mark() == "[":
            read = True
            for number, item in enumerate(source.items(), start=1):
                yield _feature(number, item)
        elif key == "crs":
            crs = source.value()
        else:
            source.value()
        if source.next_mark() == ",":
            source.skip()
    source.skip()
    if source.next_mark() or not read:
        raise _wanted()
    check_reference(_named(crs))


def _feature(number: int, item: Any) -> Feature:
    if not isinstance(item, dict):
        return Feature(number, None, None)
    properties = item.get("properties")
    return Feature(
        number, properties if isinstance(properties, dict) else None, item.get("geometry")
    )


def _named(crs: Any) -> str | None:
    """The name in GeoJSON's old `crs` member (2008), which many programs still write."""
    if not isinstance(crs, dict):
        return None
    properties = crs.get("properties")
    return str(properties.get("name", crs)) if isinstance(properties, dict) else str(crs)


def _wanted() -> BadSheet:
    return BadSheet("不是 GeoJSON：应为 FeatureCollection。 A FeatureCollection is wanted.")


class _Json:
    """A JSON text of which only what has not been taken yet is in memory."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._text, self._at = file, "", 0
        self._decoder = json.JSONDecoder(parse_constant=_refuse)

    def next_mark(self) -> str:
        """The next character that is no blank, left where it is; "" at the end."""
        while True:
            rest = self._text[self._at : self._at + 64].lstrip()
            if rest:
                self._at = self._text.index(rest[0], self._at)
                return rest[0]
            self._at = min(self._at + 64, len(self._text))
            if self._at == len(self._text) and not self._read_on():
                return ""

    def skip(self) -> None:
        """Take the character that `next_mark` saw."""
        self._at += 1

    def expect(self, mark: str) -> None:
        """Take this character. Raises BadSheet where there is another."""
        if self.next_mark() != mark:
            raise _broken(f"{mark} expected")
        self.skip()

    def items(self) -> Iterator[Any]:
        """The items of the list that begins here."""
        self.expect("[")
        while self.next_mark() != "]":
            yield self.value()
            if self.next_mark() == ",":
                self.skip()
            elif self.next_mark() != "]":
                raise _broken("] expected")
        self.skip()

    def value(self) -> Any:
        """The value that begins here, once enough of the text has been read."""
        self.next_mark()
        while True:
            try:
                found, end = self._decoder.raw_decode(self._text, self._at)
            except _NotANumber as error:
                raise _broken(str(error)) from error
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._grow():
                    raise _broken(error) from error
            else:
                if end < len(self._text) or not self._read_on():  # a number may go on
                    self._at = end
                    return found

    def _grow(self) -> bool:
        """Twice as much text, since reading a value begins anew each time."""
        more = len(self._text) - self._at
        if more > MAX_FEATURE:
            raise BadSheet(
                f"一个要素超过 {MAX_FEATURE >> 20} MB，或 JSON 有误；顶点过多时请先简化。 "
                f"A feature is over {MAX_FEATURE >> 20} MB, or the JSON is broken: "
                "simplify shapes of too many vertices."
            )
        return self._read_on(min(max(_CHUNK, more), MAX_FEATURE + 1 - more))

    def _read_on(self, size: int = _CHUNK) -> bool:
        more = self._file.read(size)
        if more:
            self._text, self._at = self._text[self._at :] + more, 0
        return bool(more)


class _NotANumber(ValueError):
    """NaN, Infinity or -Infinity."""


def _refuse(constant: str) -> None:
    raise _NotANumber(f"{constant} is no JSON")


def _broken(error: object) -> BadSheet:
    return BadSheet(f"GeoJSON 有误或不完整。 This is not GeoJSON, or not all of it: {error}"[:300])
