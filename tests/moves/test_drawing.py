"""What somebody who draws begins with, and a drawing mended as the check suggests."""

from __future__ import annotations

from typing import Any

from shapely import union_all
from shapely.geometry import shape

from tests.moves.conftest import Mover, rectangle
from tests.smallcounty import CELLS, VILLAGES

W, E, A1 = CELLS["A1w"], CELLS["A1e"], VILLAGES["A1"]


def ground(mover: Mover, login: str = "township-a") -> Any:
    """The village as it is."""
    return mover.desk(login).get("/moves/ground", village=A1)


def test_a_drawing_begins_with_the_cells_as_they_are(mover: Mover) -> None:
    told = ground(mover)
    assert [cell["code"] for cell in told["cells"]] == [W, E]
    assert told["cells"][0]["groups"] == [1, 2]
    assert told["next"] == 3
    assert shape(told["cells"][0]["geometry"]).equals(shape(rectangle("A1", 0, 0.05)))


def test_the_stamp_is_another_once_somebody_has_redrawn(mover: Mover) -> None:
    before = ground(mover)["stamp"]
    assert ground(mover)["stamp"] == before
    cells = [
        {"code": W, "geometry": rectangle("A1", 0, 0.06)},
        {"code": E, "geometry": rectangle("A1", 0.06, 0.1)},
    ]
    mover.move({"kind": "redraw", "village": A1, "cells": cells})
    assert ground(mover)["stamp"] != before


def test_what_overlaps_and_what_is_left_open_is_mended_until_the_cells_tile(mover: Mover) -> None:
    desk = mover.desk("township-a")
    cells = [
        {"code": W, "geometry": rectangle("A1", 0, 0.06)},  # over the east cell
        {"code": E, "geometry": rectangle("A1", 0.05, 0.08)},  # and a gap beyond it
        {"geometry": rectangle("A1", 0.09, 0.1)},
    ]
    drawing = {"village": A1, "cells": cells}
    found = desk.post("/moves/check", drawing, expect=200)
    assert {one["properties"]["kind"] for one in found["findings"]["features"]} == {
        "overlap",
        "gap",
    }
    mended = desk.post("/moves/mend", drawing, expect=200)["cells"]
    assert [cell["code"] for cell in mended] == [W, E, None]
    again = [{k: v for k, v in one.items() if v is not None} for one in mended]
    checked = desk.post(
        "/moves/check",
        {"village": A1, "cells": [_drawn(one) for one in again]},
        expect=200,
    )
    assert checked["ok"]
    whole = union_all([shape(one["geometry"]) for one in mended])
    assert whole.symmetric_difference(shape(rectangle("A1", 0, 0.1))).area < 1e-12


def _drawn(cell: dict[str, Any]) -> dict[str, Any]:
    return {name: cell[name] for name in ("code", "geometry") if name in cell}


def test_what_cannot_be_read_is_told_and_changes_nothing(mover: Mover) -> None:
    desk = mover.desk("township-a")
    cases: dict[str, tuple[dict[str, Any], int]] = {
        "no village": ({"village": "511921999201", "cells": [{"code": W}]}, 404),
        "no village's code": ({"village": "511921100", "cells": [{"code": W}]}, 422),
        "no cells": ({"village": A1, "cells": []}, 422),
        "too many": ({"village": A1, "cells": [{"code": W}] * 201}, 422),
        "a foreign cell": ({"village": A1, "cells": [{"code": CELLS["B1w"]}]}, 422),
        "twice": ({"village": A1, "cells": [{"code": W}, {"code": W}]}, 422),
        "a new one undrawn": ({"village": A1, "cells": [{"name": "示例"}]}, 422),
        "a line": (
            {
                "village": A1,
                "cells": [{"geometry": {"type": "LineString", "coordinates": [[1, 2], [2, 3]]}}],
            },
            422,
        ),
        "no shape": ({"village": A1, "cells": [{"code": W, "geometry": {"type": "Polygon"}}]}, 422),
    }
    for case, (drawing, status) in cases.items():
        answer = desk.call("POST", "/moves/mend", json=drawing)
        assert answer.status_code == status, case
        assert answer.content_type == "application/problem+json", case
    for village in ("", "1", A1 + "0", "x" * 3000):
        assert desk.call("GET", "/moves/ground", query_string={"village": village}).status_code in {
            414,
            422,
        }, village
    assert (
        desk.call("GET", "/moves/ground", query_string={"village": "511921999201"}).status_code
        == 404
    )


def test_a_shape_that_crosses_itself_is_made_valid(mover: Mover) -> None:
    bow = {
        "type": "Polygon",
        "coordinates": [[[107, 31.9], [107.05, 32], [107.05, 31.9], [107, 32], [107, 31.9]]],
    }
    drawing = {"village": A1, "cells": [{"code": W, "geometry": bow}]}
    mended = mover.desk("township-a").post("/moves/mend", drawing, expect=200)["cells"]
    assert all(shape(cell["geometry"]).is_valid for cell in mended)
    assert sum(shape(cell["geometry"]).area for cell in mended) > 0.00999
