"""Maps as lists: GeoJSON, GeoPackage, Shapefile; the point is the place, properties the columns."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely import MultiPoint, Point

from server.sheets import BadSheet, Feature, open_drawing, open_sheet
from server.sheets.features import MAX_VERTICES, Unreadable, shape_of
from server.sheets.geojson import MAX_BYTES
from tests.imports.layers import write_layer
from tests.imports.lists import square

COLUMNS = {
    "id": ("编号", "id"),
    "head": ("户主", "head"),
    "code": ("村代码",),
    "lon": ("经度", "lon"),
    "lat": ("纬度", "lat"),
}
NEEDED = (("id",), ("head",))
AT = {"type": "Point", "coordinates": [107.02, 31.95, 480.0]}
FIRST = {"编号": "H1", "户主": "张某甲", "村代码": 511921100201}


def collection(*features: Any, **more: Any) -> str:
    return json.dumps({"type": "FeatureCollection", **more, "features": list(features)})


def feature(properties: Any, geometry: Any = AT) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def write(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "名单.txt"
    path.write_text(content, encoding="utf-8")
    return path


def read(path: Path, layer: str | None = None) -> list[dict[str, str]]:
    return [dict(row.cells) for row in open_sheet(path, COLUMNS, NEEDED, sheet=layer).rows()]


def refused(path: Path, said: str) -> None:
    with pytest.raises(BadSheet, match=said):
        open_sheet(path, COLUMNS, NEEDED)


def test_geojson_is_a_list_with_coordinates(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        collection(
            feature(FIRST),
            feature({"编号": 2, "户主": "李某乙", "经度": "1"}, None),
            feature({"编号": "H3", "户主": None}, {"type": "LineString", "coordinates": []}),
            feature({"编号": 4.0}, {"type": "MultiPoint", "coordinates": [[107.0, 31.9]]}),
        ),
    )
    rows = read(path)
    assert rows[0] == {
        "id": "H1", "head": "张某甲", "code": "511921100201", "lon": "107.02", "lat": "31.95"
    }  # fmt: skip
    assert [row["id"] for row in rows] == ["H1", "2", "H3", "4"]
    assert [row["lon"] for row in rows] == ["107.02", "", "LineString", "107"]
    assert [row.line for row in open_sheet(path, COLUMNS, NEEDED).rows()] == [1, 2, 3, 4]


def test_the_point_of_a_feature_goes_before_a_column_that_says_one(tmp_path: Path) -> None:
    sheet = open_sheet(write(tmp_path, collection(feature(FIRST | {"lon": "1"}))), COLUMNS, NEEDED)
    assert next(sheet.rows()).cells["lon"] == "107.02"
    assert [shown.title for shown in sheet.shown() if shown.name is None] == ["lon"]


def test_a_large_file_is_read_in_pieces_wherever_they_end(tmp_path: Path) -> None:
    many = [feature(FIRST | {"编号": f"H{n}", "备注": "长" * (n % 97)}) for n in range(9000)]
    rows = read(write(tmp_path, collection(*many)))
    assert [row["id"] for row in rows] == [f"H{n}" for n in range(9000)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not GeoJSON"),
        ('{"features": [', "not GeoJSON"),
        (collection(feature(FIRST))[:-2], "not GeoJSON"),
        (collection(feature(FIRST))[:-40], "not GeoJSON"),
        (collection(feature(FIRST)) + "{}", "FeatureCollection is wanted"),
        (collection(), "empty"),
        ('{"features": {}}', "FeatureCollection is wanted"),
        ('{"type": "Point", "coordinates": [1, 2]}', "FeatureCollection is wanted"),
        (collection(feature(FIRST, {"type": "Point", "coordinates": [float("nan"), 1]})), "NaN"),
        ('{"features": [' + "[" * 200_000, "not GeoJSON"),
        ('{"features": [{"a":' * 50_000, "not GeoJSON"),
        ('{"features": [' + "9" * 50_000 + "]}", "not GeoJSON"),
        (collection(feature(FIRST), crs={"properties": {"name": "EPSG:4545"}}), "EPSG:4545"),
        (collection(feature({f"p{n}": 1 for n in range(600)})), "512 properties"),
    ],
)
def test_what_is_no_collection_says_why(tmp_path: Path, content: str, said: str) -> None:
    refused(write(tmp_path, content), said)


def test_two_gigabytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, '{"type": "FeatureCollection", "features": [')
    with path.open("r+b") as file:
        file.truncate(2 << 30)  # sparse: it takes no room on the disk
    refused(path, f"over {MAX_BYTES >> 20} MB")


def test_a_feature_as_large_as_a_file_is_refused(tmp_path: Path) -> None:
    text = collection(feature(FIRST | {"备注": "长" * 100}))
    refused(write(tmp_path, text.replace("\\u957f", "x" * 200_000)), "over 16 MB")


POINTS = [Point(107.02, 31.95), None, MultiPoint([(107.03, 31.96)])]
HOUSES: dict[str, list[Any]] = {
    "编号": ["H1", "H2", "H3"],
    "户主": ["张某甲", "李某乙", None],
    "村代码": [511921100201] * 3,
}


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "OGC:CRS84", None])
def test_a_geopackage_is_a_list_with_coordinates(tmp_path: Path, crs: str | None) -> None:
    path = write_layer(tmp_path / "l.gpkg", POINTS, HOUSES, kind="Unknown", crs=crs)
    rows = read(path.rename(tmp_path / "名单"))
    assert rows[0] == {
        "id": "H1", "head": "张某甲", "code": "511921100201", "lon": "107.02", "lat": "31.95"
    }  # fmt: skip
    assert [(row["lon"], row["head"]) for row in rows[1:]] == [("", "李某乙"), ("107.03", "")]


def test_a_layer_longer_than_one_slice_is_read_whole(tmp_path: Path) -> None:
    ids = [f"H{n}" for n in range(4500)]
    columns = {"编号": ids, "户主": ["张某甲"] * 4500}
    path = write_layer(tmp_path / "l.gpkg", [Point(107, 31.9)] * 4500, columns)
    assert [row["id"] for row in read(path)] == ids


def test_of_several_layers_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "l.gpkg"
    for layer in ("住户", "旧"):
        write_layer(
            path, POINTS[:1], {k: v[:1] for k, v in HOUSES.items()}, layer=layer, append=True
        )
    refused(path, "--sheet.*住户、旧")
    assert len(read(path, "住户")) == 1
    with pytest.raises(BadSheet, match="住户、旧"):
        read(path, "没有")


def test_another_coordinate_system_is_named_not_converted(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "l.gpkg", [Point(36500000, 3500000)] * 3, HOUSES, crs="EPSG:4524")
    refused(path, "EPSG:4524.*ogr2ogr")


@pytest.mark.parametrize("kept", [0.2, 0.6, 0.95])
def test_a_geopackage_that_breaks_off_is_refused(tmp_path: Path, kept: float) -> None:
    columns = {"编号": [f"H{n}" for n in range(3000)], "户主": ["张某甲"] * 3000}
    path = write_layer(tmp_path / "l.gpkg", [Point(107, 31.9)] * 3000, columns)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    refused(path, "damaged")


def test_another_database_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "l.gpkg"
    path.write_bytes(b"SQLite format 3\0" + b"\0" * 200)
    refused(path, "no GeoPackage")


@pytest.mark.parametrize(
    ("encoding", "cpg"), [("UTF-8", True), ("GB18030", True), ("GB18030", False)]
)
def test_a_shapefile_is_read_in_the_encoding_it_is_in(
    tmp_path: Path, encoding: str, cpg: bool
) -> None:
    columns = {"编号": ["H1"], "户主": ["张某甲"]}
    path = write_layer(tmp_path / "l.shp", [Point(107.02, 31.95)], columns, encoding=encoding)
    if not cpg:
        path.with_suffix(".cpg").unlink()
    assert read(path) == [{"id": "H1", "head": "张某甲", "lon": "107.02", "lat": "31.95"}]


def test_a_column_name_cut_within_a_character_is_said(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "l.shp", [Point(107, 31)], {"abcdefghij": ["1"]})
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"abcdefghij", "网格编码".encode()[:10]))
    refused(path, "GeoPackage")


def test_a_shapefile_without_its_table_says_which_files_belong_to_it(tmp_path: Path) -> None:
    columns = {"编号": ["H1"], "户主": ["张某甲"]}
    path = write_layer(tmp_path / "l.shp", [Point(107.02, 31.95)], columns)
    path.with_suffix(".dbf").unlink()
    refused(path, r"\.dbf")


def test_a_polygon_of_a_million_vertices_is_refused_before_it_is_built() -> None:
    ring = [[107, 31.9]] * 1_000_000
    drawn = shapely.polygons(np.full((1_000_000, 2), 31.9))
    for geometry in ({"type": "Polygon", "coordinates": [ring]}, shapely.to_wkb(drawn)):
        with pytest.raises(Unreadable, match=f"{MAX_VERTICES} vertices"):
            shape_of(geometry)


PLACES = {"code": ("网格编码", "code"), "name": ("名称",), "groups": ("组",)}


@pytest.mark.parametrize("suffix", ["gpkg", "shp"])
def test_drawn_places_come_from_every_kind_of_map(tmp_path: Path, suffix: str) -> None:
    columns: dict[str, list[Any]] = {"code": ["511921100201001"], "名称": ["一网格"], "组": [3]}
    path = write_layer(tmp_path / f"l.{suffix}", [square(107, 107.1)], columns, kind="Polygon")
    drawing = open_drawing(path, PLACES, (("code",),))
    (drawn,) = drawing.features()
    assert drawn == Feature(1, drawn.properties, drawn.geometry)
    assert drawn.properties == {"code": "511921100201001", "name": "一网格", "groups": 3}
    assert shape_of(drawn.geometry).equals(square(107, 107.1))


def test_a_list_without_geometry_is_no_map(tmp_path: Path) -> None:
    with pytest.raises(BadSheet, match="GeoPackage or Shapefile"):
        open_drawing(write(tmp_path, "网格编码,名称\n1,2\n"), PLACES, (("code",),))


def test_a_layer_that_is_computed_is_not_read(tmp_path: Path) -> None:
    """A view may go on for ever, and GDAL would not even hear Ctrl-C."""
    path = write_layer(tmp_path / "h.gpkg", [Point(107, 31.9)], {"编号": ["H1"], "户主": ["甲"]})
    assert len(read(path)) == 1
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            """
            CREATE VIEW more AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                SELECT i AS fid, i AS "编号", i AS "户主", NULL AS geom FROM n;
            INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id)
                SELECT 'more', data_type, 'more', srs_id FROM gpkg_contents;
            CREATE VIEW unlisted AS SELECT * FROM more;
            """
        )
    assert len(read(path, "h")) == 1
    for name in ("more", "unlisted"):
        with pytest.raises(BadSheet, match=r"computed|no layer"):
            read(path, name)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "DROP TABLE gpkg_extensions; CREATE VIEW gpkg_extensions AS SELECT * FROM more"
        )
    with pytest.raises(BadSheet, match="computed"):
        read(path, "h")
