"""Where a dispute starts. Every code here is of the demo county, with made-up places below it."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ladder.errors import NoCommonArea, PlaceInvalid
from server.ladder.routing import Category, Level, Start, not_below, starting_level

COUNTY = "511921"
VILLAGE_A = COUNTY + "100" + "201"
VILLAGE_B = COUNTY + "100" + "202"
ELSEWHERE = COUNTY + "200" + "201"

codes = st.builds(
    lambda township, village, cell, digits: (COUNTY + township + village + cell)[:digits],
    st.sampled_from(["001", "100", "101", "200"]),
    st.sampled_from(["001", "200", "201"]),
    st.sampled_from(["001", "002"]),
    st.sampled_from([6, 9, 12, 15]),
)
levels = st.sampled_from(list(Level))


@pytest.mark.parametrize(
    ("places", "start"),
    [
        ([VILLAGE_A], Start(Level.VILLAGE, VILLAGE_A)),
        ([VILLAGE_A + "001", VILLAGE_A + "002"], Start(Level.VILLAGE, VILLAGE_A)),
        ([VILLAGE_A, VILLAGE_B], Start(Level.TOWNSHIP, COUNTY + "100")),
        ([VILLAGE_A, COUNTY + "100"], Start(Level.TOWNSHIP, COUNTY + "100")),
        ([VILLAGE_A, ELSEWHERE], Start(Level.COUNTY, COUNTY)),
        ([VILLAGE_A, VILLAGE_B, COUNTY], Start(Level.COUNTY, COUNTY)),
    ],
)
def test_the_lowest_level_that_covers_place_and_parties(places: list[str], start: Start) -> None:
    assert starting_level(Level.VILLAGE, places) == start


def test_a_category_that_starts_at_the_township_is_never_left_to_the_village() -> None:
    start = starting_level(Level.TOWNSHIP, [VILLAGE_A])
    assert start == Start(Level.TOWNSHIP, COUNTY + "100")
    assert starting_level(Level.TOWNSHIP, [VILLAGE_A, ELSEWHERE]).level is Level.COUNTY


def test_without_a_common_county_nobody_is_guessed() -> None:
    for places in ([], [VILLAGE_A, "511922100201"]):
        with pytest.raises(NoCommonArea):
            starting_level(Level.VILLAGE, places)


@pytest.mark.parametrize("code", ["", "51192", "5119211002011", "51192110020１", "51192110020a"])
def test_what_is_no_code_is_refused_by_name(code: str) -> None:
    with pytest.raises(PlaceInvalid, match=code or "区划代码"):
        starting_level(Level.VILLAGE, [VILLAGE_A, code])


@given(levels, st.lists(codes, min_size=1, max_size=5))
def test_the_start_covers_all_is_not_too_low_and_not_higher_than_need_be(
    least: Level, places: list[str]
) -> None:
    start = starting_level(least, places)
    assert len(start.area_code) == start.level.digits
    assert all(code.startswith(start.area_code) for code in places)
    assert not_below(start.level, least)
    lower = [level for level in Level if level.digits > start.level.digits]
    for level in (level for level in lower if not_below(level, least)):
        prefixes = {code[: level.digits] for code in places}
        assert len(prefixes) > 1 or len(prefixes.pop()) < level.digits


@given(levels, st.lists(codes, min_size=1, max_size=4), codes)
def test_one_more_party_never_lowers_the_level(least: Level, places: list[str], more: str) -> None:
    before, after = starting_level(least, places), starting_level(least, [*places, more])
    assert not_below(after.level, before.level)
    assert before.area_code.startswith(after.area_code)


@given(levels, st.lists(codes, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(
    least: Level, places: list[str], chance: Random
) -> None:
    again = [*places, *places[:2]]
    chance.shuffle(again)
    assert starting_level(least, again) == starting_level(least, places)


def test_the_register_knows_the_eighteen_kinds_by_name() -> None:
    names = [category.zh for category in Category]
    assert len(names) == len(set(names)) == 18
    assert {"邻里", "拖欠农民工工资", "山林土地", "其他"} <= set(names)
