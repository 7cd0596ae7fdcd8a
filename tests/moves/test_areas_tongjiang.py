"""A real county's areas change: 杨柏乡 becomes 杨柏镇, villages merge, and everything holds on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import shapely
from sqlalchemy import text

from geo.datum import Datum
from geo.partition import Kind, check
from server.cli.queries import count_unstamped, count_wrong_heads
from server.db import transaction
from server.demo.county import AREAS_CSV, County, write_cells_geojson, write_villages_geojson
from server.demo.people import write_households_csv
from server.households.imports.service import load_households
from server.installation import opened
from server.moves import service
from server.moves.form import Moving
from server.moves.kinds import read_plan
from server.places.imports.service import load_areas, load_boundaries, load_cells
from tests import smallcounty
from tests.conftest import TestCluster
from tests.smallcounty import Clock, SmallCounty

TOWN, RURAL = "511921119", "511921202"  # 杨柏镇, and a code of the form that 杨柏乡 had
MERGED, NEIGHBOUR = "511921216", "511921214"


@pytest.fixture(scope="module")
def tongjiang(
    cluster: TestCluster, drawn_county: County, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SmallCounty]:
    """The county with some of its households, three townships of it drawn; the tests of this file
    share it, in their order.
    """
    directory, drawn = tmp_path_factory.mktemp("areas"), _part_of(drawn_county)
    write_cells_geojson(drawn, directory / "cells.geojson")
    write_villages_geojson(drawn, directory / "villages.geojson")
    write_households_csv(drawn_county, directory / "households.csv", count=800)
    name = f"areas_{directory.parent.name.replace('-', '_')}"
    cluster.create(name, "wangge_migrated")
    with opened(smallcounty.settings(cluster.url(name))) as app:
        county = SmallCounty(app, Clock(), cluster.url(name))
        by = county.worker
        with transaction(by) as session:
            load_areas(session, by, AREAS_CSV)
            load_boundaries(session, by, directory / "villages.geojson")
            load_cells(session, by, directory / "cells.geojson")
        load_households(by, directory / "households.csv", Datum.GCJ02)
        yield county
    cluster.drop(name)


def _part_of(county: County) -> County:
    concerned = (TOWN, MERGED, NEIGHBOUR)
    villages = county.village_shapes
    return replace(
        county,
        cells=[cell for cell in county.cells if cell.code.startswith(concerned)],
        village_shapes={code: villages[code] for code in villages if code.startswith(concerned)},
    )


def move(county: SmallCounty, do: str, **members: Any) -> Any:
    """The county's own hand previews and applies; the preview."""
    county.clock.pass_time(days=1)
    plan = read_plan({"kind": "areas", "do": do, **members})
    with transaction(county.worker) as session:
        moving = Moving(session, county.worker, None, 10_000)
        seen = service.preview(moving, plan)
        service.apply(moving, plan, seen["token"], "示例：区划调整")
    return seen


def ask(county: SmallCounty, statement: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    with transaction(county.worker) as session:
        return [tuple(row) for row in session.execute(text(statement), values)]


def check_whole(county: SmallCounty) -> None:
    """Codes are prefixes of what lies beneath; nothing is left in what ended; phones will hear."""
    wrong = ask(
        county,
        """SELECT c.code FROM grid_cell c JOIN area v ON v.id = c.village_id
            WHERE c.ended_at IS NULL AND (left(c.code, 12) <> v.code OR v.ended_at IS NOT NULL)
           UNION ALL
           SELECT a.code FROM area a JOIN area p ON p.id = a.parent_id
            WHERE a.ended_at IS NULL AND (a.code NOT LIKE p.code || '%' OR p.ended_at IS NOT NULL)
           UNION ALL
           SELECT h.external_id FROM household h
             JOIN area v           ON v.id = h.village_id
             LEFT JOIN grid_cell c ON c.id = h.cell_id
            WHERE v.ended_at IS NOT NULL OR c.village_id <> h.village_id
           UNION ALL
           SELECT p.household_id::text FROM household_placing p JOIN household h
               ON h.id = p.household_id
            WHERE p.valid_to IS NULL
              AND (p.village_id, p.cell_id) IS DISTINCT FROM (h.village_id, h.cell_id)""",
    )
    assert wrong == []
    with transaction(county.worker) as session:
        assert (count_unstamped(session), count_wrong_heads(session)) == (0, 0)


def test_the_town_was_a_rural_township_once(tongjiang: SmallCounty) -> None:
    homes = ask(tongjiang, "SELECT id, cell_id, bucket FROM household ORDER BY id")
    move(tongjiang, "rename", area=TOWN, code=RURAL, name="杨柏乡")
    check_whole(tongjiang)
    seen = move(tongjiang, "rename", area=RURAL, code=TOWN, name="杨柏镇")
    assert seen["warnings"] == []
    villages = [code for code in seen["codes"]["list"] if code["level"] == "village"]
    ((count,),) = ask(
        tongjiang,
        "SELECT count(*) FROM area WHERE level = 'village' AND code LIKE :c || '%'",
        c=TOWN,
    )
    assert len(villages) == count > 3
    assert all(one["old"].startswith(RURAL) and one["new"].startswith(TOWN) for one in villages)
    assert ask(tongjiang, "SELECT id, cell_id, bucket FROM household ORDER BY id") == homes
    check_whole(tongjiang)


def test_neighbouring_villages_merge_and_their_cells_tile_what_they_became(
    tongjiang: SmallCounty,
) -> None:
    ((target, source),) = ask(
        tongjiang,
        """SELECT a.code, b.code
             FROM area a JOIN boundary ba ON ba.area_id = a.id AND ba.valid_to IS NULL
             JOIN area b ON b.parent_id = a.parent_id AND b.code > a.code
             JOIN boundary bb ON bb.area_id = b.id AND bb.valid_to IS NULL
            WHERE a.code LIKE :c || '%' AND a.level = 'village'
              AND ST_Length(ST_Intersection(ba.geom, bb.geom)) > 0.001
            ORDER BY a.code, b.code LIMIT 1""",
        c=TOWN,
    )
    seen = move(tongjiang, "merge", sources=[source], target=target)
    assert "not-adjacent" not in [warning["slug"] for warning in seen["warnings"]]
    shapes = ask(
        tongjiang,
        """SELECT c.code, ST_AsBinary(b.geom) FROM boundary b
             LEFT JOIN grid_cell c ON c.id = b.cell_id
             LEFT JOIN area v      ON v.id = coalesce(c.village_id, b.area_id)
            WHERE b.valid_to IS NULL AND v.code = :c""",
        c=target,
    )
    drawn = {code: shapely.from_wkb(bytes(wkb)) for code, wkb in shapes}
    village = drawn.pop(None)
    assert [f for f in check(village, drawn).found if f.kind is not Kind.SLIVER] == []
    check_whole(tongjiang)


def test_a_township_is_merged_into_its_neighbour(tongjiang: SmallCounty) -> None:
    seen = move(tongjiang, "merge", sources=[MERGED], target=NEIGHBOUR)
    villages = [one for one in seen["codes"]["list"] if one["level"] == "village"]
    assert len({one["new"] for one in villages}) == len(villages) > 1
    assert all(one["new"].startswith(NEIGHBOUR) for one in villages)
    check_whole(tongjiang)
