"""The map of each desk: what it shows, to whom, and that nothing is left out in silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import shapely
from shapely import box
from sqlalchemy import text

from server.db import transaction
from server.maps.tiles.queries import drawing
from server.maps.tiles.rules.frame import MOST_POINTS
from server.places import queries as places
from tests.maps.tilereader import COUNTY, STRIP, Feature, ask, read, read_all, tiles_of, width
from tests.smallcounty import CELLS, SOUTH, START, WEST, Desk, SmallCounty, id_of

HERE = (12, 3266, 1663)  # a tile in the midst of village A1


def by_code(features: list[Feature]) -> dict[str, Feature]:
    """Features by code; cut at a tile's edge, one may come twice."""
    return {one["code"]: one for one in features}


def run(county: SmallCounty, statement: str, **values: Any) -> None:
    """Something done by the county's own hand."""
    with transaction(county.worker) as session:
        session.execute(text(statement), values)


# ------------------------------------------------------------------------------- households


@pytest.mark.parametrize(
    ("login", "cells"),
    [
        ("worker-a1w", ["A1w"]),
        ("mediator-a1", ["A1w", "A1e"]),
        ("township-a", ["A1w", "A1e", "A2w", "A2e"]),
        ("county", list(CELLS)),
    ],
)
def test_everybody_sees_the_households_of_their_own_places(
    county: SmallCounty, login: str, cells: list[str]
) -> None:
    found = read_all(county.sign_in(login), "households", 14)
    assert sorted(one["id"] for one in found) == sorted(
        str(id_of(f"{cell}-{k}")) for cell in cells for k in (1, 2, 3)
    )


def test_a_household_says_nothing_of_who_lives_there(county: SmallCounty) -> None:
    run(county, "UPDATE household SET accuracy_m = 8 WHERE id = :id", id=id_of("A1w-1"))
    columns = [set(one.columns) for one in read_all(county.sign_in("county"), "households", 14)]
    assert set.union(*columns) == {"id", "kind", "state", "placed_by", "accuracy"}


def test_administrators_see_cells_and_no_household(county: SmallCounty) -> None:
    auditor = county.sign_in("auditor")
    assert ask(auditor, "households", HERE).status_code == 403
    assert ask(auditor, "disputes", HERE).status_code == 403
    assert all("households" not in cell.columns for cell in read_all(auditor, "cells", 11))
    assert by_code(read_all(auditor, "cells", 11)).keys() == set(CELLS.values())


@pytest.mark.parametrize("zoom", [0, 5, 9, 11, 12, 14])
def test_each_household_lies_in_one_tile_at_every_zoom(county: SmallCounty, zoom: int) -> None:
    found = read_all(county.sign_in("county"), "households", zoom)
    assert sum(one.columns.get("households", 1) for one in found) == 18


def test_from_afar_a_cluster_lies_between_its_households(county: SmallCounty) -> None:
    (whole,) = read_all(county.sign_in("township-b"), "households", 2)
    assert whole["households"] == 6
    middle = shapely.Point(WEST["B1"] + 0.055, SOUTH + 0.05)
    assert whole.shape.distance(middle) < width(2) / 4096


def test_a_household_that_ended_is_on_no_map(county: SmallCounty) -> None:
    run(county, "UPDATE household SET state = 'ended' WHERE id = :id", id=id_of("A1w-2"))
    assert len(read_all(county.sign_in("worker-a1w"), "households", 14)) == 2


def test_a_crowd_is_drawn_as_clusters_and_the_answer_says_so(county: SmallCounty) -> None:
    run(
        county,
        """INSERT INTO household (id, village_id, cell_id, placed_by, head_name, geom, created_at)
           SELECT gen_random_uuid(), :village, :cell, 'point', '\\x00',
                  ST_SetSRID(ST_MakePoint(107.02 + n % 100 * 0.00001, 31.95), 4326), now()
             FROM generate_series(1, :many) n""",
        village=id_of("A1"),
        cell=id_of("A1w"),
        many=MOST_POINTS,
    )
    desk = county.sign_in("worker-a1w")
    crowded = [
        tile
        for tile in tiles_of(14, STRIP)
        if "Wangge-Cut" in ask(desk, "households", tile).headers
    ]
    (tile,) = crowded
    answer = ask(desk, "households", tile)
    assert answer.headers["Wangge-Cut"].startswith("clustered; there=50")
    assert len(answer.data) < 10_000
    found = read_all(desk, "households", 14)
    assert sum(one.columns.get("households", 1) for one in found) == MOST_POINTS + 3


