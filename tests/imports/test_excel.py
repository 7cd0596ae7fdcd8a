"""Workbooks as offices keep them: titles above the header, numbers that were codes, passwords."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from server.sheets import BadSheet, open_sheet
from tests.imports.workbooks import MAIN, row_xml, write_excel, write_parts

COLUMNS = {
    "id": ("编号", "id"),
    "head": ("户主", "head"),
    "code": ("村代码",),
    "lon": ("经度",),
    "lat": ("纬度",),
}
NEEDED = (("id",), ("head",))
HEADER = ["编号", "户主", "村代码"]
ROWS = [HEADER, ["H1", "张某甲", 511921100201], ["H2", "李某乙", "511921100201"]]


def read(path: Path, sheet: str | None = None) -> list[dict[str, str]]:
    return [dict(row.cells) for row in open_sheet(path, COLUMNS, NEEDED, sheet=sheet).rows()]


def refused(path: Path, said: str) -> None:
    with pytest.raises(BadSheet, match=said):
        open_sheet(path, COLUMNS, NEEDED)


@pytest.mark.parametrize("options", [{}, {"constant_memory": True}, {"date_1904": True}])
def test_a_workbook_reads_as_the_list_that_it_shows(tmp_path: Path, options: Any) -> None:
    path = write_excel(tmp_path / "名单.csv", {"住户": ROWS}, **options)  # whatever it is called
    assert read(path) == [
        {"id": "H1", "head": "张某甲", "code": "511921100201"},
        {"id": "H2", "head": "李某乙", "code": "511921100201"},
    ]


@pytest.mark.parametrize(
    "above",
    [
        [["通江县住户名单"]],
        [["通江县住户名单"], [], ["填表单位：示例镇", "", "2026年3月"]],
        [["编号", "", "位置"]],  # merged downwards, with a second line below
    ],
)
def test_what_stands_above_the_header_does_not_matter(
    tmp_path: Path, above: Sequence[Sequence[str]]
) -> None:
    path = write_excel(tmp_path / "l.xlsx", {"住户": [*above, *ROWS]})
    sheet = open_sheet(path, COLUMNS, NEEDED)
    assert [row.cells["id"] for row in sheet.rows()] == ["H1", "H2"]
    assert [row.line for row in sheet.rows()] == [len(above) + 2, len(above) + 3]


def test_a_header_of_two_lines_is_read_as_one(tmp_path: Path) -> None:
    rows = [["编号", "户主", "坐标", ""], ["", "", "经度", "纬度"], ["H1", "张某甲", 107.02, 31.95]]
    path = write_excel(tmp_path / "l.xlsx", {"住户": rows})
    assert read(path) == [{"id": "H1", "head": "张某甲", "lon": "107.02", "lat": "31.95"}]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (107.0213456, "107.0213456"),
        (511921100201001, "511921100201001"),
        (511921100201001234, "5.119211E+17"),  # 18 digits: Excel kept 15 of them
        (True, "true"),
        (date(2026, 3, 1), "2026-03-01T00:00:00"),
        ("003", "003"),
        ("=1+1", "=1+1"),
        ("  张某甲 ", "张某甲"),
        (1e-7, "0.000000100000000"),
    ],
)
def test_a_value_is_what_a_person_would_have_typed(tmp_path: Path, value: Any, text: str) -> None:
    path = write_excel(tmp_path / "l.xlsx", {"住户": [HEADER, ["H1", value]]})
    assert read(path)[0]["head"] == text


def test_pieces_in_two_fonts_are_one_text_and_readings_are_none(tmp_path: Path) -> None:
    strings = (
        f'<sst xmlns="{MAIN}"><si><r><t>张某</t></r><r><t>甲</t></r><rPh><t>zhang</t></rPh></si>'
        "</sst>"
    )
    cells = (
        row_xml(1, "id", "head") + '<row r="2"><c r="A2"><v>1</v></c><c t="s"><v>0</v></c></row>'
    )
    path = write_parts(tmp_path / "l.xlsx", cells, sharedStrings=strings)
    assert read(path) == [{"id": "1", "head": "张某甲"}]


def test_elements_with_a_prefix_are_the_same_elements(tmp_path: Path) -> None:
    cells = (row_xml(1, "id", "head") + row_xml(2, "1", "张某甲")).replace("<", "<x:")
    sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{cells}</x:sheetData></x:worksheet>'
    path = write_parts(tmp_path / "l.xlsx", "", sheet=sheet.replace("<x:/", "</x:"))
    assert read(path) == [{"id": "1", "head": "张某甲"}]


def test_notes_beside_the_table_are_not_a_stray_separator(tmp_path: Path) -> None:
    path = write_excel(tmp_path / "l.xlsx", {"住户": [*ROWS, ["H3", "王某丙", "", "", "已核"]]})
    assert not any(row.surplus for row in open_sheet(path, COLUMNS, NEEDED).rows())


def test_of_several_sheets_one_is_named(tmp_path: Path) -> None:
    path = write_excel(tmp_path / "l.xlsx", {"说明": [["请填写"]], "住户": ROWS, "空": []})
    refused(path, "--sheet.*说明、住户")
    assert [row["id"] for row in read(path, "住户")] == ["H1", "H2"]
    with pytest.raises(BadSheet, match="说明、住户、空"):
        read(path, "没有")
    only = write_excel(tmp_path / "o.xlsx", {"Sheet1": ROWS, "Sheet2": []})
    assert len(read(only)) == 2


def test_a_password_is_said(tmp_path: Path) -> None:
    path = tmp_path / "l.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    )
    refused(path, "password")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    refused(path, "xls")


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
def test_a_zip_that_breaks_off_is_said(tmp_path: Path, kept: float) -> None:
    path = write_excel(tmp_path / "l.xlsx", {"住户": ROWS})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    refused(path, "damaged")


def test_a_byte_that_changed_inside_is_said(tmp_path: Path) -> None:
    rows = [HEADER, *([f"H{n}", f"张某甲{n}", "x"] for n in range(200))]
    path = write_excel(tmp_path / "l.xlsx", {"住户": rows})
    whole = bytearray(path.read_bytes())
    at = whole.index(b"xl/worksheets/sheet1.xml") + 200
    whole[at] ^= 0xFF
    path.write_bytes(whole)
    refused(path, "damaged|not well formed")


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    blanks = "<c/>" * (5 << 20)  # 20 MB of nothing
    path = write_parts(tmp_path / "l.xlsx", row_xml(1, "id", "head") + blanks)
    assert path.stat().st_size < 200_000
    refused(path, "too large")
    texts = f"<sst><si><t>{'长' * (43 << 20)}</t></si></sst>"  # 129 MB, kept in memory if read
    refused(write_parts(tmp_path / "t.xlsx", "", sharedStrings=texts), "too large")


def test_two_cells_in_opposite_corners_take_no_more_than_two_cells(tmp_path: Path) -> None:
    corner = '<row r="1048576"><c r="ALL1048576"><v>1</v></c></row>'
    refused(write_parts(tmp_path / "l.xlsx", row_xml(1, "id", "head") + corner), "column 512")
    far = '<row r="1048576"><c r="A1048576"><v>1</v></c><c r="B1048576"><v>2</v></c></row>'
    path = write_parts(tmp_path / "f.xlsx", row_xml(1, "id", "head") + far)
    (row,) = open_sheet(path, COLUMNS, NEEDED).rows()
    assert (row.line, row.cells["id"]) == (1048576, "1")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("", "empty"),
        (row_xml(1, "id", "head"), "no rows"),
        (row_xml(1, "id"), "户主"),
        (row_xml(2, "id", "head") + row_xml(1, "1", "2"), "out of order"),
        (row_xml(99999999, "id", "head"), "out of order"),
        (row_xml(1, "id", "head") + '<row r="2"><c t="s"><v>9</v></c></row>', "not well formed"),
        (row_xml(1, "id", "head") + '<row r="2"><c r="?2"><v>9</v></c></row>', "no such cell"),
        (row_xml(1, "id", "head") + "<row>", "not well formed"),
    ],
)
def test_what_is_no_list_says_why(tmp_path: Path, cells: str, said: str) -> None:
    refused(write_parts(tmp_path / "l.xlsx", cells), said)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    sheet = (
        '<!DOCTYPE w [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><worksheet><sheetData>'
        f"{row_xml(1, 'id', '&b;')}</sheetData></worksheet>"
    )
    refused(write_parts(tmp_path / "l.xlsx", "", sheet=sheet), "document type")


def test_a_zip_of_something_else_is_said(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "l.xlsx", "", workbook="<x/>")
    refused(path, "empty")
    whole = path.read_bytes().replace(b"xl/", b"yl/")
    path.write_bytes(whole)
    refused(path, "no Excel workbook")


def test_a_list_can_be_read_twice_at_once(tmp_path: Path) -> None:
    sheet = open_sheet(write_excel(tmp_path / "l.xlsx", {"住户": ROWS}), COLUMNS, NEEDED)
    (tmp_path / "l.xlsx").unlink()  # what was checked is what is loaded
    for one, other in zip(sheet.rows(), sheet.rows(), strict=True):
        assert one == other


@pytest.mark.parametrize(
    "inside",
    [
        "<a>" * 200_000,
        f'<row r="2" x="{"a" * 3_000_000}"/>',
        f'<row r="2"><c>{"<v>1</v>" * 200_000}</c></row>',
    ],
    ids=["deep", "one tag", "one cell"],
)
def test_what_has_to_be_remembered_whole_is_bounded(tmp_path: Path, inside: str) -> None:
    """A few kilobytes of these would take gigabytes."""
    rows = row_xml(1, "id", "head")
    refused(write_parts(tmp_path / "l.xlsx", rows + inside), "nothing that Excel writes")


def test_nor_is_a_part_beside_the_sheet_believed(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "l.xlsx", row_xml(1, "id", "head"), styles="<a>" * 200_000)
    refused(path, "nothing that Excel writes")


def test_a_long_text_in_every_row_does_not_fill_the_disk(tmp_path: Path) -> None:
    cell = '<c t="s"><v>0</v></c>'
    texts = f"<sst><si><t>{'示' * 70_000}</t></si></sst>"
    cells = row_xml(1, "id", "head") + f'<row r="2">{cell}{cell}</row>'
    refused(write_parts(tmp_path / "l.xlsx", cells, sharedStrings=texts), "line 2 is too long")


def test_a_sheet_that_is_listed_a_thousand_times_is_not_read_a_thousand_times(
    tmp_path: Path,
) -> None:
    sheets = '<sheet name="一" sheetId="1" r:id="rId1"/>' * 1000
    book = f'<workbook xmlns="{MAIN}" xmlns:r="r"><sheets>{sheets}</sheets></workbook>'
    refused(write_parts(tmp_path / "l.xlsx", "<row/>" * 200_000, workbook=book), "MB unpacked")
