"""What phones hold and will hold: one number for the mover, for the worker, and on the phone."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from server.db import DbRole, transaction
from server.visits.service import NewVisit, record_visits
from tests.moves.conftest import Mover, split_of
from tests.moves.test_areas import MERGE
from tests.smallcounty import CELLS, Desk, id_of

SAID = "老人身体尚好药已备齐屋后排水沟堵塞联系子女外出务工春节回家合作医疗缴询问报销院内电线"
CHANGE = {"kind": "assignment", "changes": [{"user": "worker-a1e", "cell": CELLS["A1w"]}]}


def visit_often(mover: Mover, count: int) -> None:
    """So many visits in cell A1w, each with a note of fifty characters drawn one by one."""
    chance = random.Random(3)
    by = mover.county.identity("worker-a1w", DbRole.PUSH)
    mover.county.sign_in("worker-a1w")
    new = [
        NewVisit(
            id=UUID(int=chance.getrandbits(128), version=4),
            household_id=id_of(f"A1w-{k % 3 + 1}"),
            occurred_at=by.now,
            recorded_at=by.now,
            fields={"outcome": "met", "note": "".join(chance.choices(SAID, k=50))},
        )
        for k in range(count)
    ]
    with transaction(by) as session:
        record_visits(session, by, new)


def first_sync(desk: Desk, login: str) -> tuple[int, int]:
    """Rows and bytes, packed, that the phone of this login fetches."""
    rows = size = 0
    page: dict[str, Any] = {"more": True, "epoch": None, "cursor": None}
    while page["more"]:
        told = {"device": str(id_of(f"{login} phone")), "limit": 2000, "schema": 2}
        asked = {**told, "epoch": page["epoch"], "cursor": page["cursor"]}
        answer = desk.call("POST", "/sync/pull", json=asked)
        packed = desk.call("POST", "/sync/pull", json=asked, headers={"Accept-Encoding": "gzip"})
        page, size = answer.json, size + len(packed.data)
        rows += sum(len(t["rows"]) for tables in page["put"].values() for t in tables.values())
    return rows, size


def load_of(preview: Any, login: str) -> dict[str, Any]:
    """What a preview says of somebody's phone."""
    (load,) = [phone for phone in preview["phones"] if phone["user"] == login]
    return dict(load)


@pytest.mark.parametrize("login", ["worker-a1w", "mediator-a1"])
def test_mover_worker_and_phone_are_told_the_same_number(mover: Mover, login: str) -> None:
    visit_often(mover, 7)
    desk = mover.county.sign_in(login)
    rows, _ = first_sync(desk, login)
    assert load_of(mover.preview(split_of()), login)["rows_now"] == rows
    assert desk.get("/sync/status")["rows"] == rows


def test_bytes_are_about_what_the_line_carries(mover: Mover) -> None:
    visit_often(mover, 300)
    desk = mover.county.sign_in("worker-a1w")
    rows, size = first_sync(desk, "worker-a1w")
    told = desk.get("/sync/status")
    assert told["rows"] == rows > 300
    assert size / 1.6 < told["bytes"] < size * 1.6
    assert load_of(mover.preview(CHANGE), "worker-a1e")["bytes_after"] > told["bytes"]


@pytest.mark.parametrize(
    ("plan", "login"), [(split_of(), "township-a"), (CHANGE, "township-a"), (MERGE, "county")]
)
def test_whatever_is_moved_a_phone_that_would_be_full_is_named_before(
    mover: Mover, plan: dict[str, Any], login: str
) -> None:
    extensions = mover.county.app.extensions
    seen = mover.preview(plan, login)
    fullest = max(seen["phones"], key=lambda phone: phone["rows_after"])
    assert "phone-full" not in [warning["slug"] for warning in seen["warnings"]]
    limit = fullest["rows_after"] - 1
    extensions["wangge.settings"] = replace(extensions["wangge.settings"], phone_rows=limit)
    warnings = mover.preview(plan, login)["warnings"]
    told = [warning["text"] for warning in warnings if warning["slug"] == "phone-full"]
    assert any(text.startswith(fullest["user"]) for text in told)
    assert mover.preview(plan, login)["token"]  # a warning, no refusal: people decide
