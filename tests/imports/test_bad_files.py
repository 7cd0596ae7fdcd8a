"""The same list in every kind of file; and broken files of every kind, which do nothing."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shapely import Point, Polygon
from sqlalchemy import select, text

from geo.datum import Datum
from server.cli.load.households import ODD_WORDS, REJECTED_WORDS, UNPLACED_WORDS
from server.db import transaction
from server.households.imports.errors import Reason
from server.households.imports.rules import Odd
from server.households.imports.service import load_households
from server.households.models import Household
from server.households.rules import Unplaced
from tests.cli.keyboard import Keyboard, as_admin, environment
from tests.imports.layers import write_layer
from tests.imports.lists import A1, B1, COLUMNS, feature, row, square, write, write_geojson
from tests.imports.test_dry_run import whole
from tests.imports.workbooks import write_excel
from tests.smallcounty import SmallCounty

LIST = [
    row(1, 经度="107.02", 纬度="31.95"),
    row(2, 村组="４组"),
    row(3, 村代码=B1, 户类型="商铺", 人口="", 经度="107.22", 纬度="31.95"),
]


def as_csv(path: Path) -> Path:
    return write(path, LIST, "gb18030")


def as_excel(path: Path) -> Path:
    rows = [[int(v) if k == "村代码" else v for k, v in one.items()] for one in LIST]
    return write_excel(path, {"住户": [["某县住户名单"], COLUMNS, *rows]})


def points() -> tuple[list[Point | None], dict[str, list[str]]]:
    shapes = [Point(float(r["经度"]), float(r["纬度"])) if r["经度"] else None for r in LIST]
    names = [name for name in COLUMNS if name not in ("经度", "纬度")]
    return shapes, {name: [one[name] for one in LIST] for name in names}


def as_geojson(path: Path) -> Path:
    shapes, columns = points()
    rows = [{name: one[name] for name in columns} for one in LIST]
    features = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": shape and {"type": "Point", "coordinates": [shape.x, shape.y]},
        }
        for properties, shape in zip(rows, shapes, strict=True)
    ]
    return write_geojson(path, features)


def as_geopackage(path: Path) -> Path:
    path = path.with_suffix(".gpkg")
    return write_layer(path, *points())


def as_shapefile(path: Path) -> Path:
    return write_layer(path.with_suffix(".shp"), *points(), encoding="GB18030")


@pytest.mark.parametrize("form", [as_csv, as_excel, as_geojson, as_geopackage, as_shapefile])
def test_a_list_is_the_same_list_in_every_kind_of_file(
    county: SmallCounty, tmp_path: Path, form: Callable[[Path], Path]
) -> None:
    loaded = load_households(county.worker, form(tmp_path / "名单"), Datum.WGS84)
    assert (loaded.read, loaded.by_point, loaded.by_group, loaded.rejected) == (3, 2, 1, {})
    with transaction(county.worker) as session:
        query = select(Household).where(Household.external_system == "county_list")
        found = session.scalars(query.order_by(Household.external_id)).all()
    assert [(h.external_id, h.head_name, h.kind, h.people, h.lon) for h in found] == [
        ("H001", "张某甲1", "family", 3, 107.02),
        ("H002", "张某甲2", "family", 3, None),
        ("H003", "张某甲3", "shop", None, 107.22),
    ]


def broken(form: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """The list in this form, of which the last third is missing."""

    def write_part(path: Path) -> Path:
        path = form(path)
        path.write_bytes(path.read_bytes()[: -path.stat().st_size // 3])
        return path

    write_part.__name__ = f"broken_{form.__name__}"
    return write_part


def huge_csv(path: Path) -> Path:
    """Two gigabytes after a good beginning; sparse, so that it takes no room on the disk."""
    with as_csv(path).open("r+b") as file:
        file.truncate(2 << 30)
    return path


def huge_geojson(path: Path) -> Path:
    with as_geojson(path).open("r+b") as file:
        file.truncate(2 << 30)
    return path


def open_quote(path: Path) -> Path:
    with as_csv(path).open("a", encoding="gb18030") as file:
        file.write('H9,示例A镇,"没有结束')
    return path


def other_system(path: Path) -> Path:
    return write_layer(path.with_suffix(".gpkg"), *points(), crs="EPSG:4545")


BROKEN = [
    *map(broken, (as_excel, as_geojson, as_geopackage, as_shapefile)),
    huge_csv,
    huge_geojson,
    open_quote,
    other_system,
]


@pytest.mark.parametrize("form", BROKEN, ids=lambda form: form.__name__)
def test_a_broken_file_changes_nothing_at_all(
    county: SmallCounty, tmp_path: Path, form: Callable[[Path], Path]
) -> None:
    path = form(tmp_path / "名单")
    files = sorted(tmp_path.iterdir())
    before = whole(county)
    keyboard = Keyboard(environment(county.url, tmp_path))
    keyboard.fails("load", "households", path, "--datum", "wgs84")
    assert whole(county) == before
    assert sorted(tmp_path.iterdir()) == files


def test_each_row_that_cannot_be_taken_says_its_line_and_what_to_do(
    county: SmallCounty, tmp_path: Path
) -> None:
    rows = [
        row(1, 经度="107°01′12″", 纬度="31°57′00″"),
        row(2, 村代码="511902001001"),
        row(3, 村代码="511921100299"),
        row(4, 村代码="5.11921E+11"),
        row(5, 经度="nan", 纬度="nan"),
        row(6, 地址="3月1日"),
        row(7),
    ]
    loaded = load_households(county.worker, write(tmp_path / "h.csv", rows), Datum.WGS84)
    assert (loaded.by_group, sum(loaded.rejected.values())) == (1, 6)
    report = (tmp_path / "h.csv.rejected.csv").read_text(encoding="utf-8-sig")
    lines = list(csv.reader(report.splitlines()))[1:]
    assert [line[:3] for line in lines] == [
        ["2", "H001", "degrees_minutes"],
        ["3", "H002", "other_county"],
        ["4", "H003", "village_unknown"],
        ["5", "H004", "precision_lost"],
        ["6", "H005", "bad_coordinates"],
        ["7", "H006", "became_date"],
    ]
    assert all(any("一" <= c <= "鿿" for c in line[3]) and "." in line[3] for line in lines)


def test_a_feature_that_cannot_be_taken_is_named_by_its_number(
    county: SmallCounty, tmp_path: Path
) -> None:
    point = {"type": "Point", "coordinates": [107.02, 31.95]}
    line = {"type": "LineString", "coordinates": [[107.0, 31.9], [107.1, 31.9]]}
    features = [
        {
            "type": "Feature",
            "properties": {"编号": n, "户主": "张某甲", "村代码": A1},
            "geometry": g,
        }
        for n, g in enumerate((point, line, None, {"type": "Point"}), start=1)
    ]
    path = write_geojson(tmp_path / "h.geojson", features)
    loaded = load_households(county.worker, path, Datum.WGS84)
    assert (loaded.by_point, loaded.unplaced) == (1, {"no_place": 1})
    report = (tmp_path / "h.geojson.rejected.csv").read_text(encoding="utf-8-sig")
    assert [line.split(",")[:3] for line in report.splitlines()[1:]] == [
        ["2", "2", "bad_coordinates"],
        ["4", "4", "bad_coordinates"],
    ]


def test_odd_places_are_kept_unplaced_and_said(county: SmallCounty, tmp_path: Path) -> None:
    rows = [
        row(1, 经度="31.95", 纬度="107.02"),
        row(2, 经度="0", 纬度="0"),
        row(3, 经度="2.35", 纬度="48.85"),
        row(4, 经度="36519876.5", 纬度="3533012.2"),
    ]
    loaded = load_households(county.worker, write(tmp_path / "h.csv", rows), Datum.WGS84)
    assert loaded.odd == {"metres": 1, "outside_china": 1, "swapped": 1, "zero": 1}
    assert loaded.unplaced == {"outside_county": 4}


def test_a_group_that_fits_two_cells_is_left_to_a_person(
    county: SmallCounty, tmp_path: Path
) -> None:
    with as_admin(county.url) as cursor:
        cursor.execute("UPDATE grid_cell SET groups = '{1,3}' WHERE code LIKE %s", (f"{A1}%",))
    loaded = load_households(county.worker, write(tmp_path / "h.csv", [row(1)]), Datum.WGS84)
    assert loaded.unplaced == {"group_ambiguous": 1}


RING = [(107 + n / 2e7, 31.9 + (n % 2) / 1e6) for n in range(1_000_000)]


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ([Polygon([(107, 31.9), (107.05, 32), (107.05, 31.9), (107, 32)])], "Self-intersection"),
        ([Polygon(RING)], "100000 vertices"),
        ([square(31.9, 32.0, 107.0, 107.1)], "out of range"),
        ([Polygon()], "feature 1"),
        ([None], "geometry cannot be read"),
        ([Point(107, 31.9)], "must be a polygon"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_boundary_that_is_none_changes_nothing(
    county: SmallCounty, tmp_path: Path, shapes: list[Any], said: str
) -> None:
    path = write_layer(tmp_path / "c.gpkg", shapes, {"code": [f"{A1}001"]}, kind="Unknown")
    before = whole(county)
    keyboard = Keyboard(environment(county.url, tmp_path))
    assert said in keyboard.fails("load", "cells", path)
    assert whole(county) == before


def test_a_map_in_metres_is_refused_by_the_name_of_its_system(
    county: SmallCounty, tmp_path: Path
) -> None:
    shapes = [square(500000, 510000, 3500000, 3510000)]
    path = write_layer(
        tmp_path / "c.gpkg", shapes, {"code": [f"{A1}001"]}, kind="Polygon", crs="EPSG:4545"
    )
    keyboard = Keyboard(environment(county.url, tmp_path))
    assert "EPSG:4545" in keyboard.fails("load", "boundaries", path)


def test_every_reason_has_its_words() -> None:
    assert set(REJECTED_WORDS) == set(Reason)
    assert set(UNPLACED_WORDS) == set(Unplaced)
    assert set(ODD_WORDS) == set(Odd)


def test_markup_in_a_file_is_shown_as_it_is(county: SmallCounty, tmp_path: Path) -> None:
    features = [feature(f"{A1}001", square(107.0, 107.05), **{"[red]x": "1", "\x1b[31m": "2"})]
    path = write_geojson(tmp_path / "c.geojson", features)
    keyboard = Keyboard(environment(county.url, tmp_path))
    said = keyboard.type("load", "cells", path, "--dry-run")
    assert "[red]x" in said
    assert "\x1b" not in said
    with transaction(county.worker) as session:
        assert session.scalar(text("SELECT count(*) FROM boundary")) == 9
