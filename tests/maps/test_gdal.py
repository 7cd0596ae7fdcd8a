"""GDAL opens the county: its OAPIF driver, from Debian's gdal-bin, over a real connection."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.demo.web import serving
from tests import smallcounty
from tests.smallcounty import CELLS, SmallCounty


@pytest.fixture
def server(county: SmallCounty) -> Iterator[str]:
    """The same county over a loopback port."""
    with serving(smallcounty.settings(county.url), county.clock) as base:
        yield f"OAPIF:{base}/api/v1/ogc"


def gdal(county: SmallCounty, login: str, *words: object) -> str:
    """A GDAL program as somebody types it, with the token in its environment."""
    token = county.sign_in(login).tokens["access"]
    done = subprocess.run(
        [str(word) for word in words],
        env={
            "PATH": os.environ["PATH"],
            "GDAL_HTTP_HEADERS": f"Authorization: Bearer {token}",
            "GDAL_HTTP_TIMEOUT": "60",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def features(path: Path) -> list[dict[str, object]]:
    """What ogr2ogr wrote."""
    found: list[dict[str, object]] = json.loads(path.read_text("utf-8"))["features"]
    return found


def test_the_layers_are_listed(county: SmallCounty, server: str) -> None:
    said = gdal(county, "county", "ogrinfo", server)
    for name in ("areas", "cells", "households", "visits"):
        assert f": {name}" in said


def test_a_layer_has_its_columns_its_reference_system_and_its_count(
    county: SmallCounty, server: str
) -> None:
    said = gdal(county, "township-a", "ogrinfo", "-so", server, "households")
    assert "Feature Count: 12" in said
    assert "created_at: DateTime" in said
    assert "head_name: String" in said
    assert "CRS84" in said or "WGS 84" in said


def test_all_pages_are_fetched(county: SmallCounty, server: str, tmp_path: Path) -> None:
    file = tmp_path / "all.geojson"
    gdal(county, "county", "ogr2ogr", file, server, "households", "-oo", "PAGE_SIZE=4")
    ids = [feature["properties"]["id"] for feature in features(file)]  # type: ignore[index] # JSON
    assert len(ids) == len(set(ids)) == 18


def test_a_box_reaches_the_server(county: SmallCounty, server: str, tmp_path: Path) -> None:
    file = tmp_path / "box.geojson"
    box = ("-spat", 107.0, 31.9, 107.05, 32.0)
    gdal(county, "county", "ogr2ogr", file, server, "households", *box)
    codes = {f["properties"]["cell_code"] for f in features(file)}  # type: ignore[index] # JSON
    assert codes == {CELLS["A1w"]}
    assert len(features(file)) == 3


def test_a_condition_reaches_the_server(county: SmallCounty, server: str, tmp_path: Path) -> None:
    file = tmp_path / "some.geojson"
    asked = ("-where", f"cell_code = '{CELLS['B1e']}'")
    gdal(county, "county", "ogr2ogr", file, server, "households", *asked)
    assert len(features(file)) == 3


def test_cells_become_a_geopackage(county: SmallCounty, server: str, tmp_path: Path) -> None:
    file = tmp_path / "cells.gpkg"
    gdal(county, "worker-a1w", "ogr2ogr", file, server, "cells")
    said = gdal(county, "worker-a1w", "ogrinfo", "-so", file, "cells")
    assert "Feature Count: 6" in said
    assert "Extent: (107.000000, 31.900000) - (107.300000, 32.000000)" in said


def test_without_a_token_nothing_opens(server: str) -> None:
    done = subprocess.run(
        ["ogrinfo", server], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "示" not in done.stdout
