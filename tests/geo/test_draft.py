"""A first division of a village: exact, within the bounds where that can be, honest where not."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from geo.cells import CellIndex
from geo.clusters import clustered
from geo.concerns import Kind
from geo.draft import Draft, Houses, draft, reading_order
from geo.errors import UnevenLists, UnusableBounds, UnusableVillage
from geo.partition import check

WEST, SOUTH = 107.20, 31.90
METRE = 1 / 111_000  # degrees, roughly
VILLAGE = shapely.box(WEST, SOUTH, WEST + 0.04, SOUTH + 0.03)


def hamlet(lon: float, lat: float, many: int, spread_m: float = 40.0) -> np.ndarray:
    """So many houses around a place, the same ones each time."""
    seed = np.random.default_rng(int(lon * 1e6) + int(lat * 1e6))
    return np.array([lon, lat]) + seed.uniform(-1, 1, (many, 2)) * spread_m * METRE


def houses(*hamlets: np.ndarray, group: list[int] | None = None) -> Houses:
    every = np.concatenate(hamlets)
    of = None if group is None else np.repeat(group, [len(each) for each in hamlets])
    return Houses(*every.T, group=of)


def tiles(village: BaseGeometry, drawn: Draft) -> bool:
    """With no tolerance to speak of: a square centimetre in a village of square kilometres."""
    cells = {f"{cell.number:03d}": cell.polygon for cell in drawn.cells}
    return check(village, cells, tolerance_m2=1e-4, sliver_m=0).ok


def kinds(drawn: Draft) -> set[Kind]:
    return {concern.kind for concern in drawn.concerns}


def test_two_hamlets_of_a_cell_each_become_two_cells_cut_between_them() -> None:
    west, east = hamlet(107.21, 31.915, 350), hamlet(107.23, 31.915, 420)
    drawn = draft(VILLAGE, houses(west, east, group=[1, 2]))
    assert [(cell.number, cell.households, cell.groups) for cell in drawn.cells] == [
        (1, 350, (1,)),
        (2, 420, (2,)),
    ]
    assert drawn.concerns == ()
    assert tiles(VILLAGE, drawn)


def test_a_hamlet_stays_whole_although_an_even_cut_would_part_it() -> None:
    drawn = draft(VILLAGE, houses(hamlet(107.205, 31.915, 310), hamlet(107.225, 31.915, 490)))
    assert sorted(cell.households for cell in drawn.cells) == [310, 490]
    assert drawn.concerns == ()


def scattered() -> np.ndarray:
    """800 houses evenly over the village, 40 from west to east by 20, none near another."""
    east, north = np.meshgrid(np.arange(40), np.arange(20), indexing="ij")
    return np.column_stack([WEST + 0.0005 + east.ravel() / 1000, SOUTH + north.ravel() / 700])


def test_a_group_stays_whole_although_an_even_cut_would_part_it() -> None:
    group = np.repeat([1, 2], [16 * 20, 24 * 20])
    drawn = draft(VILLAGE, Houses(*scattered().T, group=group))
    assert [(cell.households, cell.groups) for cell in drawn.cells] == [(320, (1,)), (480, (2,))]
    assert drawn.concerns == ()


def test_a_road_is_followed_although_an_even_cut_would_leave_it() -> None:
    road = shapely.LineString([(WEST + 0.018, SOUTH - 1), (WEST + 0.018, SOUTH + 1)])
    even, along = (
        draft(VILLAGE, Houses(*scattered().T)),
        draft(VILLAGE, Houses(*scattered().T), lines=[road]),
    )
    assert [cell.households for cell in even.cells] == [400, 400]
    assert [cell.households for cell in along.cells] == [360, 440]
    assert along.cells[0].polygon.equals(shapely.box(WEST, SOUTH, WEST + 0.018, SOUTH + 0.03))


def test_a_hamlet_too_large_for_a_cell_is_parted_and_said() -> None:
    drawn = draft(VILLAGE, houses(hamlet(107.22, 31.915, 800), group=[3]))
    assert [300 <= cell.households <= 500 for cell in drawn.cells] == [True, True]
    concerns = {concern.kind: concern for concern in drawn.concerns}
    assert set(concerns) == {Kind.CLUSTER_CUT, Kind.GROUP_CUT}
    assert concerns[Kind.GROUP_CUT].group == 3
    assert concerns[Kind.CLUSTER_CUT].households == 800
    assert concerns[Kind.CLUSTER_CUT].counts == tuple(cell.households for cell in drawn.cells)
    assert [cell.groups for cell in drawn.cells] == [(3,), (3,)]  # named twice: nobody guesses
    assert "3 组（800 户）被分开" in concerns[Kind.GROUP_CUT].message
    json.dumps([concern.as_geojson() for concern in drawn.concerns], allow_nan=False)


def test_a_house_written_down_under_a_far_group_does_not_name_the_group_there() -> None:
    west, east = hamlet(107.21, 31.915, 350), hamlet(107.23, 31.915, 350)
    group = [1] * 349 + [2] + [2] * 350
    drawn = draft(VILLAGE, Houses(*np.concatenate([west, east]).T, group=group))
    assert [cell.groups for cell in drawn.cells] == [(1,), (2,)]
    assert [(c.kind, c.group, c.counts) for c in drawn.concerns] == [(Kind.GROUP_CUT, 2, (1, 350))]


def test_an_edge_follows_a_road_through_empty_fields() -> None:
    road = shapely.LineString([(WEST - 0.01, 31.910), (107.22, 31.917), (WEST + 0.05, 31.913)])
    south, north = hamlet(107.22, 31.905, 400), hamlet(107.22, 31.927, 400)
    drawn = draft(VILLAGE, houses(south, north), lines=[road])
    assert [cell.households for cell in drawn.cells] == [400, 400]
    south_cell, north_cell = (shapely.boundary(cell.polygon) for cell in drawn.cells)
    edge = shapely.intersection(south_cell, north_cell)
    assert shapely.within(edge, shapely.buffer(road, METRE / 1000))
    assert tiles(VILLAGE, drawn)


def test_a_river_may_come_as_an_area_and_a_road_may_end_in_a_field() -> None:
    river = shapely.box(107.218, SOUTH - 0.01, 107.222, SOUTH + 0.05)
    road = shapely.LineString([(WEST - 0.01, 31.910), (107.21, 31.91)])
    drawn = draft(
        VILLAGE,
        houses(hamlet(107.21, 31.915, 400), hamlet(107.23, 31.915, 400)),
        lines=[river, road],
    )
    assert [cell.households for cell in drawn.cells] == [400, 400]
    assert tiles(VILLAGE, drawn)


@pytest.mark.parametrize(
    ("many", "kind"), [(0, Kind.NO_HOUSES), (1, Kind.SMALL_VILLAGE), (299, Kind.SMALL_VILLAGE)]
)
def test_a_village_with_few_houses_or_none_is_one_cell_and_that_is_said(
    many: int, kind: Kind
) -> None:
    drawn = draft(VILLAGE, houses(hamlet(107.22, 31.915, many)))
    assert [(cell.number, cell.households) for cell in drawn.cells] == [(1, many)]
    assert drawn.cells[0].polygon.equals(VILLAGE)
    assert kinds(drawn) == {kind}


def test_what_no_number_of_cells_fits_misses_the_bounds_by_least_and_says_so() -> None:
    drawn = draft(VILLAGE, houses(hamlet(107.22, 31.915, 550)))
    assert len(drawn.cells) == 2  # 275 each is nearer to 300 than 550 is to 500
    assert Kind.TOO_FEW in kinds(drawn)


def test_a_tower_larger_than_a_cell_may_be_is_one_cell_and_said() -> None:
    tower = Houses([107.21, 107.23], [31.915, 31.915], weight=[900, 350])
    drawn = draft(VILLAGE, tower)
    assert sorted(cell.households for cell in drawn.cells) == [350, 900]
    assert kinds(drawn) == {Kind.TOO_MANY}


def test_ten_thousand_households_at_one_point_are_one_cluster_of_one_cell() -> None:
    """By pairs of houses this took a gigabyte for 4,000."""
    drawn = draft(VILLAGE, Houses([107.21] * 10_000, [31.915] * 10_000))
    assert [cell.households for cell in drawn.cells] == [10_000]


@given(st.integers(0, 10_000), st.integers(0, 60), st.sampled_from([0.0, 1.0, 5.0, 50.0]))
def test_a_cluster_is_a_chain_of_near_houses(seed: int, many: int, near_m: float) -> None:
    at = np.random.default_rng(seed).integers(-150, 150, (many, 2)).astype(np.float64) * 0.7
    near = np.hypot(*(at[:, None] - at[None, :]).transpose(2, 0, 1)) <= near_m
    number = np.arange(many)
    for _ in range(many):  # each takes the lowest number within reach, until nobody does
        number = np.array([number[row].min() for row in near], dtype=int)
    assert clustered(at, near_m).tolist() == number.tolist()


def test_houses_beyond_the_boundary_and_without_a_place_are_counted_apart() -> None:
    inside = hamlet(107.22, 31.915, 320)
    lon, lat = np.concatenate([inside, [[107.5, 31.9], [np.nan, 31.9]]]).T
    drawn = draft(VILLAGE, Houses(lon, lat))
    assert drawn.cells[0].households == 320
    assert [(c.kind, c.households) for c in drawn.concerns] == [(Kind.OUTSIDE, 2)]


def test_a_village_of_two_parts_with_a_lake_and_an_empty_island_is_tiled() -> None:
    lake = shapely.box(107.215, 31.912, 107.218, 31.916)
    island = shapely.box(107.26, 31.90, 107.27, 31.91)
    village = shapely.union_all([VILLAGE.difference(lake), island])
    lived_in = houses(hamlet(107.21, 31.905, 400), hamlet(107.23, 31.92, 400))
    drawn = draft(village, lived_in)
    assert tiles(village, drawn)
    assert kinds(drawn) == {Kind.APART}


def test_three_thousand_households_with_groups_are_within_the_bounds() -> None:
    seed = np.random.default_rng(7)
    middles = seed.uniform([107.203, 31.903], [107.237, 31.927], (60, 2))
    at = np.repeat(middles, 50, axis=0) + seed.normal(0, 30 * METRE, (3000, 2))
    drawn = draft(VILLAGE, Houses(*at.T, group=np.repeat(np.arange(60) // 4 + 1, 50)))
    assert all(300 <= cell.households <= 500 for cell in drawn.cells)
    assert sum(cell.households for cell in drawn.cells) == 3000
    assert tiles(VILLAGE, drawn)


def test_cells_are_numbered_as_one_reads_rows_from_the_north_each_from_the_west() -> None:
    grid = [shapely.box(x, y, x + 1, y + 1) for y in (0, 1, 2) for x in (0, 1, 2)]
    assert reading_order(grid) == [6, 7, 8, 3, 4, 5, 0, 1, 2]
    # A cell a little lower than its neighbour is of the same row; half a height lower it is not.
    two = [shapely.box(1, 0.1, 2, 1.1), shapely.box(0, 0, 1, 1)]
    assert reading_order(two) == [1, 0]
    assert reading_order([two[0], shapely.box(0, -0.41, 1, 0.59)]) == [0, 1]
    assert reading_order([]) == []


BOW_TIE = shapely.Polygon([(107.2, 31.9), (107.22, 31.93), (107.22, 31.9), (107.2, 31.93)])


@pytest.mark.parametrize("shape", [BOW_TIE, shapely.Polygon(), shapely.Point(107.2, 31.9)])
def test_a_boundary_that_is_none_is_refused(shape: BaseGeometry) -> None:
    with pytest.raises(UnusableVillage):
        draft(shape, Houses())


@pytest.mark.parametrize(("low", "high"), [(0, 10), (10, 9), (-1, 5)])
def test_bounds_that_cannot_be_are_refused(low: int, high: int) -> None:
    with pytest.raises(UnusableBounds):
        draft(VILLAGE, Houses(), low=low, high=high)


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(UnevenLists):
        Houses([107.2], [31.9], group=[1, 2])


@st.composite
def villages(draw: st.DrawFn) -> BaseGeometry:
    """Up to three overlapping or separate blocks, perhaps with a hole: bends, islands, lakes."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        west, south = draw(st.integers(0, 25)) / 1000, draw(st.integers(0, 20)) / 1000
        wide, tall = draw(st.integers(4, 15)) / 1000, draw(st.integers(4, 10)) / 1000
        parts.append(
            shapely.box(WEST + west, SOUTH + south, WEST + west + wide, SOUTH + south + tall)
        )
    hole = shapely.box(107.2101, 31.9101, 107.2123, 31.9117)
    whole = shapely.union_all(parts)
    return whole.difference(hole) if draw(st.booleans()) else whole


