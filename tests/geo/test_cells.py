"""Points to cells: the border rule, and the way to the nearest cell."""

from random import Random

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from geo.cells import NO_CELL, CellIndex
from geo.errors import DuplicateCell, GeoError, UnevenLists, UnusableCell

VILLAGE = "511921100201"
WEST, EAST = shapely.box(107.0, 31.0, 107.5, 32.0), shapely.box(107.5, 31.0, 108.0, 32.0)


def two_cells() -> CellIndex:
    return CellIndex([f"{VILLAGE}002", f"{VILLAGE}001"], [WEST, EAST])


def test_a_household_is_in_the_cell_that_covers_it() -> None:
    located = two_cells().locate([107.25, 107.75, 109.0], [31.5, 31.5, 31.5])
    assert located.tolist() == [0, 1, NO_CELL]


def test_on_the_border_the_lowest_code_has_it_whichever_was_given_first() -> None:
    assert two_cells().locate(107.5, 31.5) == 1
    swapped = CellIndex([f"{VILLAGE}001", f"{VILLAGE}002"], [EAST, WEST])
    assert swapped.locate(107.5, 31.5) == 0


def test_the_outer_boundary_and_its_corners_are_covered() -> None:
    assert two_cells().locate([107.0, 107.0, 108.0], [31.5, 31.0, 32.0]).tolist() == [0, 0, 1]


def test_a_hole_is_not_covered_but_its_edge_is() -> None:
    ring = WEST.difference(shapely.box(107.1, 31.1, 107.2, 31.2))
    index = CellIndex([f"{VILLAGE}001"], [ring])
    assert index.locate([107.15, 107.1], [31.15, 31.15]).tolist() == [NO_CELL, 0]


def test_missing_coordinates_are_unplaced_and_shapes_are_kept() -> None:
    located = two_cells().locate([[np.nan, 107.25], [np.inf, 107.75]], [[31.5, 31.5], [31.5, 31.5]])
    assert located.tolist() == [[NO_CELL, 0], [NO_CELL, 1]]
    assert two_cells().locate([], []).shape == (0,)


def test_a_county_without_cells_places_nobody() -> None:
    empty = CellIndex([], [])
    assert empty.locate(107.5, 31.5) == NO_CELL
    index, metres = empty.nearest([107.5], [31.5])
    assert index.tolist() == [NO_CELL]
    assert np.isnan(metres).all()


BOW_TIE = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


@pytest.mark.parametrize(
    ("codes", "polygons", "error"),
    [
        (["a"], [], UnevenLists),
        (["a", "a"], [WEST, EAST], DuplicateCell),
        (["a", "b"], [WEST, BOW_TIE], UnusableCell),
        (["a", "b"], [WEST, shapely.Polygon()], UnusableCell),
        (["a", "b"], [WEST, shapely.Point(0, 0)], UnusableCell),
    ],
)
def test_boundaries_that_cannot_be_trusted_are_refused(
    codes: list[str], polygons: list[BaseGeometry], error: type[GeoError]
) -> None:
    with pytest.raises(error, match=codes[-1] if error is not UnevenLists else "1 / 0"):
        CellIndex(codes, polygons)


def test_points_without_a_partner_are_refused() -> None:
    with pytest.raises(UnevenLists):
        two_cells().locate([107.25, 107.75], [31.5])


SIDE = 8  # the little county is SIDE by SIDE squares of a sixteenth of a degree: exact in binary


@st.composite
def overlapping_cells(draw: st.DrawFn) -> list[BaseGeometry]:
    """Rectangles and triangles on a grid, overlapping, touching or apart as chance has it."""
    step = st.integers(0, SIDE)
    corners = draw(st.lists(st.tuples(step, step, step, step), min_size=1, max_size=8))
    shapes: list[BaseGeometry] = []
    for x0, y0, x1, y1 in corners:
        west, east = sorted((x0, x1))
        south, north = sorted((y0, y1))
        box = shapely.box(west / 16, south / 16, (east + 1) / 16, (north + 1) / 16)
        half = shapely.Polygon(list(box.exterior.coords)[:3])
        shapes.append(half if draw(st.booleans()) else box)
    return shapes


@settings(deadline=None, max_examples=60)
@given(overlapping_cells(), st.randoms(use_true_random=False))
def test_the_rule_holds_for_any_cells_in_any_order(
    shapes: list[BaseGeometry], random: Random
) -> None:
    """Against the rule read out word by word, on a grid that puts many points on borders."""
    codes = [f"{VILLAGE}{number:03d}" for number in range(1, len(shapes) + 1)]
    lon, lat = (axis.ravel() / 32 for axis in np.meshgrid(*[np.arange(2 * SIDE + 4)] * 2))
    order = list(range(len(shapes)))
    random.shuffle(order)
    index = CellIndex([codes[at] for at in order], [shapes[at] for at in order])
    found = [None if at == NO_CELL else index.codes[at] for at in index.locate(lon, lat)]
    by_word = [
        min((c for c, s in zip(codes, shapes, strict=True) if s.covers(point)), default=None)
        for point in np.asarray(shapely.points(lon, lat))
    ]
    assert found == by_word


def test_an_unplaced_household_is_told_the_nearest_cell_and_how_far() -> None:
    index, metres = two_cells().nearest([106.99, 107.75, 107.25], [31.5, 32.01, 31.5])
    assert index.tolist() == [0, 1, 0]
    # One hundredth of a degree at 31.5° N and at 32° N, on the WGS-84 ellipsoid.
    assert metres == pytest.approx([949.9, 1108.8, 0], rel=2e-3)


def test_nearest_is_judged_in_metres_not_in_degrees() -> None:
    """At 60° N a degree of longitude is half as long: the cell 1.5 hundredths east is nearer."""
    north = shapely.box(10.0, 60.01, 10.1, 60.02)
    east = shapely.box(10.015, 59.9, 10.1, 59.999)
    index, _ = CellIndex(["a", "b"], [north, east]).nearest([10.0], [59.9985])
    assert index.tolist() == [1]


def test_between_two_equally_near_cells_the_lowest_code_is_named() -> None:
    apart = CellIndex(
        [f"{VILLAGE}002", f"{VILLAGE}001"],
        [shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)],
    )
    index, _ = apart.nearest([1.5, np.nan], [0.5, 0.5])
    assert index.tolist() == [1, NO_CELL]


@settings(deadline=None, max_examples=40)
@given(overlapping_cells(), st.floats(-1, 2), st.floats(-1, 2))
def test_no_cell_is_nearer_than_the_nearest(
    shapes: list[BaseGeometry], lon: float, lat: float
) -> None:
    """At the equator degrees of longitude and latitude differ by less than 1 %."""
    codes = [f"{number:03d}" for number in range(len(shapes))]
    index, metres = CellIndex(codes, shapes).nearest(lon, lat)
    distances = [shape.distance(shapely.Point(lon, lat)) for shape in shapes]
    assert distances[int(index)] <= min(distances) * 1.01 + 1e-12
    assert float(metres) == pytest.approx(min(distances) * 111_000, rel=0.01, abs=1e-6)
