"""Files as offices save them: read to the end, or refused in a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.sheets import MAX_LINE, BadSheet, open_sheet

COLUMNS = {"id": ("编号", "id"), "head": ("户主", "head_name"), "tel": ("电话",)}
NEEDED = (("id",), ("head",))
TEXT = "编号,户主,电话\n1,张某甲,0001\n2,李某乙,\n"


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    file = path / "list.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return file


def read(file: Path) -> list[dict[str, str]]:
    return [dict(row.cells) for row in open_sheet(file, COLUMNS, NEEDED).rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_what_excel_and_wps_write_reads_the_same(tmp_path: Path, encoding: str) -> None:
    assert read(write(tmp_path, TEXT, encoding)) == [
        {"id": "1", "head": "张某甲", "tel": "0001"},
        {"id": "2", "head": "李某乙", "tel": ""},
    ]


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n", "\r\n"),
        TEXT.replace(",", ";"),
        TEXT.replace(",", "\t"),
        TEXT.replace("编号,户主,电话", "ID（必填）, Head_Name ,电 话"),
        TEXT.replace("1,张某甲", "\n,,\n1,张某甲"),
        TEXT.replace("张某甲", '"张某甲"'),
    ],
)
def test_separators_blank_lines_and_decorated_headers_do_not_matter(
    tmp_path: Path, text: str
) -> None:
    assert read(write(tmp_path, text)) == read(write(tmp_path, TEXT))


def test_a_row_with_more_cells_than_the_header_is_marked(tmp_path: Path) -> None:
    file = write(tmp_path, TEXT + "3,王某丙,0003,多出\n4,王某丁\n")
    rows = list(open_sheet(file, COLUMNS, NEEDED).rows())
    assert [row.surplus for row in rows] == [False, False, True, False]
    assert [row.line for row in rows] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        ("编号,户主\n", "no rows"),
        ("编号,户主\n,,\n", "no rows"),
        ("编号,电话\n1,2\n", "户主"),
        ("编号,id,户主\n1,1,张某甲\n", "mean the same"),
        (TEXT + '3,"没有结束的引号\n' * 2, "quotes"),
        (TEXT + "3," + "长" * MAX_LINE + "\n", "Line 4 is too long"),
        (TEXT + '3,"' + "长\n" * 200_000, "quotes"),
        (b"PK\x03\x04" + b"0" * 50, "Excel"),
        (TEXT.encode("utf-16"), "UTF-16"),
        (TEXT.encode() + b"3,\xe5\xbc\n", "Line 4 is neither"),
        (b"id,head_name\n1,\xff\xfe\xfd\n", "Line 2 is neither"),
    ],
)
def test_what_cannot_be_read_to_its_end_says_where_and_why(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    with pytest.raises(BadSheet, match=said):
        open_sheet(write(tmp_path, content), COLUMNS, NEEDED)


def test_a_damaged_file_is_not_taken_for_another_encoding(tmp_path: Path) -> None:
    """One broken byte in UTF-8 must not turn 张某甲 into three strangers' characters."""
    broken = TEXT.encode().replace("李某乙".encode(), "李某乙".encode()[:-1])
    with pytest.raises(BadSheet, match="Line 3"):
        open_sheet(write(tmp_path, broken), COLUMNS, NEEDED)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadSheet, match="Cannot open"):
        open_sheet(tmp_path / "nowhere.csv", COLUMNS, NEEDED)


def test_a_record_may_go_over_lines_but_not_for_ever(tmp_path: Path) -> None:
    """Each line is short, and a quote closes each: it is one record all the same."""
    beyond = 'H1,"' + '\n","' * 300_000 + '"\n'
    with pytest.raises(BadSheet, match="too long"):
        read(write(tmp_path, f"编号,户主,电话\n{beyond}"))
    assert read(write(tmp_path, '编号,户主,电话\nH1,"张\n某甲",\n'))[0]["head"] == "张\n某甲"


@pytest.mark.parametrize("title", ["(" * MAX_LINE, "\u0301\u0323" * (MAX_LINE // 2)])
def test_what_nobody_calls_a_column_is_not_studied(tmp_path: Path, title: str) -> None:
    """Looking for the end of each of its brackets would take minutes."""
    text = f"编号,户主,电话\n{title[:60_000]},张某甲,\n"
    assert read(write(tmp_path, text))[0]["head"] == "张某甲"
