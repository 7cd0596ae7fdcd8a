"""A real county's list, whose faults were put in on purpose and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from geo.cells import NO_CELL, CellIndex
from geo.datum import Datum
from server.db import transaction
from server.demo.county import AREAS_CSV, County, write_cells_geojson, write_villages_geojson
from server.demo.people import PLACED, Counts, write_households_csv
from server.households.imports.service import Loaded, load_households
from server.installation import opened
from server.places import queries as places
from server.places.imports.service import load_areas, load_boundaries, load_cells
from tests import smallcounty
from tests.conftest import TestCluster
from tests.smallcounty import Clock, SmallCounty


@pytest.fixture(scope="module")
def drawn(drawn_county: County) -> County:
    return drawn_county


@pytest.fixture(scope="module")
def files(drawn: County, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tongjiang")
    write_cells_geojson(drawn, directory / "cells.geojson")
    write_villages_geojson(drawn, directory / "villages.geojson")
    return directory


@pytest.fixture(scope="module")
def tongjiang(cluster: TestCluster, files: Path) -> Iterator[SmallCounty]:
    """The county with its areas, boundaries and cells; the tests of this file share it."""
    name = f"tongjiang_{files.parent.name.replace('-', '_')}"
    cluster.create(name, "wangge_migrated")
    with opened(smallcounty.settings(cluster.url(name))) as app:
        county = SmallCounty(app, Clock(), cluster.url(name))
        by = county.worker
        with transaction(by) as session:
            assert load_areas(session, by, AREAS_CSV).new == 403
            assert load_boundaries(session, by, files / "villages.geojson").new == 367
            cells = load_cells(session, by, files / "cells.geojson")
        assert (cells.read, cells.new, list(cells.findings)) == (cells.new, cells.read, [])
        yield county
    cluster.drop(name)


@pytest.fixture(scope="module")
def handed_over(drawn: County, files: Path) -> Counts:
    return write_households_csv(drawn, files / "households.csv", count=1000)


@pytest.fixture(scope="module")
def loaded(tongjiang: SmallCounty, files: Path, handed_over: Counts) -> Loaded:
    return load_households(tongjiang.worker, files / "households.csv", Datum.GCJ02, batch=300)


def test_every_row_becomes_what_it_was_written_to_become(
    loaded: Loaded, handed_over: Counts
) -> None:
    kinds = handed_over.kinds
    repeated = kinds["duplicate_household"]
    assert loaded.read == handed_over.rows
    assert loaded.by_point + loaded.by_group == sum(kinds[kind] for kind in PLACED) + repeated
    assert loaded.unplaced == {
        "group_unknown": kinds["group_not_covered"] + kinds["group_unknown"],
        "no_place": kinds["no_place"],
        "outside_county": kinds["outside"] + kinds["zero"] + kinds["swapped"],
    }
    assert loaded.rejected == {
        "degrees_minutes": kinds["text_coordinate"],
        "duplicate_id": kinds["duplicate_id"],
        "head_missing": kinds["no_head"],
        "other_county": kinds["other_county"],
        "village_missing": kinds["no_village"],
        "village_unknown": kinds["unknown_village"],
    }
    assert loaded.likely_duplicates == repeated
    assert loaded.odd == {"swapped": kinds["swapped"], "zero": kinds["zero"]}


def test_every_cell_has_the_households_that_were_written_for_it(
    tongjiang: SmallCounty, loaded: Loaded, handed_over: Counts
) -> None:
    with transaction(tongjiang.worker) as session:
        rows = session.execute(
            text("""
                SELECT c.code, count(*) FROM household h JOIN grid_cell c ON c.id = h.cell_id
                 GROUP BY c.code ORDER BY c.code
            """)
        )
        found = Counter(dict(rows.tuples().all()))
    found.subtract(handed_over.placed_in)
    assert min(found.values()) >= 0
    assert sum(found.values()) == handed_over.kinds["duplicate_household"]


def test_the_same_files_again_change_nothing(
    tongjiang: SmallCounty, files: Path, loaded: Loaded
) -> None:
    by = tongjiang.worker
    with transaction(by) as session:
        for load, name in ((load_cells, "cells"), (load_boundaries, "villages")):
            again = load(session, by, files / f"{name}.geojson")
            assert (again.new, again.changed, again.redrawn) == (0, 0, 0)
        assert load_areas(session, by, AREAS_CSV).changed == 0
    households = load_households(by, files / "households.csv", Datum.GCJ02)
    assert households.already == households.read - sum(households.rejected.values())


def test_corners_and_slanting_edges_belong_to_the_same_cell_for_postgis_and_for_geo(
    tongjiang: SmallCounty, drawn: County
) -> None:
    """The border rule on what a surveyor draws: corners of three cells, edges at any angle."""
    index = CellIndex([cell.code for cell in drawn.cells], [cell.polygon for cell in drawn.cells])
    corners = shapely.get_coordinates(drawn.cells[700].polygon).tolist()
    corners += shapely.get_coordinates(drawn.cells[701].polygon).tolist()
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(corners)]
    noise = np.random.default_rng(7).uniform((106.9, 31.6), (107.8, 32.4), (500, 2)).tolist()
    points = [(float(lon), float(lat)) for lon, lat in [*corners, *middles, *noise]]
    at = index.locate([p[0] for p in points], [p[1] for p in points])
    with transaction(tongjiang.worker) as session:
        located = places.locate(session, points)
        codes = {id: code for code, id in places.map_cell_codes(session, index.codes).items()}
    by_postgis = [codes[located[n][0]] if n in located else None for n in range(len(points))]
    assert by_postgis == [None if n == NO_CELL else index.codes[n] for n in at]
