"""`wangge cells`: drafts and checks, read by a person, changing nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.keyboard import Keyboard
from tests.imports.lists import feature, square, write_geojson
from tests.smallcounty import CELLS, VILLAGES

A1, A2 = VILLAGES["A1"], VILLAGES["A2"]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_two_villages_are_drafted_to_one_map_and_a_plan_each(
    keyboard: Keyboard, tmp_path: Path
) -> None:
    out = tmp_path / "draft.geojson"
    said = keyboard.type("cells", "draft", A1, A2, "--low", 2, "--high", 4, "--out", out)
    assert f"{A1} 示例A1村" in said
    drawn = read(out)["features"]
    assert {f["properties"]["village"] for f in drawn} == {A1, A2}
    plan = read(tmp_path / f"draft.{A1}.plan.json")
    assert (plan["kind"], plan["village"], len(plan["cells"])) == ("redraw", A1, 2)
    assert read(tmp_path / "draft.concerns.geojson")["type"] == "FeatureCollection"
    # What was drafted tiles its village, as the check says of the same file.
    assert "恰好铺满" in keyboard.type("cells", "check", out)


def test_a_draft_follows_a_road_from_a_file(keyboard: Keyboard, tmp_path: Path) -> None:
    road = {"type": "LineString", "coordinates": [[106.9, 31.95], [107.3, 31.951]]}
    lines = tmp_path / "roads.geojson"
    lines.write_text(json.dumps(road), encoding="utf-8")
    out = tmp_path / "d.geojson"
    keyboard.type("cells", "draft", A1, "--low", 2, "--high", 4, "--lines", lines, "--out", out)
    lines.write_text("not json", encoding="utf-8")
    assert "GeoJSON" in keyboard.fails("cells", "draft", A1, "--lines", lines, "--out", out)
    lines.write_text('{"type": "LineString", "coordinates": [[31, 107], [32, 107]]}')
    assert "填反" in keyboard.fails("cells", "draft", A1, "--lines", lines, "--out", out)


def test_a_village_that_is_none_is_told(keyboard: Keyboard, tmp_path: Path) -> None:
    out = tmp_path / "d.geojson"
    assert "行政区划" in keyboard.fails("cells", "draft", "511921100599", "--out", out)
    assert "不是村" in keyboard.fails("cells", "draft", "511921100", "--out", out)
    assert not out.exists()


def test_cells_that_do_not_tile_are_shown_with_repairs_and_mended_if_asked(
    keyboard: Keyboard, tmp_path: Path
) -> None:
    west = feature(CELLS["A1w"], square(107.0, 107.051))
    east = feature(CELLS["A1e"], square(107.05, 107.1))
    file, mended = write_geojson(tmp_path / "c.geojson", [west, east]), tmp_path / "m.geojson"
    said = keyboard.type("cells", "check", file, "--repaired", mended, expect=1)
    assert "建议划归网格" in said
    (found,) = read(tmp_path / "c.geojson.findings.geojson")["features"]
    assert found["properties"]["kind"] == "overlap"
    assert found["properties"]["repair"]["action"] == "give"
    assert "恰好铺满" in keyboard.type("cells", "check", mended)


def test_boundaries_without_codes_are_checked_against_the_village_that_is_named(
    keyboard: Keyboard, tmp_path: Path
) -> None:
    halves = [
        {"type": "Feature", "properties": None, "geometry": feature("1", square(a, b))["geometry"]}
        for a, b in ((107.0, 107.04), (107.04, 107.1))
    ]
    file = write_geojson(tmp_path / "c.geojson", halves)
    assert "恰好铺满" in keyboard.type("cells", "check", file, "--village", A1)
    assert "outside" in keyboard.type("cells", "check", file, "--village", A2, expect=1)


def test_a_file_that_is_no_drawing_is_refused_in_one_line(
    keyboard: Keyboard, tmp_path: Path
) -> None:
    file = tmp_path / "c.geojson"
    for content in ("", "[]", "{}", '{"features": [{}]}', '{"features": [1]}', "[" * 100_000):
        file.write_text(content, encoding="utf-8")
        assert "GeoJSON" in keyboard.fails("cells", "check", file)
    twin = feature(CELLS["A1w"], square(107.0, 107.1))
    write_geojson(file, [twin, twin])
    assert "编号重复" in keyboard.fails("cells", "check", file)
    assert "nowhere" in keyboard.fails("cells", "check", tmp_path / "nowhere.geojson")
