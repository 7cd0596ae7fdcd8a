"""Group names as county lists write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.groups import group_number, group_number_in_column


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("三社", 3),
        ("3组", 3),
        ("叁组", 3),
        ("參社", 3),
        ("３组", 3),
        ("第三组", 3),
        ("第３组", 3),
        ("三　组", 3),
        ("　三组　", 3),
        ("3 社", 3),
        ("一 组", 1),
        ("第 三 村民小组", 3),
        ("三小组", 3),
        ("03组", 3),
        ("〇三组", 3),
        ("③组", 3),
        ("（三）组", 3),
        ("㈢组", 3),
        ("十社", 10),
        ("拾组", 10),
        ("一〇组", 10),
        ("一十组", 10),
        ("十二社", 12),
        ("拾贰组", 12),
        ("二○组", 20),
        ("廿组", 20),
        ("廿一", None),
        ("廿一组", 21),
        ("二十一组", 21),
        ("贰拾壹社", 21),
        ("卅二组", 32),
        ("99组", 99),
        ("九十九组", 99),
        ("3村民小组", 3),
        ("第三村民小组", 3),
        ("三村民组", 3),
        ("村民三组", 3),
        ("村民小组3", 3),
        ("村民小组：三", 3),
        ("村民小组第三", 3),
        ("组3", 3),
        ("5居民小组", 5),
        ("三队", 3),
        ("第三生产队", 3),
        ("城南村三社12号", 3),
        ("2村3组", 3),
        ("五一村3组", 3),
        ("东街12号 3组", 3),
        ("三社（3组）", 3),
        ("三组组长家旁", 3),
    ],
)
def test_one_group_written_in_many_ways(text: str, number: int | None) -> None:
    assert group_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "王家坝",
        "组",
        "社",
        "3",
        "三",
        "3号",
        "0组",
        "100组",
        "2023组",
        "一百零三组",
        "第三社区",
        "城南社区",
        "五社联动",
        "三组织",
        "两组人",
        "几组",
        "十几组",
        "1、2组",
        "1 、 2组",
        "第一、第二组",
        "1-3组",
        "三至五组",
        "3组4组",
        "3组、5社",
        "1.5组",
        "2 3组",
        "三八社",  # a place, or 38, or the groups 3 and 8
        "3十组",
        "٣组",
        "0" * 5000 + "3组",
    ],
)
def test_none_where_no_single_group_is_named(text: str) -> None:
    assert group_number(text) is None


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), ("三", 3), ("３", 3), ("3.0", 3), ("廿一", 21), ("3组", 3)]
)
def test_under_the_heading_group_a_bare_number_is_enough(text: str, number: int) -> None:
    assert group_number_in_column(text) == number


@pytest.mark.parametrize("text", ["", "无", "100", "3.5", "0", "1、2", "王家坝"])
def test_under_the_heading_group_other_text_still_names_none(text: str) -> None:
    assert group_number_in_column(text) is None


TENS = ["", "十", "二十", "三十", "四十", "五十", "六十", "七十", "八十", "九十"]
FORMAL = str.maketrans("一二三四五六七八九十", "壹贰叁肆伍陆柒捌玖拾")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@settings(deadline=None)
@given(
    st.integers(1, 99),
    st.sampled_from(["", "第", "城南村", "城南村第", "诺江镇2村"]),
    st.sampled_from(["", " ", "　"]),
    st.sampled_from(["组", "社", "小组", "村民小组", "村民组", "队"]),
    st.sampled_from(["", "12号", "，王家坝"]),
)
def test_every_number_is_read_from_every_numeral(
    number: int, before: str, blank: str, kind: str, after: str
) -> None:
    chinese = TENS[number // 10] + "〇一二三四五六七八九"[number % 10].replace("〇", "")
    arabic = str(number)
    for numeral in (chinese, chinese.translate(FORMAL), arabic, arabic.translate(WIDE)):
        assert group_number(f"{before}{numeral}{blank}{kind}{after}") == number


@settings(deadline=None)
@given(st.text(alphabet="一二三十百廿〇0123４第组社队村民小区、-到 ()（壹", max_size=14))
def test_any_text_gives_a_possible_number_or_none(text: str) -> None:
    number = group_number(text)
    assert number is None or 1 <= number <= 99
