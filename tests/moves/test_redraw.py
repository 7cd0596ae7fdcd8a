"""Redraws over HTTP: what a township previews, applies, and finds in history."""

from __future__ import annotations

import math
from typing import Any
from uuid import UUID

from shapely import box
from shapely.geometry import mapping

from tests.moves.conftest import Mover, line, rectangle, split_of
from tests.smallcounty import CELLS, SOUTH, VILLAGES, WEST, id_of

A1 = VILLAGES["A1"]
NEW = f"{A1}003"


BAD_GEOMETRIES: list[tuple[Any, str]] = [
    ({}, "bad-plan"),
    ({"type": "Polygon"}, "bad-plan"),
    ({"type": "Polygon", "coordinates": []}, "cells-do-not-tile"),
    ({"type": "Polygon", "coordinates": "x"}, "bad-plan"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "bad-plan"),
    ({"type": "Point", "coordinates": [107, 31.9]}, "bad-plan"),
    ({"type": "Feature", "geometry": None}, "bad-plan"),
    ({"type": "GeometryCollection", "geometries": []}, "bad-plan"),
    (  # a bow tie
        {
            "type": "Polygon",
            "coordinates": [[[107, 31.9], [107.05, 32], [107.05, 31.9], [107, 32], [107, 31.9]]],
        },
        "cells-do-not-tile",
    ),
    (  # longitude and latitude swapped
        {"type": "Polygon", "coordinates": [[[31.9, 107], [32, 107], [32, 107.05], [31.9, 107]]]},
        "cells-do-not-tile",
    ),
]


NONSENSE: list[Any] = [
    None,
    [],
    {},
    {"kind": "x"},
    {"kind": "redraw"},
    {"kind": "redraw", "village": "1"},
    {"kind": "redraw", "village": A1},
    {"kind": "redraw", "village": A1, "cells": []},
    {"kind": "redraw", "village": A1, "ended": [CELLS["B1w"]]},
    {"kind": "redraw", "village": A1, "ended": [CELLS["A1w"], CELLS["A1e"]]},
    {"kind": "redraw", "village": A1, "cells": [{"code": CELLS["A1w"]}]},
    {"kind": "redraw", "village": A1, "cells": [{"name": "无边界"}]},
    {"kind": "redraw", "village": A1, "cells": [{"code": CELLS["A1w"], "name": "a"}] * 2},
    {"kind": "redraw", "village": A1, "cells": [{"code": CELLS["A1w"], "groups": [0]}]},
    {"kind": "redraw", "village": A1, "cells": [{"code": CELLS["A1w"], "workers": ["ghost"]}]},
    {  # as it is already
        "kind": "redraw",
        "village": A1,
        "cells": [{"code": CELLS["A1w"], "geometry": rectangle("A1", 0, 0.05)}],
    },
    {"kind": "redraw", "village": A1, "surprise": 1},
    {"kind": "redraw", "village": A1, "split": {"cell": CELLS["A1w"]}},
    {
        "kind": "redraw",
        "village": A1,
        "split": {"cell": CELLS["A1w"], "line": line((107.02, -1e300), (107.02, 1e300))},
    },
    {
        "kind": "redraw",
        "village": A1,
        "split": {"cell": CELLS["A1w"], "line": line((0, 0), (1, 1))},
    },
    {"kind": "redraw", "village": A1, "merge": {"cells": [CELLS["A1w"]], "keep": CELLS["A1w"]}},
    {
        "kind": "redraw",
        "village": A1,
        "merge": {"cells": [CELLS["A1w"], CELLS["A1e"]], "keep": CELLS["B1w"]},
    },
]


def merge_of(*cells: str, keep: str = "A1w", **more: Any) -> dict[str, Any]:
    """Merge cells of village A1."""
    asked = {"cells": [CELLS[cell] for cell in cells], "keep": CELLS[keep], **more}
    return {"kind": "redraw", "village": A1, "merge": asked}


def edge_of(at: float) -> dict[str, Any]:
    """Move the edge between both cells of A1 to `at` degrees from the village's west."""
    return {
        "kind": "redraw",
        "village": A1,
        "cells": [
            {"code": CELLS["A1w"], "geometry": rectangle("A1", 0, at)},
            {"code": CELLS["A1e"], "geometry": rectangle("A1", at, 0.1)},
        ],
    }


def register(mover: Mover, name: str, **fields: Any) -> UUID:
    """A new household of A1."""
    body = {"id": str(id_of(name)), "village_id": str(id_of("A1")), "head_name": "示某新", **fields}
    return UUID(mover.desk("mediator-a1").post("/households", body)["id"])


