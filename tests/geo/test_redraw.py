"""Who moves where when boundaries are drawn anew: the rule of a first placing, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box

from geo.errors import UnusableCell
from geo.redraw import Cell, Drawing, Homes, Way, Why, changed, redraw, successors

NAN = float("nan")


def homes(*each: tuple[float, float, int, str]) -> Homes:
    """Homes as (lon, lat, group, the cell in which a hand put it)."""
    return Homes(
        lon=np.array([one[0] for one in each], dtype=np.float64),
        lat=np.array([one[1] for one in each], dtype=np.float64),
        group=np.array([one[2] for one in each], dtype=np.int64),
        hand=np.array([one[3] for one in each], dtype=np.str_),
    )


def strips(*edges: float, groups: Sequence[Sequence[int]] = ()) -> Drawing:
    """Cells "1", "2", … side by side, from edge to edge."""
    cells = {}
    for k, (west, east) in enumerate(pairwise(edges)):
        named = groups[k] if k < len(groups) else ()
        cells[str(k + 1)] = Cell(box(west, 0, east, 1), frozenset(named))
    return cells


def test_a_point_goes_where_it_lies_and_on_an_edge_to_the_lower_code() -> None:
    found = redraw(
        strips(0, 2),
        strips(0, 1, 2),
        {},
        homes((0.5, 0.5, 0, ""), (1.5, 0.5, 0, ""), (1.0, 0.5, 0, "")),
    )
    assert found.cell == ("1", "2", "1")
    assert set(found.way) == {Way.POINT}
    assert set(found.why) == {None}


def test_a_point_decides_over_a_group_and_a_group_where_there_is_no_point() -> None:
    new = strips(0, 1, 2, groups=[[1], [2]])
    found = redraw(new, new, {}, homes((0.5, 0.5, 2, ""), (NAN, NAN, 2, "")))
    assert found.cell == ("1", "2")
    assert found.way == (Way.POINT, Way.GROUP)


def test_why_a_home_has_no_cell() -> None:
    new = strips(0, 1, 2, groups=[[1, 3], [1]])
    around = {"9": Cell(box(2, 0, 3, 1))}
    found = redraw(
        new,
        new,
        around,
        homes(
            (9.0, 9.0, 3, ""),
            (2.5, 0.5, 3, ""),
            (NAN, NAN, 0, ""),
            (NAN, NAN, 7, ""),
            (NAN, NAN, 1, ""),
        ),
    )
    assert found.cell == ("",) * 5
    assert found.way == (None,) * 5
    assert found.why == (
        Why.OUTSIDE,
        Why.OTHER_VILLAGE,
        Why.NO_PLACE,
        Why.GROUP_UNKNOWN,
        Why.GROUP_AMBIGUOUS,
    )


def test_a_neighbouring_village_with_a_lower_code_has_the_common_edge() -> None:
    new = {"5": Cell(box(0, 0, 1, 1))}
    on_edge = homes((1.0, 0.5, 0, ""))
    lower, higher = {"4": Cell(box(1, 0, 2, 1))}, {"6": Cell(box(1, 0, 2, 1))}
    assert redraw(new, new, lower, on_edge).why == (Why.OTHER_VILLAGE,)
    assert redraw(new, new, higher, on_edge).cell == ("5",)


def test_a_hand_stays_with_its_cell_or_goes_where_all_of_it_goes() -> None:
    old = strips(0, 1, 2, 3)
    new = {"1": Cell(box(0, 0, 2, 1)), "3": Cell(box(2, 0, 3, 1))}
    found = redraw(old, new, {}, homes((NAN, NAN, 0, "2"), (0.5, 0.5, 0, "3")))
    assert found.cell == ("1", "3")
    assert found.way == (Way.HAND, Way.HAND)


def test_a_hand_counts_no_more_where_its_cell_was_cut_up() -> None:
    old = strips(0, 1, 2)
    new = {"1": Cell(box(0, 0, 1.5, 1)), "3": Cell(box(1.5, 0, 2, 1))}
    found = redraw(old, new, {}, homes((1.7, 0.5, 0, "2"), (NAN, NAN, 0, "2")))
    assert found.cell == ("3", "")
    assert found.way == (Way.POINT, None)
    assert found.why == (None, Why.NO_PLACE)


def test_an_heir_may_miss_what_was_drawn_inexactly() -> None:
    old = strips(0, 1, 2)
    assert successors(old, {"1": Cell(box(0, 0, 1.9999, 1))}) == {"2": "1"}
    assert successors(old, {"1": Cell(box(0, 0, 1.9, 1))}) == {}
    assert successors(old, old) == {}


def test_what_changed_is_a_polygon_a_group_or_an_end() -> None:
    old = strips(0, 1, 2, 3, groups=[[1], [2], [3]])
    new = {
        "1": Cell(box(0, 0, 1, 1, ccw=False), frozenset([1])),  # the same ring, the other way
        "2": Cell(old["2"].polygon, frozenset([2, 3])),
    }
    assert changed(old, old) == set()
    assert changed(old, new) == {"2", "3"}


def test_a_cell_whose_group_another_one_names_is_changed_too() -> None:
    old = strips(0, 1, 2, 3, groups=[[1], [2], [3]])
    shared = strips(0, 1, 2, 3, groups=[[1, 2], [2], [3]])
    assert changed(old, shared) == changed(shared, old) == {"1", "2"}


def test_cells_without_a_polygon_still_name_groups() -> None:
    new = {"1": Cell(None, frozenset([1])), "2": Cell(box(0, 0, 1, 1))}
    found = redraw(new, new, {}, homes((NAN, NAN, 1, ""), (0.5, 0.5, 0, "")))
    assert found.cell == ("1", "2")
    assert changed(new, new) == set()


def test_nobody_and_nothing() -> None:
    assert redraw({}, {}, {}, homes()).cell == ()
    assert redraw({}, {}, {}, homes((0.5, 0.5, 0, ""))).why == (Why.OUTSIDE,)


def test_what_nothing_can_lie_in_is_refused() -> None:
    bow_tie = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(UnusableCell):
        redraw({}, {"1": Cell(bow_tie)}, {}, homes((0.5, 0.5, 0, "")))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, NAN]),
            st.integers(0, 4),
            st.sampled_from(["", "1", "2"]),
        ),
        max_size=12,
    ),
    st.permutations(["1", "2", "3"]),
)
def test_each_home_is_placed_alone_whatever_the_order_of_homes_and_cells(
    drawn: list[tuple[float, int, str]], order: list[str]
) -> None:
    old = strips(0, 1, 2, groups=[[1, 2], [3]])
    cells = strips(0, 0.5, 1.5, 2, groups=[[1], [2, 3], [3]])
    new = {code: cells[code] for code in order}
    each = [(x, 0.5 if x == x else NAN, group, hand) for x, group, hand in drawn]
    together = redraw(old, new, {}, homes(*each))
    alone = [redraw(old, cells, {}, homes(one)) for one in each]
    assert together.cell == tuple(found.cell[0] for found in alone)
    assert together.way == tuple(found.way[0] for found in alone)
    assert together.why == tuple(found.why[0] for found in alone)
    for cell, way, why in zip(together.cell, together.way, together.why, strict=True):
        assert (cell != "") == (way is not None) == (why is None)
