"""Cells that spreadsheets leave alone."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from server.exports.lists import csv_lines
from server.sheets import defuse


@given(st.text(st.sampled_from("=+-@\t\r\n＝＋－＠'\",;1aA示 "), max_size=8))
def test_no_cell_begins_as_a_formula_and_none_loses_a_letter(text: str) -> None:
    safe = defuse(text)
    assert safe.replace("'", "") == text.replace("'", "")
    assert not safe.startswith(("=", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert not safe.startswith("+") or safe[1:].isdigit()


@given(st.lists(st.text(st.sampled_from("=+-@\r\n＝＠'\",; 1a示"), max_size=8), min_size=1))
def test_none_computes_where_a_list_is_read_with_another_separator(cells: list[str]) -> None:
    (_, line) = "".join(csv_lines(["甲"], [cells])).split("\r\n", 1)
    for other in (";", "\t", "|"):
        for row in csv.reader(line.splitlines(keepends=True), delimiter=other):
            for cell in row:
                assert not cell.startswith(("=", "+", "-", "@", "＝", "＠")), cells


@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=2), max_size=5))
def test_a_list_reads_back_as_it_was_written(rows: list[list[str]]) -> None:
    rows = [[cell.replace("\x00", "") for cell in row] for row in rows]
    text = "".join(csv_lines(["甲", "乙"], rows))
    back = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert back[1:] == [[defuse(cell) for cell in row] for row in rows]
