"""The bench runs, on the smallest county that has all it needs, and keeps what it measured.

One row of each kind: set-wise, over HTTP; the way back and moves in `make faults`. Each web server
takes seconds to start; `make bench` runs them all.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from shapely import box
from shapely.geometry import MultiPolygon

from bench.__main__ import run
from bench.ground import Ground, Size, execute, lay
from bench.registry import BENCHES
from server.demo.county import AreaRow, CellShape, County, read_areas
from tests.conftest import TestCluster

ROWS = ("households", "visits", "climb")
MORE = ("first", "moves")
TOWNSHIPS, VILLAGES = 8, 3  # so many as the demo's list spreads its busy cells over


def small(seed: int) -> County:
    """Three villages of two cells in each of eight townships, squares side by side."""
    areas = read_areas()
    villages = [area.code for area in areas if area.level == "village"]
    by_township: dict[str, list[str]] = {}
    for code in villages:
        by_township.setdefault(code[:9], []).append(code)
    chosen = [here[:VILLAGES] for here in by_township.values() if len(here) >= VILLAGES]
    return _drawn(areas, [code for here in chosen[:TOWNSHIPS] for code in here])


def _drawn(areas: list[AreaRow], villages: list[str]) -> County:
    wests = [107 + k / 50 for k in range(len(villages) + 1)]  # the next begins where one ends
    shapes = {
        code: box(west, 31.9, east, 31.92)
        for code, west, east in zip(villages, wests, wests[1:], strict=False)
    }
    cells = []
    for code, shape in shapes.items():
        west, south, east, north = shape.bounds
        middle = (west + east) / 2
        cells.append(CellShape(f"{code}001", "示例西", (1, 2), box(west, south, middle, north)))
        cells.append(CellShape(f"{code}002", "示例东", (3,), box(middle, south, east, north)))
    whole = MultiPolygon([box(107, 31.9, wests[-1], 31.92)])
    return County(whole, areas, dict(shapes), cells, dict.fromkeys(villages, 4))


@pytest.fixture
def ground(cluster: TestCluster, tmp_path: Path) -> Iterator[Ground]:
    size = Size(
        households=200,
        pushes=1,
        loads=((8, 20),),
        homes=20,
        open_cases=400,
        due=40,
        processes=1,
        county=small,
    )
    cluster.create("bench", "wangge_migrated")
    yield lay(cluster.url("bench"), tmp_path, size)
    execute(cluster.admin_url, "DROP DATABASE bench WITH (FORCE)")


@pytest.mark.parametrize("rows", [ROWS, pytest.param(MORE, marks=pytest.mark.long)])
def test_a_row_is_measured_and_kept(ground: Ground, tmp_path: Path, rows: tuple[str, ...]) -> None:
    into = tmp_path / "results.json"
    run(ground, rows, 1, into)
    kept = json.loads(into.read_text(encoding="utf-8"))
    assert [row["name"] for row in kept["rows"]] == list(rows)
    for row in kept["rows"]:
        low, high = row["ratio"]["min"], row["ratio"]["max"]
        assert 0 < low <= row["ratio"]["median"] <= high
        assert len(row["pairs"]) == 1
    drawn = into.with_suffix(".svg").read_text(encoding="utf-8")
    assert all(BENCHES[name].title in drawn for name in rows)
    assert kept["machine"]["postgresql"].startswith("1")
