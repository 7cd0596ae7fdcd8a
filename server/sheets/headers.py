"""Headers as offices write them: found among title lines, and understood."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from server.sheets.errors import BadMapping, BadSheet
from server.sheets.features import LAT, LON
from server.sheets.table import Record

Columns = Mapping[str, Collection[str]]  # our name of a column -> what a header may call it
Needed = Sequence[Collection[str]]  # of each collection at least one column must be there
_LONGEST: Final = 200  # characters of a title, remarks included, that are looked at


class Header(NamedTuple):
    """The line that a header ends on, its titles, and where our columns are."""

    line: int
    titles: Sequence[str]
    positions: Mapping[str, int]


def find_header(
    above: Sequence[Record],
    columns: Columns,
    needed: Needed,
    chosen: Mapping[str, str] | None,
    fixed: Collection[str] = (),
) -> Header:
    """The header among the first lines: the one that names most of our columns.

    Above it may stand a title, a date, blank lines; of cells merged downwards the title stands a
    line higher. `chosen` (our name → title) replaces the guess; `fixed` columns are not looked for.
    Raises BadSheet, BadMapping.
    """
    filled = [record for record in above if any(map(str.strip, record.cells))]
    if not filled:
        raise BadSheet("文件是空的。 The file is empty.")
    candidates = [_header(record.line, record.cells, columns, chosen) for record in filled]
    candidates += [
        _header(below.line, _merged(over.cells, below.cells), columns, chosen)
        for over, below in pairwise(filled)
    ]
    # The first of the best: a line of data names no more columns than the header above it.
    best = max(candidates, key=lambda header: len(header.positions))
    if chosen is None:
        _check_unique(best, columns)
    elif missing := chosen.keys() - best.positions.keys():
        titles = "、".join(sorted(chosen[name] for name in missing))
        raise BadMapping(f"表头中没有这些列 The header does not have: {titles}")
    positions = {name: at for name, at in best.positions.items() if name not in fixed}
    _check_needed({*positions, *fixed}, columns, needed)
    return best._replace(positions=positions)


def _header(
    line: int, cells: Sequence[str], columns: Columns, chosen: Mapping[str, str] | None
) -> Header:
    titles = [title.strip() for title in cells]
    return Header(
        line, titles, _guess(titles, columns) if chosen is None else _look_up(titles, chosen)
    )


def _guess(titles: Sequence[str], columns: Columns) -> dict[str, int]:
    """Our columns by what these titles mean; of two that mean the same the first."""
    by_title = {plain(title): name for name, called in columns.items() for title in called}
    positions: dict[str, int] = {}
    for at, title in enumerate(titles):
        name = by_title.get(plain(title))
        if name is not None:
            positions.setdefault(name, at)
    return positions


def _look_up(titles: Sequence[str], chosen: Mapping[str, str]) -> dict[str, int]:
    exactly = {title: at for at, title in reversed(list(enumerate(titles)))}
    nearly = {plain(title): at for title, at in exactly.items()}
    found = {n: exactly.get(t.strip(), nearly.get(plain(t))) for n, t in chosen.items()}
    return {name: at for name, at in found.items() if at is not None}


def _merged(over: Sequence[str], below: Sequence[str]) -> list[str]:
    width = max(len(over), len(below))
    padded = [[*cells, *[""] * (width - len(cells))] for cells in (over, below)]
    return [low.strip() or high for high, low in zip(*padded, strict=True)]


def _check_unique(header: Header, columns: Columns) -> None:
    by_title = {plain(title): name for name, called in columns.items() for title in called}
    for at, title in enumerate(header.titles):
        name = by_title.get(plain(title))
        first = header.positions.get(name, at) if name else at
        if first != at and header.titles[first] not in (LON, LAT):
            raise BadSheet(
                f"表头中“{title}”与另一列重复，请删去一列，或用列对应文件指定。 "
                f"Two columns of the header mean the same as “{title}”; delete one, or say which "
                "with --mapping."
            )


def _check_needed(found: Collection[str], columns: Columns, needed: Needed) -> None:
    for either in needed:
        if not any(name in found for name in either):
            titles = "、".join(sorted(title for name in either for title in columns[name]))
            raise BadSheet(
                f"表头缺少一列（可用名称：{titles}）。 The header lacks a column; any of these "
                f"names will do: {titles}."
            )


def plain(title: str) -> str:
    """A title without what people add to it: blanks, case, a remark in brackets, a star."""
    bare = unicodedata.normalize("NFKC", title[:_LONGEST]).lower()
    return re.sub(r"\(.*?\)|[\s*:_\-]", "", bare)
