"""docs/approvals.md: its requests are accepted, its answers have the members that are shown."""

from __future__ import annotations

import json
from typing import Any

from server.approvals.rules import Act, State
from server.cli.approvals import ACTS, STATES
from tests.docs.blocks import PAGES, blocks_of
from tests.smallcounty import SmallCounty

PAGE = (PAGES / "approvals.md").read_text("utf-8")
SHOWN = {block.kind: json.loads(block.text) for block in blocks_of("approvals.md")}
DRAWN = {"id", "request", "asked_by"}  # another with every run


def assert_as_shown(kind: str, told: dict[str, Any]) -> None:
    shown = SHOWN[f"json {kind}"]
    assert list(shown) == list(told)
    assert {n: v for n, v in shown.items() if n not in DRAWN} == {
        n: v for n, v in told.items() if n not in DRAWN
    }


def test_it_is_refused_asked_for_allowed_and_taken(county: SmallCounty) -> None:
    desk, path = county.sign_in("county"), "/exports/households.csv/reveal"
    assert_as_shown("needed", desk.post(path, {"reason": "年度归档"}, expect=403))
    told = desk.post("/approvals", SHOWN["json ask"])
    assert_as_shown("approval", told)
    security = county.sign_in("security")
    (waiting,) = security.get("/approvals", waiting="true")["items"]
    assert waiting["id"] == told["id"]
    security.post(f"/approvals/{told['id']}/approve", {}, expect=200)
    taken = desk.call("POST", path, json={**SHOWN["json use"], "approval": told["id"]})
    assert taken.data.count(b"\r\n") == 19
    assert desk.get(f"/approvals/{told['id']}")["state"] == "used"


def test_every_act_and_every_state_is_on_the_page_and_at_the_keyboard() -> None:
    assert all(f"| `{act.value}` |" in PAGE for act in Act)
    assert all(f"`{state.value}`" in PAGE for state in State)
    assert ACTS.keys() == {act.value for act in Act}
    assert STATES.keys() == {state.value for state in State}
