"""A figure as a list that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from server.figures.rules.measures import FLOW, OPEN, SHARES, TIMES
from server.sheets import defuse

WITHHELD = "略 withheld"
_KEYS = {"area": "区划代码", "category": "类别", "level": "层级", "month": "月份"}


def csv_of(table: Mapping[str, Any]) -> str:
    """The table as CSV, as Excel opens it: a byte order mark first, UTF-8; no cell that computes.

    Small numbers that are withheld say so; a ratio of nothing is empty.
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
        for word, what in (("数", "n"), ("总数", "of"), ("占比", "ratio")):
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
        told = row[where][name]
        empty = WITHHELD if told["withheld"] else ""
        yield empty if told[what] is None else told[what]
