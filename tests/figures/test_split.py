"""Whither cases went: the parts of what was not settled are told together, or none of them."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from server.figures.rules.measures import FLOW
from server.figures.rules.tables import Line, Sheet, split_of
from server.figures.rules.withholding import TOTAL, is_small

MARCH = date(2026, 3, 1)
NAMES = [share.n for share in FLOW]
NUMBER = st.one_of(st.just(0), st.integers(0, 6), st.integers(5, 60))
ROWS = st.lists(st.tuples(*[NUMBER] * len(NAMES)), min_size=1, max_size=4)


def sheet_of(rows: list[tuple[int, ...]], *, own: bool) -> Sheet:
    """Rows of one month: the number of each part, and of all of them."""
    sheet = Sheet()
    for k, parts in enumerate(rows):
        counts = {**dict(zip(NAMES, parts, strict=True)), "decided": sum(parts)}
        sheet.add(f"row {k}", MARCH, counts, own=own)
    return sheet


def lines_of(rows: list[tuple[int, ...]]) -> list[Line]:
    """The total, and every row."""
    keys = [TOTAL, *(f"row {k}" for k in range(len(rows)))]
    return [Line(key, key, MARCH, MARCH) for key in keys]


@settings(max_examples=60)
@given(ROWS)
def test_no_part_of_others_is_small_nor_follows_from_the_others(
    rows: list[tuple[int, ...]],
) -> None:
    for settled, *rest in split_of(sheet_of(rows, own=False), FLOW, lines_of(rows)):
        told = [one["n"] for one in rest]
        assert told == [None] * len(told) or None not in told
        known = [n for n in (settled["n"], *told) if n is not None]
        assert not is_small(known)
        if None not in told:
            assert settled["n"] + sum(told) == settled["of"]


@settings(max_examples=20)
@given(ROWS)
def test_of_ones_own_office_every_part_is_told(rows: list[tuple[int, ...]]) -> None:
    lines = lines_of(rows)
    for line, parts in zip(
        lines[1:], split_of(sheet_of(rows, own=True), FLOW, lines)[1:], strict=True
    ):
        assert tuple(one["n"] for one in parts) == rows[int(line.key[4:])]
