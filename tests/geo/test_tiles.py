"""Tiles and quadkeys: every point in one square, every square one range of numbers."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InvalidCoordinate, InvalidTile, UnevenLists
from geo.tiles import MAX_ZOOM, QUADKEY_ZOOM, bounds, quadkey, quadkey_range, tile_of

zooms = st.integers(0, QUADKEY_ZOOM)
lons = st.floats(-180, 180, exclude_max=True)
lats = st.floats(-85.05, 85.05)


def base4(key: int, zoom: int) -> str:
    """A quadkey as maps write it: one base-4 digit for each zoom."""
    return "".join(str(key >> 2 * (zoom - 1 - place) & 3) for place in range(zoom))


def test_the_textbook_tile_3_5_at_zoom_3_is_quadkey_213() -> None:
    low, high = quadkey_range(3, 3, 5, at_zoom=3)
    assert base4(low, 3) == "213"
    assert high == low + 1


def test_the_world_is_one_tile_and_the_middle_belongs_to_the_south_east() -> None:
    assert bounds(0, 0, 0) == pytest.approx((-180, -85.0511287798066, 180, 85.0511287798066))
    x, y = tile_of([0.0, -1e-9], [-1e-9, 1e-9], 1)
    assert (x.tolist(), y.tolist()) == ([1, 0], [1, 0])


def test_the_county_seat_lies_where_every_web_map_draws_it() -> None:
    """From the published formula by hand: x = 0.797902… · 2^12, y = 0.406381… · 2^12."""
    x, y = tile_of(107.245, 31.912, 12)
    assert (int(x), int(y)) == (3268, 1664)


def test_the_date_line_and_the_poles_count_to_the_outermost_tiles() -> None:
    x, y = tile_of([180.0, -180.0], [90.0, -90.0], 4)
    assert (x.tolist(), y.tolist()) == ([15, 0], [0, 15])


@pytest.mark.parametrize("tile", [(-1, 0, 0), (32, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_tiles_that_do_not_exist_are_refused(tile: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidTile):
        bounds(*tile)
    with pytest.raises(InvalidTile):
        quadkey_range(*tile)


@pytest.mark.parametrize("place", [(np.nan, 31.9), (107.2, np.nan), (31.9, 107.2), (np.inf, 0.0)])
def test_a_missing_or_swapped_coordinate_gets_no_quadkey(place: tuple[float, float]) -> None:
    with pytest.raises(InvalidCoordinate):
        quadkey([107.2, place[0]], [31.9, place[1]])


def test_uneven_lists_and_impossible_zooms_are_refused() -> None:
    with pytest.raises(UnevenLists):
        quadkey([107.2, 107.3], [31.9])
    with pytest.raises(InvalidTile):
        tile_of(107.2, 31.9, MAX_ZOOM + 1)
    with pytest.raises(InvalidTile):
        quadkey_range(3, 3, 5, at_zoom=MAX_ZOOM + 1)


@settings(deadline=None, max_examples=200)
@given(lons, lats, st.integers(0, MAX_ZOOM))
def test_a_point_lies_in_the_bounds_of_its_tile(lon: float, lat: float, zoom: int) -> None:
    x, y = tile_of(lon, lat, zoom)
    west, south, east, north = bounds(zoom, int(x), int(y))
    assert west <= lon < east
    assert south < lat <= north


@settings(deadline=None, max_examples=200)
@given(zooms, st.data())
def test_a_corner_on_the_grid_belongs_to_the_tile_south_east_of_it(
    zoom: int, data: st.DataObject
) -> None:
    """Where rounding would hurt: the edges themselves."""
    x, y = (data.draw(st.integers(0, (1 << zoom) - 1)) for _ in range(2))
    west, _, _, north = bounds(zoom, x, y)
    assert [int(axis) for axis in tile_of(west, north, zoom)] == [x, y]


@settings(deadline=None, max_examples=200)
@given(lons, lats, zooms)
def test_a_point_lies_in_the_quadkey_range_of_each_ancestor_and_of_no_neighbour(
    lon: float, lat: float, zoom: int
) -> None:
    key = int(quadkey(lon, lat))
    x, y = (int(axis) for axis in tile_of(lon, lat, zoom))
    low, high = quadkey_range(zoom, x, y)
    assert low <= key < high
    assert key >> 2 * (QUADKEY_ZOOM - zoom) == int(quadkey(lon, lat, zoom))
    if x + 1 < 1 << zoom:
        next_low, next_high = quadkey_range(zoom, x + 1, y)
        assert not next_low <= key < next_high


@settings(deadline=None)
@given(st.integers(0, QUADKEY_ZOOM - 1), st.data())
def test_four_children_share_out_their_parents_range(zoom: int, data: st.DataObject) -> None:
    x, y = (data.draw(st.integers(0, (1 << zoom) - 1)) for _ in range(2))
    children = sorted(
        quadkey_range(zoom + 1, 2 * x + dx, 2 * y + dy) for dx in (0, 1) for dy in (0, 1)
    )
    low, high = quadkey_range(zoom, x, y)
    assert (children[0][0], children[-1][1]) == (low, high)
    assert all(one[1] == other[0] for one, other in pairwise(children))


def test_a_tile_finer_than_the_keys_gives_the_one_key_that_contains_it() -> None:
    x, y = (int(axis) for axis in tile_of(107.245, 31.912, QUADKEY_ZOOM + 3))
    low, high = quadkey_range(QUADKEY_ZOOM + 3, x, y)
    assert low == int(quadkey(107.245, 31.912))
    assert high == low + 1


def test_keys_are_bigints_of_the_shape_that_was_asked() -> None:
    keys = quadkey(np.full((2, 3), 107.245), np.full((2, 3), 31.912), zoom=MAX_ZOOM)
    assert keys.shape == (2, 3)
    assert keys.dtype == np.int64
    assert (keys > 0).all()
