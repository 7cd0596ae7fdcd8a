"""Which column is which: guessed and shown, or said in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sheets import (
    BadMapping,
    BadSheet,
    ColumnMapping,
    open_sheet,
    read_mapping,
    template,
)
from server.sheets.mapping import MAX_BYTES
from tests.imports.workbooks import write_excel

COLUMNS = {
    "id": ("编号", "id"),
    "head": ("户主", "head"),
    "kind": ("户类型",),
    "code": ("村代码",),
}
NEEDED = (("id",), ("head",), ("code",))
ROWS = [["序", "姓名*", "备注", "类"], ["H1", "张某甲", "x", "农家"], ["H2", "李某乙", "", "商铺"]]
SAID = """\
columns:
  id: 序
  head: 姓名
  kind: 类
fixed:
  code: 0511
values:
  kind:
    农家: family
"""


@pytest.fixture
def say(tmp_path: Path) -> Callable[[str | bytes], ColumnMapping]:
    """Read a mapping file of this content."""

    def read(content: str | bytes) -> ColumnMapping:
        path = tmp_path / "m.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_mapping(path, COLUMNS)

    return read


def test_a_mapping_file_names_columns_fixed_values_and_translations(
    tmp_path: Path, say: Callable[[str], ColumnMapping]
) -> None:
    path = write_excel(tmp_path / "l.xlsx", {"住户": ROWS})
    with pytest.raises(BadSheet, match="lacks a column"):
        open_sheet(path, COLUMNS, NEEDED)
    sheet = open_sheet(path, COLUMNS, NEEDED, say(SAID))
    assert [dict(row.cells) for row in sheet.rows()] == [
        {"id": "H1", "head": "张某甲", "kind": "family", "code": "0511"},
        {"id": "H2", "head": "李某乙", "kind": "商铺", "code": "0511"},
    ]
    assert [tuple(shown) for shown in sheet.shown()] == [
        ("序", "id", "H1"),
        ("姓名*", "head", "张某甲"),
        ("备注", None, "x"),
        ("类", "kind", "农家"),
        ("", "code", "0511"),
    ]


def test_values_are_fixed_beside_a_guess_and_go_before_it(
    tmp_path: Path, say: Callable[[str], ColumnMapping]
) -> None:
    path = tmp_path / "l.csv"
    path.write_text("编号,户主,村代码\n1,张某甲,9\n")
    sheet = open_sheet(path, COLUMNS, NEEDED, say("fixed: {code: 0511}"))
    assert [row.cells["code"] for row in sheet.rows()] == ["0511"]


def test_a_mapping_may_name_the_sheet(tmp_path: Path, say: Callable[[str], ColumnMapping]) -> None:
    path = write_excel(tmp_path / "l.xlsx", {"说明": [["x"]], "住户": ROWS})
    assert open_sheet(path, COLUMNS, NEEDED, say(SAID + "sheet: 住户\n")).total == 2


def test_a_column_that_the_file_does_not_have_is_named(
    tmp_path: Path, say: Callable[[str], ColumnMapping]
) -> None:
    path = write_excel(tmp_path / "l.xlsx", {"住户": ROWS})
    with pytest.raises(BadMapping, match="户籍"):
        open_sheet(path, COLUMNS, NEEDED, say(SAID.replace("姓名", "户籍")))
    with pytest.raises(BadSheet, match="lacks a column"):
        open_sheet(path, COLUMNS, NEEDED, say(SAID.replace("  kind: 类\nfixed:\n  code: 0511", "")))


def test_the_template_says_the_guess_and_reads_back(
    tmp_path: Path, say: Callable[[str], ColumnMapping]
) -> None:
    text = template({"id": "编 号: #1", "head": '户"主'}, ["备注", "a: b"], COLUMNS)
    assert say(text) == ColumnMapping({"id": "编 号: #1", "head": '户"主'}, {}, {}, None)
    assert '"备注"、"a: b"' in text


titles = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(found=st.dictionaries(st.sampled_from(sorted(COLUMNS)), titles))
def test_whatever_a_title_is_it_reads_back(
    tmp_path_factory: pytest.TempPathFactory, found: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("m") / "m.yaml"
    path.write_text(template(found, [], COLUMNS), encoding="utf-8")
    assert read_mapping(path, COLUMNS).columns == (found or None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "name: value"),
        ("- a", "name: value"),
        ("columns: [a]", "name: value"),
        ("columns: {nobody: 序}", "nobody"),
        ("colums: {id: 序}", "colums"),
        ("columns: {id: {a: b}}", "one value"),
        ("columns: {id: 序, id: 号}", "twice"),
        ("columns: {id: 序}\nfixed: {id: 1}", "both"),
        ("values: {kind: 农家}", "name: value"),
        ("values: {kind: {农家: [1]}}", "one value"),
        ("sheet: [1]", "one value"),
        ("columns: {id: &a [*a]}", "YAML|one value"),
        ("a: &a [x]\nb: [*a, *a]", "no such name"),
        ("columns: {id: !!python/object:os.system x}", "line 1"),
        ("columns:\n\tid: 序", "line 2"),
        ("[\n" * 30_000, "not YAML"),
        ("x" * (MAX_BYTES + 1), "64 KB"),
        (b"columns: {id: \xff}", "UTF-8"),
        ("? [a]\n: b", "line 1"),
    ],
)
def test_a_mapping_file_that_is_wrong_says_why(
    say: Callable[[str | bytes], ColumnMapping], content: str | bytes, said: str
) -> None:
    with pytest.raises(BadMapping, match=said):
        say(content)


def test_a_mapping_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadSheet, match="Cannot open"):
        read_mapping(tmp_path / "nowhere", COLUMNS)
