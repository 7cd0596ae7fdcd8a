"""A figure as a list that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from server.figures.rules.measures import FLOW, OPEN, SHARES, TIMES
from server.sheets import defuse

_KEYS = {"area": "区划代码", "category": "类别", "level": "层级", "month": "月份"}
_SHARE = (("数", "n"), ("总数", "of"), ("占比", "ratio"), ("占比精度", "ratio_step"))


def csv_of(table: Mapping[str, Any]) -> str:
    """The table as CSV, as Excel opens it: a byte order mark first, UTF-8; no cell that computes.

    Where there is no ratio, and no number of days, the cell is empty. A ratio that is told in
    tenths has 0.1 beside it, one in fifths 0.2.
    """
    buffer = io.StringIO()
    buffer.write("\ufeff")
    writer = csv.writer(buffer)
    columns = list(_columns(table["figure"]))
    writer.writerow([_KEYS[table["by"]], "名称", *(title for title, *_ in columns)])
    for row in (*table["rows"], table["total"]):
        writer.writerow([*map(defuse, (row["key"], row["name"])), *_cells(row, columns)])
    return buffer.getvalue()


def _columns(figure: str) -> Iterator[tuple[str, str, str, str]]:
    """(title, where, name, what) of every column."""
    for share in {**SHARES, "flow": FLOW, "open": OPEN}.get(figure, ()):
        for word, what in _SHARE:
            yield f"{share.zh}{word}", "shares", share.name, what
    for took in TIMES if figure == "times" else ():
        for word, what in (
            ("件数", "of"),
            ("中位天数", "median_days"),
            ("九成以内天数", "p90_days"),
        ):
            yield f"{took.zh}{word}", "steps", took.name, what


def _cells(
    row: Mapping[str, Any], columns: Sequence[tuple[str, str, str, str]]
) -> Iterator[str | int | float]:
    for _, where, name, what in columns:
        number = row[where][name][what]
        yield "" if number is None else number
