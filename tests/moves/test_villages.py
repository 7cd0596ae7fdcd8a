"""Villages as they come: of groups alone, under old codes, loaded while somebody redraws them."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from typing import Any

from server.db import transaction
from server.errors import WanggeError
from server.moves.form import Moving
from server.moves.kinds import read_plan
from server.moves.service import apply, preview
from server.places.imports.errors import NotATiling
from server.places.imports.service import load_cells
from tests.moves.conftest import Mover, rectangle, split_of
from tests.smallcounty import CELLS, VILLAGES, id_of

A1, W, E = VILLAGES["A1"], CELLS["A1w"], CELLS["A1e"]


def redraw_of(*cells: dict[str, Any]) -> dict[str, Any]:
    """A redraw of A1."""
    return {"kind": "redraw", "village": A1, "cells": list(cells)}


def test_a_village_without_drawn_cells_changes_its_groups_all_the_same(mover: Mover) -> None:
    mover.run("DELETE FROM boundary WHERE cell_id IS NOT NULL")
    mover.run("UPDATE household SET geom = NULL, placed_by = 'group', group_no = 3")
    mover.move(redraw_of({"code": W, "groups": [1, 2, 3]}, {"code": E, "groups": [4]}))
    assert mover.cell_of(id_of("A1e-1")) == W
    mover.run("DELETE FROM boundary")
    mover.move(redraw_of({"code": W, "name": "示例新名"}))


def test_edges_that_did_not_meet_before_keep_no_cell_from_a_new_name(mover: Mover) -> None:
    """Loaded with a wider tolerance, or drawn before the village's own boundary was."""
    mover.run(
        "UPDATE boundary SET geom = ST_Multi(ST_Scale(geom, 'POINT(0.9 1)'::geometry,"
        " 'POINT(107.1 31.9)'::geometry)) WHERE cell_id = :e",
        e=id_of("A1e"),
    )
    seen = mover.move(redraw_of({"code": W, "name": "示例新名"}))
    assert [found["properties"]["kind"] for found in seen["findings"]["features"]] == ["gap"]
    refused = mover.preview(split_of(), expect=422)
    assert refused["type"] == "/problems/cells-do-not-tile"


def test_a_group_that_a_second_cell_names_decides_nothing_any_more(mover: Mover) -> None:
    mover.run(
        "UPDATE household SET geom = NULL, placed_by = 'group', group_no = 3 WHERE id = :h",
        h=id_of("A1e-1"),
    )
    seen = mover.move(redraw_of({"code": W, "groups": [1, 2, 3]}))
    assert [home["unplaced"] for home in seen["unplaced"]["list"]] == ["group_ambiguous"]
    mover.move(redraw_of({"code": W, "groups": [1, 2]}))
    assert mover.cell_of(id_of("A1e-1")) == E


def test_cells_drawn_as_they_are_have_nothing_to_mend(mover: Mover) -> None:
    drawn = [{"code": W, "geometry": rectangle("A1", 0, 0.05)}]
    found = mover.desk("township-a").post("/moves/check", {"village": A1, "cells": drawn}, 200)
    assert found["ok"]


def test_who_was_to_come_later_comes_now_where_a_plan_names_them(mover: Mover) -> None:
    later = {"user": "worker-a1e", "cell": W, "from": "2026-03-20"}
    mover.move({"kind": "assignment", "changes": [later]})
    seen = mover.move(redraw_of({"code": W, "workers": ["worker-a1e"]}))
    assert seen["workers"]["begin"] == [{"user": "worker-a1e", "cell": W}]
    for days in (1, 30):
        mover.county.clock.pass_time(days=days)
        assert mover.desk("worker-a1e").get("/households")["total"] == 6


def test_a_plan_may_name_cells_by_the_codes_that_they_had(mover: Mover) -> None:
    now = f"{A1}101"
    mover.run("UPDATE grid_cell SET code = :now WHERE code = :was", now=now, was=W)
    cover = {"user": "worker-a1w", "to": "2026-03-09", "by": [{"user": "worker-a1e", "cells": [W]}]}
    assert mover.preview({"kind": "assignment", "cover": cover})["cells"] == [now]
    assert mover.preview(redraw_of({"code": W, "name": "示例"}))["cells"]["changed"] == [
        {"code": now, "name": "示例"}
    ]
    merge = {"cells": [W, E], "keep": W}
    seen = mover.preview({"kind": "redraw", "village": A1, "merge": merge})
    assert [cell["code"] for cell in seen["cells"]["ended"]] == [E]
    twice = redraw_of({"code": W, "name": "示例"}, {"code": now, "name": "示例"})
    assert mover.preview(twice, expect=422)["type"] == "/problems/bad-plan"
    mover.move(split_of())


def test_the_code_of_a_cell_that_ended_means_no_other(mover: Mover) -> None:
    mover.move({"kind": "redraw", "village": A1, "merge": {"cells": [W, E], "keep": W}})
    assert mover.preview(split_of("A1w") | {"split": {"cell": E}}, expect=422)["errors"]


def test_cells_are_not_loaded_beside_what_is_just_being_redrawn(
    mover: Mover, tmp_path: Path
) -> None:
    """The file was drawn before the split: checked against what stood then, it would overlap."""
    file = tmp_path / "cells.geojson"
    whole = {
        "type": "Feature",
        "properties": {"code": W, "name": "示例", "groups": "1,2"},
        "geometry": rectangle("A1", 0, 0.05),
    }
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [whole]}), "utf-8")
    plan, me, said = read_plan(split_of()), mover.county.worker, []

    def load() -> None:
        try:
            with mover.county.app.app_context(), transaction(me) as session:
                load_cells(session, me, file)
        except WanggeError as error:
            said.append(type(error))

    with transaction(me) as session:
        moving = Moving(session, me, None, 10_000)
        apply(moving, plan, preview(moving, plan)["token"], "示例")
        thread = Thread(target=load)
        thread.start()
        mover.await_waiting(thread)
    thread.join()
    assert said == [NotATiling]