# ------------------------------------------------------------------------------------ cells


def test_a_cell_names_its_village_and_who_leads_it(county: SmallCounty) -> None:
    cells = by_code(read_all(county.sign_in("worker-b1w"), "cells", 11))
    assert cells.keys() == set(CELLS.values())
    west = cells[CELLS["A1w"]]
    assert (west["name"], west["village"], west["lead"]) == (
        "示例A1w网格",
        "示例A1村",
        "示例worker-a1w",
    )
    assert "lead" not in cells[CELLS["A2w"]].columns  # nobody serves it


def test_a_cell_is_drawn_where_it_is(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    pieces = [one for one in read_all(desk, "cells", 12) if one["code"] == CELLS["A2e"]]
    drawn = shapely.union_all([one.shape for one in pieces])
    true = box(WEST["A2"] + 0.05, SOUTH, WEST["A2"] + 0.1, SOUTH + 0.1)
    assert drawn.symmetric_difference(true).area < true.area / 1000


def record(desk: Desk, household: str, outcome: str, day: str, **more: Any) -> str:
    """A visit, recorded at the desk; its id."""
    body = {
        "id": str(uuid4()),
        "household_id": str(id_of(household)),
        "outcome": outcome,
        "occurred_at": f"{day}T10:00:00+08:00",
        **more,
    }
    return str(desk.post("/visits", body)["id"])


def test_coverage_equals_the_plain_count(county: SmallCounty) -> None:
    """Met or by telephone, once each, in these days, amended as its amendment says; of those who
    live there at present.
    """
    county.clock.pass_time(days=10)
    desk = county.sign_in("mediator-a1")
    record(desk, "A1w-1", "met", "2026-03-05")
    record(desk, "A1w-1", "by_telephone", "2026-03-06")
    record(desk, "A1w-2", "nobody_home", "2026-03-06")
    record(desk, "A1w-3", "met", "2026-02-20")  # before the period
    record(desk, "A1e-1", "by_telephone", "2026-03-10")  # its last day
    wrong = record(desk, "A1e-2", "met", "2026-03-07")
    record(desk, "A1e-2", "nobody_home", "2026-03-07", supersedes_id=wrong)
    run(county, "UPDATE household SET state = 'away' WHERE id = :id", id=id_of("A1w-2"))
    period = {"from": "2026-03-01", "to": "2026-03-10"}
    cells = by_code(read_all(desk, "cells", 11, **period))
    with transaction(county.worker) as session:
        plain = session.execute(
            text("""
                SELECT c.code, count(DISTINCT h.id),
                       count(DISTINCT h.id) FILTER (WHERE v.id IS NOT NULL)
                  FROM grid_cell c JOIN household h ON h.cell_id = c.id AND h.state = 'lived_in'
                  LEFT JOIN visit v ON v.household_id = h.id
                       AND v.outcome IN ('met', 'by_telephone')
                       AND (v.occurred_at AT TIME ZONE 'Asia/Shanghai')::date
                           BETWEEN '2026-03-01' AND '2026-03-10'
                       AND v.id NOT IN (SELECT supersedes_id FROM visit
                                         WHERE supersedes_id IS NOT NULL)
                 WHERE c.code LIKE '511921100201%' GROUP BY 1""")
        ).all()
    assert [tuple(row) for row in plain] == [(CELLS["A1w"], 2, 1), (CELLS["A1e"], 3, 1)]
    for code, living, visited in plain:
        cell = cells[code]
        assert (cell["households"], cell["visited"]) == (living, visited)
        assert cell["coverage"] == pytest.approx(visited / living, abs=1e-4)


def test_measures_end_where_the_askers_places_end(county: SmallCounty) -> None:
    cells = by_code(read_all(county.sign_in("worker-a1w"), "cells", 11))
    measured = {code for code, cell in cells.items() if "households" in cell.columns}
    assert measured == {CELLS["A1w"]}
    assert cells[CELLS["A1w"]]["coverage"] == 0


def test_a_cell_in_which_nobody_lives_has_no_coverage(county: SmallCounty) -> None:
    run(county, "UPDATE household SET state = 'away' WHERE cell_id = :id", id=id_of("A1w"))
    cell = by_code(read_all(county.sign_in("worker-a1w"), "cells", 11))[CELLS["A1w"]]
    assert (cell["households"], "coverage" in cell.columns) == (0, False)


def test_too_many_cells_are_cut_and_the_answer_says_so(
    county: SmallCounty, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, (tile,) = county.sign_in("county"), list(tiles_of(3))
    assert "Wangge-Cut" not in ask(desk, "cells", tile).headers
    monkeypatch.setattr(drawing, "MOST_FEATURES", 4)
    answer = ask(desk, "cells", tile)
    assert answer.headers["Wangge-Cut"] == "left-out; there=6"
    assert len(read(desk, "cells", tile)) == 4


def redraw(county: SmallCounty) -> None:
    """The border between the cells of A1 moves 0.02° to the east."""
    new = {"A1w": (0.0, 0.07), "A1e": (0.07, 0.1)}
    shapes = [box(107 + a, SOUTH, 107 + b, SOUTH + 0.1).wkb for a, b in new.values()]
    with transaction(county.worker) as session:
        owners = [id_of(name) for name in new]
        places.set_boundaries(session, owners, shapes, county.clock.now, cells=True)


def test_a_past_day_shows_the_boundaries_of_that_day(county: SmallCounty) -> None:
    county.clock.pass_time(days=3)  # 2026-03-05
    redraw(county)
    desk = county.sign_in("county")
    old, new, before = (
        by_code(read_all(desk, "cells", 5, **query))
        for query in ({"as_of": "2026-03-04"}, {"as_of": "2026-03-05"}, {"as_of": "2026-03-01"})
    )
    code = CELLS["A1w"]
    unit = width(5) / 4096
    assert old[code].shape.bounds[2] == pytest.approx(107.05, abs=unit)
    assert new[code].shape.bounds[2] == pytest.approx(107.07, abs=unit)
    assert "households" not in old[code].columns  # measures are of the present
    assert before == {}
    assert by_code(read_all(desk, "cells", 5))[code].shape.equals(new[code].shape)


# ------------------------------------------------------------------------------------ areas


def test_areas_come_by_zoom_and_an_undrawn_township_is_its_villages(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    levels = {z: {one["level"] for one in read_all(desk, "areas", z)} for z in (6, 9, 12)}
    assert levels == {6: {"county"}, 9: {"township"}, 12: {"township", "village"}}
    whole = shapely.union_all([one.shape for one in read_all(desk, "areas", 6)])
    assert whole.bounds == pytest.approx(COUNTY, abs=width(6) / 4096)
    townships = by_code(read_all(desk, "areas", 8))
    assert townships["511921100"].shape.bounds[2] == pytest.approx(107.2, abs=width(8) / 4096)


def test_a_township_that_is_drawn_is_drawn_as_it_is(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        drawn = box(107.0, SOUTH, 107.21, SOUTH + 0.1).wkb
        places.set_boundaries(session, [id_of("A")], [drawn], START, cells=False)
    townships = by_code(read_all(county.sign_in("county"), "areas", 8))
    assert townships["511921100"].shape.bounds[2] == pytest.approx(107.21, abs=width(8) / 4096)


def test_areas_of_a_past_day(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    day = str((START + timedelta(days=1)).date())
    assert by_code(read_all(desk, "areas", 9, as_of=day)).keys() == {"511921100", "511921101"}
    assert read_all(desk, "areas", 9, as_of="2026-03-01") == []