def how_of(mover: Mover, household: UUID) -> tuple[Any, ...]:
    """(cell code, placed by, why unplaced) of a household."""
    (row,) = mover.ask(
        "SELECT c.code, h.placed_by, h.unplaced FROM household h"
        " LEFT JOIN grid_cell c ON c.id = h.cell_id WHERE h.id = :id",
        id=household,
    )
    return row


def test_a_split_moves_the_households_beyond_the_line(mover: Mover) -> None:
    seen = mover.preview(split_of())
    assert seen["cells"]["new"] == [{"code": NEW, "name": "示例A1村003网格"}]
    assert seen["households"]["by_point"]["moved"] == 1
    assert seen["households"]["by_point"]["list"][0]["id"] == str(id_of("A1w-3"))
    assert mover.cell_of(id_of("A1w-3")) == CELLS["A1w"]  # a preview changes nothing

    done = mover.apply(split_of(), seen["token"])
    assert done["counts"]["households"] == {"by_point": 1, "by_group": 0, "by_hand": 0}
    assert [mover.cell_of(id_of(f"A1w-{k}")) for k in (1, 2, 3)] == [CELLS["A1w"]] * 2 + [NEW]


def test_the_placing_history_knows_both_cells(mover: Mover) -> None:
    mover.county.clock.pass_time(days=1)
    mover.move(split_of())
    rows = mover.ask(
        "SELECT c.code, p.valid_to IS NULL FROM household_placing p"
        " JOIN grid_cell c ON c.id = p.cell_id WHERE household_id = :h ORDER BY p.valid_from",
        h=id_of("A1w-3"),
    )
    assert rows == [(CELLS["A1w"], False), (NEW, True)]


def test_a_merge_keeps_one_cell_and_ends_the_other(mover: Mover) -> None:
    seen = mover.move(merge_of("A1w", "A1e"))
    assert seen["cells"]["ended"] == [{"code": CELLS["A1e"], "name": "示例A1e网格"}]
    assert seen["households"]["by_point"]["moved"] == 3
    assert {mover.cell_of(id_of(f"A1e-{k}")) for k in (1, 2, 3)} == {CELLS["A1w"]}
    ((groups,),) = mover.ask("SELECT groups FROM grid_cell WHERE code = :c", c=CELLS["A1w"])
    assert groups == [1, 2, 3, 4]
    cells = mover.desk("township-a").get("/places/cells", under=A1)["items"]
    assert [cell["code"] for cell in cells] == [CELLS["A1w"]]


def test_the_worker_of_a_merged_cell_goes_along_with_it(mover: Mover) -> None:
    seen = mover.move(merge_of("A1w", "A1e"))
    assert seen["workers"]["begin"] == [{"user": "worker-a1e", "cell": CELLS["A1w"]}]
    assert mover.county.sign_in("worker-a1e").get("/households")["total"] == 6


def test_whom_a_plan_names_for_a_cell_serves_it_and_nobody_else(mover: Mover) -> None:
    plan = {
        "kind": "redraw",
        "village": A1,
        "cells": [{"code": CELLS["A1w"], "workers": ["worker-a1e"]}],
    }
    seen = mover.move(plan)
    assert seen["workers"] == {
        "end": [{"user": "worker-a1w", "cell": CELLS["A1w"]}],
        "begin": [{"user": "worker-a1e", "cell": CELLS["A1w"]}],
    }
    mover.county.clock.pass_time(seconds=1)
    assert mover.desk("worker-a1e").get("/households")["total"] == 6


def test_a_cell_that_nobody_would_serve_is_told(mover: Mover) -> None:
    seen = mover.preview(split_of())
    assert [w["slug"] for w in seen["warnings"]] == ["unserved"]
    assert NEW in seen["warnings"][0]["text"]
    given = mover.preview(split_of(into=[{}, {"workers": ["worker-a1e"]}]))
    assert given["warnings"] == []


def test_an_edge_moves_and_what_lies_beside_it_stays(mover: Mover) -> None:
    seen = mover.move(edge_of(0.075))
    assert seen["households"]["by_point"]["moved"] == 1
    assert mover.cell_of(id_of("A1e-1")) == CELLS["A1w"]
    assert mover.cell_of(id_of("A1e-2")) == CELLS["A1e"]


def test_a_household_on_the_new_edge_belongs_to_the_lower_code(mover: Mover) -> None:
    on_edge = register(mover, "on the edge", location=[107.06, 31.93, "wgs84", None])
    assert mover.cell_of(on_edge) == CELLS["A1e"]
    mover.move(edge_of(0.06))
    assert mover.cell_of(on_edge) == CELLS["A1w"]


