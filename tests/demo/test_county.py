"""The drawn county: real limits outside, invented ones inside, nothing left over between them."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Point, shape

from server.demo.county import (
    LABEL,
    SEAT,
    County,
    draw,
    read_areas,
    read_boundary,
    reading_order,
    short_name,
    write_cells_geojson,
    write_villages_geojson,
)


@pytest.fixture(scope="module")
def county(drawn_county: County) -> County:
    return drawn_county


def by_village(county: County) -> dict[str, list[int]]:
    """Positions of each village's cells, in the order of the list."""
    found: dict[str, list[int]] = defaultdict(list)
    for position, cell in enumerate(county.cells):
        found[cell.code[:12]].append(position)
    return found


def polygons(county: County) -> NDArray[np.object_]:
    return np.array([cell.polygon for cell in county.cells])


def townships(county: County) -> dict[str, shapely.Geometry]:
    members: dict[str, list[shapely.Geometry]] = defaultdict(list)
    for code, village in county.village_shapes.items():
        members[code[:9]].append(village)
    return {code: shapely.union_all(villages) for code, villages in members.items()}


def test_the_official_list_is_whole() -> None:
    areas = read_areas()
    levels = [area.level for area in areas]
    assert levels.count("township") == 33
    assert levels.count("village") == 367
    assert [a.name for a in areas if a.level == "county"] == ["通江县"]
    codes = {area.code for area in areas}
    assert all(area.parent_code in codes for area in areas if area.level != "province")


def test_every_village_of_the_list_has_a_polygon_and_four_to_seven_cells(county: County) -> None:
    villages = [area.code for area in county.areas if area.level == "village"]
    assert list(county.village_shapes) == villages
    assert {len(cells) for cells in by_village(county).values()} == {4, 5, 6, 7}
    assert 1_800 <= len(county.cells) <= 2_000


def test_cells_tile_the_real_county_with_neither_gap_nor_overlap(county: County) -> None:
    cells, boundary = polygons(county), read_boundary()
    assert shapely.coverage_is_valid(cells)
    missed = shapely.union_all(cells).symmetric_difference(boundary)
    assert missed.area < 1e-6 * boundary.area
    assert abs(shapely.area(cells).sum() - boundary.area) < 1e-6 * boundary.area


def test_a_village_is_exactly_its_cells_and_fits_its_neighbours(county: County) -> None:
    cells = polygons(county)
    for village, positions in by_village(county).items():
        assert shapely.equals(
            county.village_shapes[village], shapely.coverage_union_all(cells[positions])
        )
    assert shapely.coverage_is_valid(np.array(list(county.village_shapes.values())))


def test_cells_villages_and_townships_are_connected_but_for_the_exclaves(county: County) -> None:
    assert {cell.polygon.geom_type for cell in county.cells} == {"Polygon"}
    assert shapely.is_valid(polygons(county)).all()
    mainland = max(read_boundary().geoms, key=lambda part: part.area)
    exclaves = len(read_boundary().geoms) - 1
    for level in (list(county.village_shapes.values()), list(townships(county).values())):
        parts = shapely.get_parts(level)
        assert len(parts) - len(level) == exclaves
        ashore = shapely.contains(mainland.buffer(1e-6), parts)
        assert ashore.sum() == len(level)


def test_an_exclave_is_a_cell_of_the_nearest_village(county: County) -> None:
    mainland, *exclaves = sorted(read_boundary().geoms, key=lambda part: -part.area)
    for exclave in exclaves:
        [cell] = [c for c in county.cells if c.polygon.centroid.within(exclave)]
        assert cell.polygon.symmetric_difference(exclave).area < 1e-4 * exclave.area
        owner = shapely.get_parts(county.village_shapes[cell.code[:12]])
        ashore = min(part.distance(exclave) for part in owner if part.intersects(mainland))
        assert ashore == pytest.approx(mainland.distance(exclave), rel=1e-3)


