"""A list that can be read to its end, with its columns understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from server.sheets.delimited import open_delimited
from server.sheets.errors import BadSheet, cannot_open
from server.sheets.excel import read_excel
from server.sheets.features import Feature, as_records
from server.sheets.geojson import read_geojson
from server.sheets.headers import Columns, Header, Needed, find_header
from server.sheets.kinds import Kind, kind_of
from server.sheets.layers import read_geopackage, read_shapefile
from server.sheets.mapping import ColumnMapping
from server.sheets.spool import Spool
from server.sheets.table import Record, Table, text_of

_LOOKED_AT: Final = 20  # lines among which a header is looked for
_EXAMPLES: Final = 200  # rows among which a value is looked for, to show what a column holds
_GUESS = ColumnMapping()


class Row(NamedTuple):
    """One row: its line (a feature's number), and its cells by our column names, trimmed."""

    line: int
    cells: Mapping[str, str]
    surplus: bool  # it has more cells than the header, so they may stand in the wrong columns


class Shown(NamedTuple):
    """One column as a person is shown it before anything is written."""

    title: str  # in the file; "" for a fixed value
    name: str | None  # ours; None: not used
    example: str  # the first value; as it stands, so that the caller masks it


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list whose header is understood and whose rows can all be read."""

    table: Table
    kind: Kind
    line: int  # the header's
    titles: Sequence[str]
    positions: Mapping[str, int]
    mapping: ColumnMapping
    total: int
    examples: Mapping[int, str]

    @property
    def names(self) -> frozenset[str]:
        """Our columns that the list fills."""
        return frozenset({*self.positions, *self.mapping.fixed})

    def count(self) -> int:
        """How many rows there are."""
        return self.total

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank, from the first. Raises BadSheet where the file changed."""
        columns = tuple(self.positions.items())
        width = len(self.titles) if self.table.shifts else None
        fixed, values = self.mapping.fixed, tuple(self.mapping.values.items())
        for line, cells in self._below():
            found = {name: cells[at].strip() for name, at in columns if at < len(cells)}
            if fixed:
                found.update(fixed)
            for name, ours in values:
                found[name] = ours.get(found.get(name, ""), found.get(name, ""))
            yield Row(line, found, surplus=width is not None and any(cells[width:]))

    def shown(self) -> list[Shown]:
        """Every column of the file and every fixed value, with what it was taken for."""
        names = {at: name for name, at in self.positions.items()}
        columns = [
            Shown(title, names.get(at), self.examples.get(at, ""))
            for at, title in enumerate(self.titles)
            if title or at in self.examples
        ]
        return [*columns, *(Shown("", name, value) for name, value in self.mapping.fixed.items())]

    def _below(self) -> Iterator[Record]:
        return (
            record
            for record in self.table.records()
            if record.line > self.line and any(record.cells)
        )


def open_sheet(
    path: Path,
    columns: Columns,
    needed: Needed,
    mapping: ColumnMapping | None = None,
    sheet: str | None = None,
) -> Sheet:
    """Find out how a list is written, and read it to its end once to see that it can be.

    CSV, Excel, GeoJSON, GeoPackage or Shapefile, whatever it is called; the last three give their
    point as two columns. `sheet`: which sheet or layer, where there are several. Raises BadSheet,
    BadMapping.
    """
    mapping = mapping or _GUESS
    try:
        kind = kind_of(path)
        table = _table(path, kind, sheet or mapping.sheet)
    except OSError as error:
        raise cannot_open(path, error) from error
    above = list(islice(table.records(), _LOOKED_AT))
    header = find_header(above, columns, needed, mapping.columns, mapping.fixed)
    total, examples = 0, dict[int, str]()
    for line, cells in table.records():
        if line > header.line and any(cells):
            total += 1
            if total <= _EXAMPLES:
                for at, cell in enumerate(cells):
                    if cell and at not in examples:
                        examples[at] = cell.strip()
    if not total:
        raise BadSheet("文件只有表头，没有数据行。 The file has a header and no rows.")
    return Sheet(
        table, kind, header.line, header.titles, header.positions, mapping, total, examples
    )


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map whose properties are understood. It was read to its end."""

    taken: Sequence[Feature]
    header: Header
    mapping: ColumnMapping

    def features(self) -> Iterator[Feature]:
        """Every feature, its properties by our names and with their own values (lists, numbers)."""
        titles = {name: self.header.titles[at] for name, at in self.header.positions.items()}
        for number, properties, geometry in self.taken:
            if properties is None:
                yield Feature(number, None, geometry)
                continue
            found = {name: properties.get(title) for name, title in titles.items()}
            found |= self.mapping.fixed
            for name, ours in self.mapping.values.items():
                text = text_of(found.get(name))
                found[name] = ours.get(text, found.get(name))
            yield Feature(number, found, geometry)

    def shown(self) -> list[Shown]:
        """Every property and every fixed value, with what it was taken for."""
        names = {at: name for name, at in self.header.positions.items()}
        first = self.taken[0].properties or {}
        columns = [
            Shown(title, names.get(at), text_of(first.get(title)))
            for at, title in enumerate(self.header.titles)
        ]
        return [*columns, *(Shown("", name, value) for name, value in self.mapping.fixed.items())]


def open_drawing(
    path: Path,
    columns: Columns,
    needed: Needed,
    mapping: ColumnMapping | None = None,
    layer: str | None = None,
) -> Drawing:
    """Read a map, GeoJSON, GeoPackage or Shapefile, to its end. Raises BadSheet, BadMapping.

    All of it is in memory then: the cells of a large county take some 20 MB.
    """
    mapping = mapping or _GUESS
    try:
        kind = kind_of(path)
        if kind not in _MAPS:
            raise BadSheet(
                "请提供 GeoJSON、GeoPackage 或 Shapefile。 "
                "Boundaries come as GeoJSON, GeoPackage or Shapefile."
            )
        taken = list(_features(path, kind, layer or mapping.sheet))
    except OSError as error:
        raise cannot_open(path, error) from error
    if not taken:
        raise BadSheet("文件中没有要素。 The file has no features.")
    titles = list(dict.fromkeys(title for each in taken for title in each.properties or ()))
    if not titles:
        raise BadSheet("要素没有属性。 The features have no properties.")
    header = find_header([Record(0, titles)], columns, needed, mapping.columns, mapping.fixed)
    return Drawing(taken, header, mapping)


_MAPS = frozenset({Kind.GEOJSON, Kind.GEOPACKAGE, Kind.SHAPEFILE})


def _table(path: Path, kind: Kind, wanted: str | None) -> Table:
    if kind is Kind.DELIMITED:
        return open_delimited(path)
    if kind is Kind.EXCEL:
        return Spool(read_excel(path, wanted))
    return Spool(as_records(_features(path, kind, wanted)))


def _features(path: Path, kind: Kind, wanted: str | None) -> Iterator[Feature]:
    if kind is Kind.GEOJSON:
        return read_geojson(path)
    if kind is Kind.GEOPACKAGE:
        return read_geopackage(path, wanted)
    return read_shapefile(path)
