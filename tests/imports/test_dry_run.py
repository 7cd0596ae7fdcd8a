"""A dry run reads, checks, places, counts and reports; the database stays as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from server.cli.load.progress import counting
from server.db import transaction
from tests.cli.keyboard import Keyboard, environment
from tests.imports.layers import write_layer
from tests.imports.lists import A1, feature, row, square, write, write_geojson
from tests.imports.workbooks import write_excel
from tests.smallcounty import SmallCounty

TABLES = (
    "area",
    "grid_cell",
    "boundary",
    "household",
    "household_placing",
    "audit_act",
    "feed_entry",
    "feed_head",
)


@pytest.fixture
def keyboard(county: SmallCounty, tmp_path: Path) -> Keyboard:
    return Keyboard(environment(county.url, tmp_path))


def whole(county: SmallCounty) -> list[Any]:
    """Every row of every table that a file may change, with its version."""
    with transaction(county.worker) as session:
        return [
            session.execute(text(f"SELECT t.*, xmin::text FROM {t} t ORDER BY 1, 2")).all()
            for t in TABLES
        ]


def flat(said: str) -> str:
    return " ".join(word for word in said.split() if not set(word) <= set("│├┤─┌┐└┘┬┴┼┡┩╇━┏┳┓┃"))


AREAS = [
    ["通江县行政区划"],
    ["代码", "级别", "名称", "上级代码"],
    [511921100201, "村", "新名村", 511921100],
    [511921100203, "村", "示例A3村", 511921100],
]


def cells() -> list[dict[str, Any]]:
    return [
        feature(f"{A1}001", square(107.0, 107.04), groups="1,2"),
        feature(f"{A1}002", square(107.06, 107.1), groups="3"),
        feature(f"{A1}003", square(107.04, 107.06), groups="4"),
    ]


def test_areas(county: SmallCounty, keyboard: Keyboard, tmp_path: Path) -> None:
    path = write_excel(tmp_path / "a.xlsx", {"区划": AREAS})
    before = whole(county)
    said = flat(keyboard.type("load", "areas", path, "--dry-run"))
    assert "名称 代码 code" not in said
    assert "代码 代码 code 511921100201" in said
    assert "新增 new 1 变更 changed 1" in said
    assert "nothing was written" in said
    assert whole(county) == before
    assert "新增 new 1 变更 changed 1" in flat(keyboard.type("load", "areas", path))
    assert whole(county) != before


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "shp"])
def test_cells_from_every_kind_of_map(
    county: SmallCounty, keyboard: Keyboard, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"c.{kind}"
    if kind == "geojson":
        write_geojson(path, cells())
    else:
        codes = [f"{A1}00{n}" for n in (1, 2, 3)]
        names = [f"示例{code}" for code in codes]
        shapes = [square(107.0, 107.04), square(107.06, 107.1), square(107.04, 107.06)]
        columns = {"code": codes, "name": names, "groups": ["1,2", "3", "4"]}
        write_layer(path, shapes, columns, kind="Polygon", encoding="UTF-8")
    before = whole(county)
    said = flat(keyboard.type("load", "cells", path, "--dry-run"))
    assert "新增 new 1" in said
    assert "界线变更 redrawn 2" in said
    assert whole(county) == before
    assert "新增 new 1" in flat(keyboard.type("load", "cells", path))


def test_boundaries(county: SmallCounty, keyboard: Keyboard, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "b.geojson", [feature("511921100", square(107.0, 107.2))])
    before = whole(county)
    assert "新增 new 1" in flat(keyboard.type("load", "boundaries", path, "--dry-run"))
    assert whole(county) == before


def test_households(county: SmallCounty, keyboard: Keyboard, tmp_path: Path) -> None:
    rows = [row(1), row(2, 户主=""), row(3, 村组="九组"), row(4, 户主="张某甲1", 地址="示意路1号")]
    path = write(tmp_path / "h.csv", rows)
    before = whole(county)
    said = flat(keyboard.type("load", "households", path, "--datum", "gcj02", "--dry-run"))
    assert "placed by group 2" in said
    assert "no cell of the village names the group 1" in said
    assert "rejected：缺户主 no head 1" in said
    assert "nothing was written" in said
    assert whole(county) == before
    report = (tmp_path / "h.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert report.splitlines()[1].startswith("3,H002,head_missing,")
    written = flat(keyboard.type("load", "households", path, "--datum", "gcj02"))
    assert "placed by group 2" in written
    assert "nothing was written" not in written
    again = flat(keyboard.type("load", "households", path, "--datum", "gcj02", "--dry-run"))
    assert "already there 3" in again


def test_what_is_shown_of_the_first_row_is_masked(keyboard: Keyboard, tmp_path: Path) -> None:
    rows = [
        ["编号", "户主", "电话", "地址", "村代码", "经度", "纬度", "身份"],
        ["H1", "张某甲", "00013800001", "示意路8号", A1, 107.0213, 31.9512, "不得显示"],
    ]
    path = write_excel(tmp_path / "h.xlsx", {"住户": rows})
    said = flat(keyboard.type("load", "households", path, "--datum", "wgs84", "--dry-run"))
    for shown in ("户主 户主 head 张**", "*********01", "示意***", "107.****", "not used: 身份"):
        assert shown in said
    for hidden in ("张某甲", "00013800001", "示意路8号", "107.0213", "不得显示"):
        assert hidden not in said


def test_a_mapping_file_from_the_guess_and_back(keyboard: Keyboard, tmp_path: Path) -> None:
    rows = [["序号", "家主", "电话"], ["H1", "张某甲", "00013800001"]]
    path = write_excel(tmp_path / "h.xlsx", {"住户": rows})
    assert "lacks a column" in keyboard.fails("load", "households", path)
    said = keyboard.type("load", "households", path, "--mapping-template")
    mapping = tmp_path / "h.xlsx.mapping.yaml"
    assert str(mapping) in said
    assert "h.xlsx.mapping.yaml" in keyboard.fails("load", "households", path, "--mapping-template")
    text = mapping.read_text(encoding="utf-8")
    assert '"家主"' in text
    filled = text.replace("  head:         ", '  head: "家主" ', 1)
    filled = filled.replace("fixed: {}", f"fixed: {{village_code: {A1}, group: 1组}}")
    mapping.write_text(filled, encoding="utf-8")
    said = flat(keyboard.type("load", "households", path, "--mapping", mapping, "--dry-run"))
    assert "固定值 fixed" in said
    assert "placed by group 1" in said


def test_a_long_list_says_now_and_then_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with counting(50_000) as told:
        for done in (5_000, 25_000, 30_000, 50_000):
            told(done)
    assert capsys.readouterr().out.splitlines() == [
        "已处理 25000 / 50000 行 rows",
        "已处理 50000 / 50000 行 rows",
    ]
