"""`wangge move`: a plan in a file, previewed and applied at the keyboard; cells loaded anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.keyboard import Keyboard
from tests.cli.test_load import flat
from tests.imports.lists import feature, square, write_geojson
from tests.moves.conftest import split_of
from tests.smallcounty import CELLS, SmallCounty, id_of


def write_plan(path: Path, plan: Any) -> Path:
    """A plan as a file."""
    path.write_text(json.dumps(plan), encoding="utf-8")
    return path


def token_of(said: str) -> str:
    """The token that a preview printed."""
    return said.rsplit("token: ", 1)[1].split()[0]


def test_a_plan_is_previewed_and_applied(
    keyboard: Keyboard, county: SmallCounty, tmp_path: Path
) -> None:
    keyboard.environment |= {"WANGGE_WORKER_DATABASE_URL": county.url}
    path = write_plan(tmp_path / "split.json", split_of())
    said = keyboard.type("move", "preview", path)
    assert "按坐标调整的住户 households by_point moved 1" in flat(said)
    assert "Nobody serves cell 511921100201003" in said
    token = token_of(said)
    assert keyboard.result("move", "apply", path, "--token", token, "--why", " ").exit_code == 2
    assert "applied" in keyboard.type("move", "apply", path, "--token", token, "--why", "示例")
    again = keyboard.type("move", "apply", path, "--token", token, "--why", "示例")
    assert "applied" in again  # and nothing moved twice
    cells = county.sign_in("county").get("/households", cell="511921100201003")
    assert [home["id"] for home in cells["items"]] == [str(id_of("A1w-3"))]


def test_a_stale_token_and_edges_that_do_not_fit_are_one_line(
    keyboard: Keyboard, tmp_path: Path
) -> None:
    path = write_plan(tmp_path / "split.json", split_of())
    assert "preview it again" in keyboard.fails(
        "move", "apply", path, "--token", "0" * 64, "--why", "示例"
    )
    plan = split_of()
    half = {"code": CELLS["A1w"], "geometry": square_geometry(107.0, 107.02)}
    plan = {"kind": "redraw", "village": plan["village"], "cells": [half]}
    said = keyboard.fails("move", "preview", write_plan(tmp_path / "gap.json", plan))
    assert "gap.json.findings.geojson" in said
    drawn = json.loads((tmp_path / "gap.json.findings.geojson").read_text(encoding="utf-8"))
    assert drawn["features"][0]["properties"]["kind"] == "gap"


def test_a_file_that_is_no_plan_is_said_so(keyboard: Keyboard, tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"kind": "x"}', '{"kind": NaN}', "\ud83d"):
        path = tmp_path / "plan.json"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        said = keyboard.fails("move", "preview", path)
        assert any(word in said for word in ("方案", "JSON")), said


def test_cells_loaded_anew_take_their_households_along(
    keyboard: Keyboard, county: SmallCounty, tmp_path: Path
) -> None:
    """The edge between both cells of A1 moves east: A1e-1 comes to the west cell."""
    keyboard.environment |= {"WANGGE_WORKER_DATABASE_URL": county.url}
    drawn = [
        feature(CELLS["A1w"], square(107.0, 107.075), groups="1,2"),
        feature(CELLS["A1e"], square(107.075, 107.1), groups="3,4"),
    ]
    path = write_geojson(tmp_path / "cells.geojson", drawn)
    assert "households placed anew: 1" in keyboard.type("load", "cells", path)
    west = county.sign_in("county").get("/households", cell=CELLS["A1w"])["items"]
    assert str(id_of("A1e-1")) in {home["id"] for home in west}
    assert "households placed anew" not in keyboard.type("load", "cells", path)


def square_geometry(west: float, east: float) -> dict[str, Any]:
    """A strip of village A1 as GeoJSON."""
    found: dict[str, Any] = feature("x", square(west, east))["geometry"]
    return found
