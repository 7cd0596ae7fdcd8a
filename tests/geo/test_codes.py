"""Codes: what the real list holds is taken, what a hurried hand types is not."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.codes import (
    Code,
    Level,
    TownshipKind,
    cell_code,
    is_under,
    level_of,
    parent_of,
    parse,
    prefix_range,
    township_kind,
)
from geo.errors import InvalidCode, InvalidSequence, WrongLevel

TONGJIANG = Path(__file__).parents[2] / "server" / "demo" / "data" / "tongjiang_areas.csv"


def test_the_real_list_of_tongjiang_parses_wholly_with_its_levels_and_parents() -> None:
    with TONGJIANG.open(encoding="utf-8", newline="") as file:
        areas = list(csv.DictReader(file))
    assert len(areas) == 403
    for area in areas:
        assert parse(area["code"]) == Code(area["code"], Level(area["level"]))
        assert parent_of(area["code"]) == (area["parent_code"] or None)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("51", Level.PROVINCE),
        ("5119", Level.CITY),
        ("511921", Level.COUNTY),
        ("441900", Level.COUNTY),  # Dongguan: a city without counties
        ("511921100", Level.TOWNSHIP),
        ("511921100201", Level.VILLAGE),
        ("511921100598", Level.VILLAGE),  # 4 and 5 begin village segments of the real list
        ("511921100201001", Level.CELL),
    ],
)
def test_the_length_tells_the_level(code: str, level: Level) -> None:
    assert level_of(code) is level
    assert level.digits == len(code)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "5",
        "511",
        "51192",
        "51192110020",
        "5119211002010011",
        "５１１９２１",  # full-width
        "٥١١٩٢١",  # another script's digits
        "51192²",
        " 511921",
        "511921 ",
        "511921\n",
        "5119 21",
        "51192x",
        "+51192",
        "01",
        "99",
        "5100",
        "511921000",  # padded county
        "511921000000",
        "511921100000",  # padded township: would pass for a village
        "511921100201000",
        "511921600",
        "511921100600",
        "511921100999",
    ],
)
def test_what_is_not_a_code_is_refused_with_advice(code: str) -> None:
    with pytest.raises(InvalidCode, match=r"请填写.*give 2, 4, 6"):
        parse(code)


def test_a_cell_has_five_ancestors() -> None:
    line = ["511921100201007"]
    while (above := parent_of(line[-1])) is not None:
        line.append(above)
    assert line == ["511921100201007", "511921100201", "511921100", "511921", "5119", "51"]
    assert all(is_under(line[0], above) for above in line)


def test_a_neighbouring_township_is_not_under_the_first() -> None:
    assert not is_under("511921101201", "511921100")
    assert not is_under("511921", "511921100")


def test_cells_are_numbered_from_001_to_999_within_a_village() -> None:
    assert cell_code("511921100201", 1) == "511921100201001"
    assert cell_code("511921100201", 999) == "511921100201999"
    for sequence in (0, 1000, -1):
        with pytest.raises(InvalidSequence):
            cell_code("511921100201", sequence)
    with pytest.raises(WrongLevel):
        cell_code("511921100", 1)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("511921001", TownshipKind.STREET_OFFICE),
        ("511921099", TownshipKind.STREET_OFFICE),
        ("511921100", TownshipKind.TOWN),
        ("511921199201", TownshipKind.TOWN),
        ("511921200", TownshipKind.RURAL_TOWNSHIP),
        ("511921399201001", TownshipKind.RURAL_TOWNSHIP),
        ("511921400", TownshipKind.SPECIAL),
        ("511921599", TownshipKind.SPECIAL),
    ],
)
def test_the_township_segment_tells_town_from_street_office(code: str, kind: TownshipKind) -> None:
    assert township_kind(code) is kind


def test_a_county_is_no_kind_of_township() -> None:
    with pytest.raises(WrongLevel):
        township_kind("511921")


@st.composite
def codes(draw: st.DrawFn) -> str:
    """Valid codes, often close relatives, with the ends of every segment's range."""
    whole = (
        draw(st.sampled_from(["11", "51", "89"]))
        + draw(st.sampled_from(["01", "19", "99"]))
        + draw(st.sampled_from(["00", "21", "99"]))
        + "".join(draw(st.sampled_from(["001", "199", "200", "599"])) for _ in range(2))
        + draw(st.sampled_from(["001", "199", "200", "999"]))
    )
    return whole[: draw(st.sampled_from([2, 4, 6, 9, 12, 15]))]


@settings(deadline=None, max_examples=500)
@given(codes(), codes())
def test_the_text_range_holds_exactly_what_begins_with_the_code(code: str, ancestor: str) -> None:
    low, high = prefix_range(ancestor)
    assert (low <= code < high) == code.startswith(ancestor) == is_under(code, ancestor)
    assert len(low) == len(high)


@settings(deadline=None)
@given(st.text(alphabet="0123456789０一 x", max_size=16))
def test_whatever_parses_is_plain_digits_and_its_parents_parse_too(text: str) -> None:
    try:
        code = parse(text)
    except InvalidCode:
        return
    assert text.isascii()
    assert text.isdigit()
    above = parent_of(code.text)
    assert above is None or parse(above).level.digits < code.level.digits