def test_a_neighbour_gains_an_edge_and_with_it_who_stands_there(mover: Mover) -> None:
    """003 takes the north of 001; a household of 002 on their common edge goes by the rule."""
    mover.move(split_of(at=0.025, into=[{}, {"name": "中"}]))
    on_edge = register(mover, "edge of 002 and 003", location=[107.05, 31.98, "wgs84", None])
    assert mover.cell_of(on_edge) == CELLS["A1e"]
    left, north = WEST["A1"], SOUTH + 0.05
    plan = {
        "kind": "redraw",
        "village": A1,
        "cells": [
            {"code": CELLS["A1w"], "geometry": mapping(box(left, north, left + 0.05, SOUTH + 0.1))},
            {"code": NEW, "geometry": mapping(box(left, SOUTH, left + 0.05, north))},
        ],
    }
    seen = mover.move(plan)
    assert str(on_edge) in [h["id"] for h in seen["households"]["by_point"]["list"]]
    assert mover.cell_of(on_edge) == CELLS["A1w"]


def test_groups_go_where_they_are_named(mover: Mover) -> None:
    grouped = register(mover, "by group", group_no=2)
    seen = mover.move(split_of(into=[{"groups": [1]}, {"groups": [2]}]))
    assert seen["households"]["by_group"]["moved"] == 1
    assert how_of(mover, grouped) == (NEW, "group", None)


def test_a_group_that_no_cell_names_any_more_is_told_before(mover: Mover) -> None:
    grouped = register(mover, "by group", group_no=2)
    seen = mover.move(split_of(into=[{"groups": [1]}, {}]))
    assert "group-lost" in [warning["slug"] for warning in seen["warnings"]]
    assert seen["unplaced"]["count"] == 1
    assert seen["unplaced"]["list"][0]["unplaced"] == "group_unknown"
    assert how_of(mover, grouped) == (None, None, "group_unknown")


def test_a_hand_is_not_overruled_while_its_cell_stays(mover: Mover) -> None:
    by_hand = register(
        mover, "by hand", cell_id=str(id_of("A1w")), location=[107.04, 31.95, "wgs84", None]
    )
    mover.move(split_of())
    assert how_of(mover, by_hand) == (CELLS["A1w"], "hand", None)


def test_a_hand_goes_along_where_all_of_its_cell_goes(mover: Mover) -> None:
    by_hand = register(mover, "by hand", cell_id=str(id_of("A1e")))
    seen = mover.move(merge_of("A1w", "A1e"))
    assert seen["households"]["by_hand"]["moved"] == 1
    assert how_of(mover, by_hand) == (CELLS["A1w"], "hand", None)


def test_where_its_cell_is_cut_up_a_hand_counts_no_more(mover: Mover) -> None:
    with_point = register(
        mover, "by hand", cell_id=str(id_of("A1w")), location=[107.01, 31.95, "wgs84", None]
    )
    with_nothing = register(mover, "nothing known", cell_id=str(id_of("A1w")))
    thirds = [rectangle("A1", 0, 0.02), rectangle("A1", 0.02, 0.05)]
    plan = {
        "kind": "redraw",
        "village": A1,
        "ended": [CELLS["A1w"]],
        "cells": [{"geometry": thirds[0]}, {"geometry": thirds[1]}],
    }
    seen = mover.move(plan)
    assert seen["households"]["by_hand"]["moved"] == 1
    assert how_of(mover, with_point) == (NEW, "point", None)
    assert how_of(mover, with_nothing) == (None, None, "no_place")


def test_what_waited_unplaced_is_tried_too(mover: Mover) -> None:
    waiting = register(mover, "waiting", group_no=9)
    assert how_of(mover, waiting) == (None, None, "group_unknown")
    seen = mover.move(split_of(into=[{}, {"groups": [9]}]))
    assert seen["placed"]["count"] == 1
    assert how_of(mover, waiting) == (NEW, "group", None)


def test_the_raw_reading_of_a_household_is_not_touched(mover: Mover) -> None:
    reading = [107.035, 31.95, "gcj02", 12.5]
    household = register(mover, "gcj", location=reading)
    before = mover.ask(
        "SELECT lon, lat, datum, accuracy_m, geom FROM household WHERE id = :h", h=household
    )
    mover.move(split_of(at=0.01))
    assert mover.cell_of(household) == NEW
    assert (
        mover.ask(
            "SELECT lon, lat, datum, accuracy_m, geom FROM household WHERE id = :h", h=household
        )
        == before
    )


def test_why_a_point_is_outside_is_found_anew(mover: Mover) -> None:
    elsewhere = register(mover, "far", location=[107.25, 31.95, "wgs84", None])
    next_door = register(mover, "near", location=[107.15, 31.95, "wgs84", None])
    nowhere = register(mover, "out", location=[100.0, 30.0, "wgs84", None])
    mover.run("UPDATE household SET unplaced = 'no_place' WHERE cell_id IS NULL")
    mover.move(split_of())
    whys = [how_of(mover, home)[2] for home in (elsewhere, next_door, nowhere)]
    assert whys == ["other_village", "other_village", "outside_county"]


