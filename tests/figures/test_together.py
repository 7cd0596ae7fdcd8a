"""What one page tells together: shares, parts, times and denominators of the same Holdings.

No small number follows from all of them, nor from two tables of which one tells a row of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from server.figures.rules.measures import FLOW, SHARES, TIMES
from server.figures.rules.tables import Line, Sheet, shares_of, split_of, took_of
from server.figures.rules.withholding import TOTAL, is_small
from tests.figures.test_withheld import follows, reduced

MARCH = date(2026, 3, 1)
# Of a Holding: settled, climbed, escalated, ended otherwise, each accepted before or not; gone
# elsewhere; open and overdue, to be handled or to be accepted; open within its limits.
KINDS = [f"{how}{was}" for how in ("settled", "climbed", "escalated", "otherwise") for was in "+-"]
LEAVES = [*KINDS, "elsewhere+", "open+", "open-", "going+"]
COLUMNS = {
    "decided": KINDS,
    **{how: [one for one in KINDS if one[:-1] == how] for how in ("settled", "climbed")},
    **{how: [one for one in KINDS if one[:-1] == how] for how in ("escalated", "otherwise")},
    "ended": [*KINDS, "elsewhere+"],
    "handle_due": [*KINDS, "open+"],
    "handle_took": [one for one in KINDS if one.endswith("+")],
    "whole_took": [one for one in KINDS if one.startswith(("settled", "otherwise"))],
    "accept_due": LEAVES,
    "accept_took": [one for one in LEAVES if one.endswith("+")],
}
# What a page, or the figures of one question together, tell or withhold.
SENSITIVE = {
    **COLUMNS,
    "not settled": [one for one in KINDS if not one.startswith("settled")],
    "up": [one for one in KINDS if one.startswith(("climbed", "escalated"))],
    "open": ["open+"],
}
SENSITIVE.pop("accept_due")
NUMBER = st.one_of(st.just(0), st.integers(0, 6), st.integers(5, 60))
ROWS = st.lists(
    st.lists(NUMBER, min_size=len(LEAVES), max_size=len(LEAVES)), min_size=1, max_size=3
)
Rows = list[list[int]]


def sheet_of(rows: Rows, names: list[str]) -> Sheet:
    """Rows of others' Offices in one month."""
    sheet = Sheet()
    for name, numbers in zip(names, rows, strict=True):
        of = dict(zip(LEAVES, numbers, strict=True))
        counts = {column: sum(of[leaf] for leaf in parts) for column, parts in COLUMNS.items()}
        sheet.add(name, MARCH, counts | {"extended": 0}, own=False)
    return sheet


def told_by(sheet: Sheet, names: list[str]) -> Iterator[tuple[str, str]]:
    """(row, column) of every number that is told, the total's too."""
    lines = [Line(row, row, MARCH, MARCH) for row in (TOTAL, *names)]
    moves = [share for share in SHARES["moves"] if share.name in ("climbed", "escalated")]
    tables: list[tuple[Any, list[dict[str, Any]]]] = [
        *((share, shares_of(sheet, share, lines)) for share in (*SHARES["settled"], *moves)),
        *zip(FLOW, map(list, zip(*split_of(sheet, FLOW, lines), strict=True)), strict=True),
    ]
    for share, shown in tables:
        for line, one in zip(lines, shown, strict=True):
            columns = ((share.n, "n"), (share.of, "of"))
            yield from ((line.row, column) for column, n in columns if one[n] is not None)
    for took in TIMES:
        for line, one in zip(lines, took_of(sheet, took, lines, {}), strict=True):
            if one["of"] is not None:
                yield line.row, f"{took.step}_took"
    for share in SHARES["on-time"]:
        late = {"accept_on_time": 0, "handle_on_time": 0}
        for months in (*sheet.all.values(), *sheet.others.values()):
            months[MARCH].update(late)
        for line, one in zip(lines, shares_of(sheet, share, lines), strict=True):
            if one["of"] is not None:
                yield line.row, share.of


def sum_of(rows: list[str], row: str, leaves: list[str]) -> list[int]:
    """A number as a sum of all that could be counted apart."""
    return [int(row in (TOTAL, one) and leaf in leaves) for one in rows for leaf in LEAVES]


@settings(max_examples=50)
@given(ROWS)
def test_no_small_number_follows_from_all_figures_of_one_question(rows: Rows) -> None:
    names = [f"row {k}" for k in range(len(rows))]
    told = set(told_by(sheet_of(rows, names), names))
    known = reduced([sum_of(names, row, COLUMNS[column]) for row, column in sorted(told)])
    flat = [n for numbers in rows for n in numbers]
    for row in (TOTAL, *names):
        for what, leaves in SENSITIVE.items():
            if follows(known, sum_ := sum_of(names, row, leaves)):
                number = sum(n for n, x in zip(flat, sum_, strict=True) if x)
                assert not is_small([number]), (row, what)


@settings(max_examples=30)
@given(ROWS, ROWS)
def test_nor_from_two_tables_of_which_one_tells_a_row_of_the_other(one: Rows, other: Rows) -> None:
    """Levels, and the Areas of the first level, side by side."""
    areas, levels = [f"area {k}" for k in range(len(one))], ["village", "township"]
    village = [sum(column) for column in zip(*one, strict=True)]
    around = sheet_of([village, other[0]], levels)
    within = sheet_of(one, areas)
    within.inside = (around, "village")
    cells = [*areas, "township"]
    flat = [n for numbers in (*one, other[0]) for n in numbers]

    def sum_in(row: str, leaves: list[str]) -> list[int]:
        of = {"village": areas, "all areas": areas, TOTAL: cells}.get(row, [row])
        return [int(cell in of and leaf in leaves) for cell in cells for leaf in LEAVES]

    told = {(row, column) for row, column in told_by(around, levels)}
    told |= {("all areas" if r == TOTAL else r, c) for r, c in told_by(within, areas)}
    known = reduced([sum_in(row, COLUMNS[column]) for row, column in sorted(told)])
    for row in (TOTAL, "village", *cells):
        for what, leaves in SENSITIVE.items():
            if follows(known, sum_ := sum_in(row, leaves)):
                number = sum(n for n, x in zip(flat, sum_, strict=True) if x)
                assert not is_small([number]), (row, what)
