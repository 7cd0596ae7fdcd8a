"""Areas, cells and boundaries come in whole or not at all, and the same file again does nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import LineString, Polygon, mapping
from sqlalchemy import select, text

from geo.partition import Kind
from server.db import transaction
from server.errors import WanggeError
from server.places.imports.errors import BadPlaces, NotATiling, OtherCounty
from server.places.imports.service import (
    PlacesLoaded,
    load_areas,
    load_boundaries,
    load_cells,
)
from server.places.models import Area, GridCell
from server.places.queries import locate
from server.sheets import BadSheet
from tests.cli.keyboard import Keyboard, environment
from tests.imports.lists import A1, feature, square, write_geojson
from tests.smallcounty import SmallCounty, id_of

AREAS = """\
code,level,name,parent_code
51,province,四川省,
5119,city,巴中市,51
511921,county,通江县,5119
511921100,township,示例A镇,511921
511921100201,village,示例A1村,511921100
511921100203,village,示例A3村,511921100
"""
WEST, EAST = f"{A1}001", f"{A1}002"
NEW = "511921100201003"


def run(
    county: SmallCounty, load: Callable[..., PlacesLoaded], path: Path, *options: float
) -> PlacesLoaded:
    with transaction(county.worker) as session:
        return load(session, county.worker, path, *options)


def test_a_single_fault_is_said_once(county: SmallCounty, tmp_path: Path) -> None:
    keyboard = Keyboard(environment(county.url, tmp_path))
    path = written(tmp_path / "areas.csv", AREAS + "9,village,错,511921100\n")
    said = keyboard.fails("load", "areas", path)
    assert said.count("line 8") == 1
    assert len(said.splitlines()) == 1


def written(path: Path, text_of: str, encoding: str = "utf-8") -> Path:
    path.write_text(text_of, encoding=encoding)
    return path


def whole(county: SmallCounty) -> list[Any]:
    """All places with their versions, and what was written down about them."""
    tables = ("area", "grid_cell", "boundary", "audit_act", "feed_head")
    with transaction(county.worker) as session:
        return [
            session.execute(text(f"SELECT *, xmin::text FROM {t} ORDER BY 1")).all() for t in tables
        ]


def test_the_official_list_fills_an_empty_county(bare_county: SmallCounty, tmp_path: Path) -> None:
    path = written(tmp_path / "areas.csv", AREAS)
    loaded = run(bare_county, load_areas, path)
    assert (loaded.read, loaded.new, loaded.changed) == (6, 6, 0)
    with transaction(bare_county.worker) as session:
        village = session.scalars(select(Area).where(Area.code == A1)).one()
        township = session.get(Area, village.parent_id)
    assert township is not None
    assert (township.code, village.level, village.bucket) == (
        "511921100",
        "village",
        f"v:{village.id}",
    )


def test_a_newer_list_renames_and_adds_and_keeps_ids(county: SmallCounty, tmp_path: Path) -> None:
    renamed = AREAS.replace("示例A1村", "新名村").replace("parent_code", "上级代码")
    loaded = run(county, load_areas, written(tmp_path / "a.csv", renamed, "gb18030"))
    assert (loaded.read, loaded.new, loaded.changed) == (6, 1, 1)
    with transaction(county.worker) as session:
        assert session.get_one(Area, id_of("A1")).name == "新名村"
    again = run(county, load_areas, tmp_path / "a.csv")
    assert (again.new, again.changed) == (0, 0)


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ("5119211002,village,短码,511921100\n", BadPlaces, "line 8"),
        ("５１１９２１１００２０４,village,全角,511921100\n", BadPlaces, "line 8"),
        ("511921100204,village,示例村,511921101\n", BadPlaces, "parent's code must be 511921100"),
        ("511921100204,township,示例村,511921100\n", BadPlaces, "the column says township"),
        ("511921999204,village,示例村,\n", BadPlaces, "511921999"),
        ("511921100204,village,,511921100\n", BadPlaces, "name is empty"),
        ("511921100203,village,又一次,511921100\n", BadPlaces, "occurs twice"),
        ("511921100201001,village,网格,511921100201\n", BadPlaces, "load cells"),
        ("511902,county,巴州区,5119\n", OtherCounty, "511902"),
        ('511921100204,"没有结束\n', BadSheet, "quotes"),
    ],
)
def test_one_wrong_line_keeps_the_whole_list_out(
    county: SmallCounty, tmp_path: Path, more: str, error: type[WanggeError], said: str
) -> None:
    before = whole(county)
    with pytest.raises(error, match=said):
        run(county, load_areas, written(tmp_path / "a.csv", AREAS + more))
    assert whole(county) == before


def test_the_list_of_another_county_is_refused(county: SmallCounty, tmp_path: Path) -> None:
    other = AREAS.replace("511921", "511902")
    with pytest.raises(OtherCounty):
        run(county, load_areas, written(tmp_path / "a.csv", other))


def halves() -> list[dict[str, Any]]:
    """The two cells of village A1 as they are."""
    return [
        feature(WEST, square(107.0, 107.05), groups="1,2", synthetic=True),
        feature(EAST, square(107.05, 107.1), groups=[3, 4], synthetic=True),
    ]


def test_a_third_cell_comes_between_two_and_the_same_file_again_does_nothing(
    county: SmallCounty, tmp_path: Path
) -> None:
    drawn = [
        feature(WEST, square(107.0, 107.04), groups="1,2", name="示例A1w网格"),
        feature(EAST, square(107.06, 107.1), groups="3", name="东网格"),
        feature(NEW, square(107.04, 107.06), groups="4、5", synthetic=True),
    ]
    path = write_geojson(tmp_path / "cells.geojson", drawn)
    loaded = run(county, load_cells, path)
    assert (loaded.read, loaded.new, loaded.changed, loaded.redrawn) == (3, 1, 1, 2)
    with transaction(county.worker) as session:
        new = session.scalars(select(GridCell).where(GridCell.code == NEW)).one()
        assert (new.groups, new.synthetic, new.village_id) == ([4, 5], True, id_of("A1"))
        at = locate(session, [(107.05, 31.95), (107.03, 31.95)])
    assert at == {0: (new.id, id_of("A1")), 1: (id_of("A1w"), id_of("A1"))}
    before = whole(county)[:3]
    again = run(county, load_cells, path)
    assert (again.new, again.changed, again.redrawn) == (0, 0, 0)
    assert whole(county)[:3] == before


@pytest.mark.parametrize(
    ("west_end", "kind"), [(107.06, Kind.OVERLAP), (107.04, Kind.GAP)], ids=["overlap", "gap"]
)
def test_cells_that_do_not_tile_their_village_are_refused_with_the_place(
    county: SmallCounty, tmp_path: Path, west_end: float, kind: Kind
) -> None:
    """The file draws one cell; the other one, known already, is held against it."""
    path = write_geojson(tmp_path / "c.geojson", [feature(WEST, square(107.0, west_end))])
    before = whole(county)
    with pytest.raises(NotATiling) as refused:
        run(county, load_cells, path)
    assert whole(county) == before
    assert {f.kind for f in refused.value.findings} == {kind}
    west, _, east, _ = refused.value.findings[0].geometry.bounds
    assert {round(west, 6), round(east, 6)} == {107.05, west_end}


def test_a_cell_that_reaches_beyond_its_village_is_refused(
    county: SmallCounty, tmp_path: Path
) -> None:
    drawn = [halves()[0], feature(EAST, square(107.05, 107.11))]
    with pytest.raises(NotATiling, match="beyond"):
        run(county, load_cells, write_geojson(tmp_path / "c.geojson", drawn))


def test_a_sliver_is_told_and_let_pass_and_so_is_what_is_tolerated(
    county: SmallCounty, tmp_path: Path
) -> None:
    hair = [feature(WEST, square(107.0, 107.049999)), halves()[1]]  # 10 cm of 11 km
    loaded = run(county, load_cells, write_geojson(tmp_path / "c.geojson", hair))
    assert [f.kind for f in loaded.findings] == [Kind.SLIVER]
    strip = [feature(WEST, square(107.0, 107.0499)), halves()[1]]  # 10 m of 11 km
    path = write_geojson(tmp_path / "d.geojson", strip)
    with pytest.raises(NotATiling):
        run(county, load_cells, path)
    assert run(county, load_cells, path, 200_000.0).redrawn == 1


def test_where_no_village_shape_is_known_overlaps_are_still_found(
    bare_county: SmallCounty, tmp_path: Path
) -> None:
    run(bare_county, load_areas, written(tmp_path / "areas.csv", AREAS))
    assert run(bare_county, load_cells, write_geojson(tmp_path / "a", halves())).new == 2
    drawn = [feature(NEW, square(107.04, 107.06))]
    with pytest.raises(NotATiling):
        run(bare_county, load_cells, write_geojson(tmp_path / "b", drawn))


def test_a_village_boundary_must_fit_the_cells_it_has(county: SmallCounty, tmp_path: Path) -> None:
    smaller = write_geojson(tmp_path / "v", [feature(A1, square(107.0, 107.08))])
    before = whole(county)
    with pytest.raises(NotATiling):
        run(county, load_boundaries, smaller)
    assert whole(county) == before
    same = write_geojson(tmp_path / "w", [feature(A1, square(107.0, 107.1))])
    assert run(county, load_boundaries, same).redrawn == 0
    township = write_geojson(tmp_path / "x", [feature("511921100", square(107.0, 107.2))])
    assert run(county, load_boundaries, township).new == 1


BOW_TIE = Polygon([(107.0, 31.9), (107.05, 32.0), (107.05, 31.9), (107.0, 32.0)])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "GeoJSON, GeoPackage or Shapefile"),
        ("{", "not GeoJSON"),
        ('{"features": ' + "[" * 100_000, "not GeoJSON"),
        ('{"a": [' + "[" * 100_000, "not GeoJSON"),
        ("[]", "FeatureCollection is wanted"),
        ('{"type": "FeatureCollection", "features": []} []', "FeatureCollection is wanted"),
        ('{"type": "FeatureCollection", "features": []}', "no features"),
        ([{}], "no properties"),
        ([{"properties": {"code": WEST}, "geometry": None}], "geometry cannot be read"),
        ([feature(WEST, LineString([(107, 31), (107.1, 31)]))], "must be a polygon"),
        ([feature(WEST, BOW_TIE)], "Self-intersection"),
        ([feature(WEST, square(31.9, 32.0, 107.0, 107.05))], "out of range"),
        ([feature("5119211002010", square(107.0, 107.05))], "5119211002010"),
        ([feature(A1, square(107.0, 107.1))], "cell wanted"),
        ([feature("511921100209001", square(107.0, 107.05))], "load areas first"),
        ([feature("511902001001001", square(107.0, 107.05))], "load areas first"),
        ([*halves(), halves()[0]], "occurs twice"),
        ([feature(WEST, square(107.0, 107.05), groups="一组")], "numbers from 1 to 99"),
        ([feature(WEST, square(107.0, 107.05), groups={"1": 2})], "groups must be"),
        ([{"properties": {}}, halves()[0]], "feature 1"),
        ([feature(WEST, square(107.0, 107.05), name="长" * 101)], "too long"),
    ],
)
def test_what_is_not_a_drawn_cell_says_which_and_why(
    county: SmallCounty, tmp_path: Path, content: Any, said: str
) -> None:
    path = tmp_path / "c.geojson"
    if isinstance(content, str):
        written(path, content)
    else:
        write_geojson(path, content)
    before = whole(county)
    with pytest.raises((BadPlaces, BadSheet), match=said):
        run(county, load_cells, path)
    assert whole(county) == before


def test_other_coordinate_systems_and_encodings_are_not_guessed(
    county: SmallCounty, tmp_path: Path
) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4524"}}
    with pytest.raises(BadSheet, match="4524"):
        run(county, load_cells, write_geojson(tmp_path / "c", halves(), crs=crs))
    crs["properties"] = {"name": "urn:ogc:def:crs:EPSG::4490"}  # CGCS2000: WGS-84 for our purpose
    assert run(county, load_cells, write_geojson(tmp_path / "d", halves(), crs=crs)).new == 0
    (tmp_path / "e").write_bytes('{"名": 1}'.encode("gb18030"))
    with pytest.raises(BadSheet, match="UTF-8"):
        run(county, load_cells, tmp_path / "e")
    with pytest.raises(BadSheet, match="Cannot open"):
        run(county, load_cells, tmp_path / "nowhere")


def test_a_cell_without_a_name_is_called_by_its_code(county: SmallCounty, tmp_path: Path) -> None:
    drawn = [
        {"type": "Feature", "properties": {"code": f"{A1}00{n}"}, "geometry": mapping(shape)}
        for n, shape in ((1, square(107.0, 107.05)), (2, square(107.05, 107.1)))
    ]
    run(county, load_cells, write_geojson(tmp_path / "c", drawn))
    with transaction(county.worker) as session:
        assert session.get_one(GridCell, id_of("A1w")).name == WEST