def test_every_vertex_lies_on_one_grid_so_that_files_lose_nothing(county: County) -> None:
    vertices = shapely.get_coordinates(polygons(county))
    assert np.array_equal(np.round(vertices, 7), vertices)
    assert len(vertices) < 60_000


def test_no_cell_is_a_splinter(county: County) -> None:
    square_metres = shapely.area(polygons(county)) * 111_200**2 * 0.848
    assert square_metres.min() > 200_000


def test_the_county_seat_lies_in_the_street_office(county: County) -> None:
    assert shapely.contains(townships(county)["511921001"], Point(SEAT))


def test_a_page_is_read_from_the_west_and_from_the_north() -> None:
    north_east, south_west, north_west, south_east = (1.0, 9.0), (0.1, 1.0), (0.0, 8.0), (2.0, 0.0)
    assert reading_order([north_east, south_west, north_west, south_east]) == [2, 0, 1, 3]
    assert reading_order([(5.0, 5.0)]) == [0]


def test_cells_are_numbered_without_gaps_in_reading_order(county: County) -> None:
    for village, positions in by_village(county).items():
        cells = [county.cells[position] for position in positions]
        numbers = range(1, len(cells) + 1)
        assert [cell.code for cell in cells] == [f"{village}{number:03d}" for number in numbers]
        middles = [(cell.polygon.centroid.x, cell.polygon.centroid.y) for cell in cells]
        assert reading_order(middles) == list(range(len(cells)))


def test_a_group_belongs_to_one_cell_and_a_few_are_forgotten(county: County) -> None:
    forgetful = 0
    for village, positions in by_village(county).items():
        count = county.group_counts[village]
        assert 8 <= count <= 24
        assert all(county.cells[position].groups for position in positions)
        named = [group for position in positions for group in county.cells[position].groups]
        assert len(set(named)) == len(named)
        forgotten = set(range(1, count + 1)) - set(named)
        assert len(forgotten) == count - len(named) <= 2
        forgetful += bool(forgotten)
    assert 10 <= forgetful <= 60


@pytest.mark.long  # it draws the county once more
def test_the_same_seed_gives_the_same_bytes(county: County, tmp_path: Path) -> None:
    again = draw()
    for write in (write_cells_geojson, write_villages_geojson):
        write(county, tmp_path / "first.geojson")
        write(again, tmp_path / "second.geojson")
        assert (tmp_path / "first.geojson").read_bytes() == (
            tmp_path / "second.geojson"
        ).read_bytes()
    assert county.group_counts == again.group_counts


def test_files_say_on_every_feature_that_it_is_synthetic(county: County, tmp_path: Path) -> None:
    write_cells_geojson(county, tmp_path / "cells.geojson")
    write_villages_geojson(county, tmp_path / "villages.geojson")
    cells = json.loads((tmp_path / "cells.geojson").read_text(encoding="utf-8"))["features"]
    villages = json.loads((tmp_path / "villages.geojson").read_text(encoding="utf-8"))["features"]
    assert len(villages) == 367
    for feature in cells + villages:
        assert feature["properties"]["synthetic"] is True
        assert feature["properties"]["label"] == LABEL
    for cell, feature in zip(county.cells, cells, strict=True):
        properties = feature["properties"]
        assert (properties["code"], properties["name"]) == (cell.code, cell.name)
        assert tuple(int(group) for group in properties["groups"].split(",")) == cell.groups
        assert shape(feature["geometry"]).equals_exact(cell.polygon, 0)
        assert cell.polygon.exterior.is_ccw


def test_villages_are_called_as_people_call_them() -> None:
    assert short_name("城南村民委员会") == "城南村"
    assert short_name("城南社区居民委员会") == "城南社区"


def test_the_boundary_is_the_published_one() -> None:
    boundary = read_boundary()
    assert isinstance(boundary, MultiPolygon)
    assert boundary.is_valid
    assert len(boundary.geoms) == 3