@st.composite
def places(draw: st.DrawFn) -> Houses:
    """Houses on a fine grid, many in heaps, several at one point."""
    seed = np.random.default_rng(draw(st.integers(0, 10_000)))
    many = draw(st.integers(0, 120))
    middles = seed.integers(0, 400, (draw(st.integers(1, 9)), 2))
    spread = draw(st.sampled_from([3, 30, 300]))
    at = middles[seed.integers(0, len(middles), many)] + seed.integers(
        -spread, spread + 1, (many, 2)
    )
    return Houses(
        WEST + at[:, 0] / 10_000, SOUTH + at[:, 1] / 10_000, group=seed.integers(0, 6, many)
    )


ROADS = [
    shapely.LineString([(107.19, 31.9034), (107.26, 31.9261)]),
    shapely.LineString([(107.2147, 31.89), (107.2183, 31.94)]),
]


@settings(deadline=None, max_examples=30)
@given(villages(), places(), st.sampled_from([(3, 5), (5, 12), (10, 10)]), st.booleans())
def test_whatever_the_village_the_draft_is_exact_true_and_the_same_again(
    village: BaseGeometry, lived_in: Houses, bounds: tuple[int, int], roads: bool
) -> None:
    low, high = bounds
    lines = ROADS if roads else []
    drawn = draft(village, lived_in, low=low, high=high, lines=lines)
    assert tiles(village, drawn)
    assert [cell.number for cell in drawn.cells] == list(range(1, len(drawn.cells) + 1))

    index = CellIndex([f"{c.number:03d}" for c in drawn.cells], [c.polygon for c in drawn.cells])
    where = index.locate(*lived_in.at.T)
    counts = np.bincount(where[where >= 0], minlength=len(drawn.cells))
    assert [cell.households for cell in drawn.cells] == counts.tolist()
    said = {concern.cells for concern in drawn.concerns}
    assert all(low <= c.households <= high or (c.number,) in said for c in drawn.cells)

    turned = np.random.default_rng(len(where)).permutation(len(where))
    again = Houses(*lived_in.at[turned].T, group=lived_in.group[turned])
    assert draft(village, again, low=low, high=high, lines=lines[::-1]) == drawn


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.integers(6, 60), st.sampled_from([(3, 5), (5, 12), (4, 8)]))
def test_counts_are_within_the_bounds_whenever_that_can_be(
    seed: int, many: int, bounds: tuple[int, int]
) -> None:
    low, high = bounds
    spots = np.random.default_rng(seed).permutation(400 * 300)[:many]
    at = np.column_stack([spots % 400, spots // 400]) / 10_000 + [WEST + 0.00003, SOUTH + 0.00003]
    drawn = draft(VILLAGE, Houses(*at.T), low=low, high=high)
    if -(-many // high) <= many // low:
        assert all(low <= cell.households <= high for cell in drawn.cells)
    else:
        assert kinds(drawn) & {Kind.TOO_FEW, Kind.TOO_MANY}