def test_a_new_cell_never_takes_a_code_that_was_used(mover: Mover) -> None:
    mover.move(split_of())
    mover.county.clock.pass_time(hours=1)
    mover.move(
        {
            "kind": "redraw",
            "village": A1,
            "merge": {"cells": [CELLS["A1w"], NEW], "keep": CELLS["A1w"]},
        }
    )
    mover.county.clock.pass_time(hours=1)
    seen = mover.preview(split_of())
    assert seen["cells"]["new"][0]["code"] == f"{A1}004"


def test_cells_that_do_not_tile_are_refused_with_the_edges_to_mend(mover: Mover) -> None:
    plan = edge_of(0.05)
    plan["cells"] = [{"code": CELLS["A1w"], "geometry": rectangle("A1", 0, 0.06)}]
    refused = mover.preview(plan, expect=422)
    assert refused["type"] == "/problems/cells-do-not-tile"
    (feature,) = refused["findings"]["features"]
    assert feature["properties"]["kind"] == "overlap"
    assert feature["geometry"]["type"] == "Polygon"


def test_slivers_are_told_and_let_pass(mover: Mover) -> None:
    plan = edge_of(0.05)
    plan["cells"] = [{"code": CELLS["A1w"], "geometry": rectangle("A1", 0, 0.050005)}]
    seen = mover.preview(plan)
    assert [f["properties"]["kind"] for f in seen["findings"]["features"]] == ["sliver"]
    assert "slivers" in [warning["slug"] for warning in seen["warnings"]]


def test_a_geometry_that_is_none_is_named(mover: Mover) -> None:
    for geometry, slug in BAD_GEOMETRIES:
        plan = edge_of(0.05)
        plan["cells"][0]["geometry"] = geometry
        assert mover.preview(plan, expect=422)["type"] == f"/problems/{slug}", geometry


def test_a_plan_that_makes_no_sense_is_named(mover: Mover) -> None:
    for plan in NONSENSE:
        answer = mover.desk("township-a").call("POST", "/moves/preview", json={"plan": plan})
        assert answer.status_code == 422, (plan, answer.text)
        assert answer.json["type"] in {"/problems/bad-plan", "/problems/invalid"}
        assert answer.json["errors"]


def test_a_polygon_of_a_hundred_thousand_vertices_is_refused_before_it_is_judged(
    mover: Mover,
) -> None:
    turn = [2 * math.pi * k / 100_001 for k in range(100_001)]
    ring = [[107 + math.cos(t) / 100, 31.95 + math.sin(t) / 100] for t in turn]
    plan = edge_of(0.05)
    plan["cells"][0]["geometry"] = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    refused = mover.preview(plan, expect=422)
    assert "more than 100000 vertices" in refused["errors"]["cells.0.geometry"]


def test_a_body_that_is_too_large_is_not_read(mover: Mover) -> None:
    answer = mover.desk("township-a").call(
        "POST", "/moves/preview", data=b" " * (9 << 20), content_type="application/json"
    )
    assert answer.status_code == 413


def test_a_village_that_is_not_there_is_not_found(mover: Mover) -> None:
    plan = {**split_of(), "village": f"{A1[:9]}299"}
    assert mover.preview(plan, expect=404)["type"] == "/problems/area-not-found"


def test_a_drawing_is_checked_without_moving_anything(mover: Mover) -> None:
    desk = mover.desk("township-a")
    good = {"village": A1, "cells": edge_of(0.07)["cells"]}
    assert desk.post("/moves/check", good, expect=200)["ok"] is True
    bad = {"village": A1, "cells": [{"code": CELLS["A1w"], "geometry": rectangle("A1", 0, 0.04)}]}
    found = desk.post("/moves/check", bad, expect=200)
    assert [f["properties"]["kind"] for f in found["findings"]["features"]] == ["gap"]
    assert found["findings"]["features"][0]["properties"]["repair"]


def test_history_says_what_was_moved_why_and_by_whom(mover: Mover) -> None:
    mover.move(split_of())
    (move,) = mover.desk("township-a").get("/moves")["items"]
    assert (move["kind"], move["why"]) == ("redraw", "示例：户数太多")
    assert move["applied_by"] == str(id_of("user township-a"))
    assert move["plan"] == split_of()
    assert move["counts"]["cells"]["new"] == [NEW]
    assert mover.desk("township-b").get("/moves")["items"] == []
    assert mover.desk("county").get("/moves", kind="assignment")["items"] == []
    assert len(mover.desk("county").get("/moves", kind="redraw")["items"]) == 1
