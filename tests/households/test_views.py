"""Households over HTTP: who sees whom, what is masked, what is written down."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from server.audit.models import AuditAct
from server.db import transaction
from tests.smallcounty import CELLS, SmallCounty, id_of


def test_a_worker_sees_the_households_of_their_own_cell_and_no_other(county: SmallCounty) -> None:
    mine = county.sign_in("worker-a1w").get("/households")
    assert {h["id"] for h in mine["items"]} == {str(id_of(f"A1w-{k}")) for k in (1, 2, 3)}
    assert mine["total"] == 3


@pytest.mark.parametrize(
    ("login", "cells"),
    [
        ("mediator-a1", {"A1w", "A1e"}),
        ("township-a", {"A1w", "A1e", "A2w", "A2e"}),
        ("township-b", {"B1w", "B1e"}),
        ("county", set(CELLS)),
    ],
)
def test_everybody_sees_what_lies_below_them(
    county: SmallCounty, login: str, cells: set[str]
) -> None:
    seen = county.sign_in(login).get("/households", limit=200)
    assert {h["cell_id"] for h in seen["items"]} == {str(id_of(c)) for c in cells}
    assert seen["total"] == 3 * len(cells)


@pytest.mark.parametrize("login", ["system", "security", "auditor"])
def test_no_administrator_reads_households(county: SmallCounty, login: str) -> None:
    answer = county.sign_in(login).call("GET", "/households")
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/not-yours")


def test_a_neighbours_household_looks_like_one_that_does_not_exist(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    theirs = desk.call("GET", f"/households/{id_of('A1e-1')}")
    nobodys = desk.call("GET", f"/households/{uuid4()}")
    assert theirs.status_code == nobodys.status_code == 404
    assert {k: v for k, v in theirs.json.items() if k != "request"} == {
        k: v for k, v in nobodys.json.items() if k != "request"
    }


def test_names_and_numbers_are_masked_until_somebody_says_why(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    household = f"/households/{id_of('A1w-1')}"
    masked = desk.get(household)
    assert masked["head_name"] == "示*****"
    assert masked["telephone"] == "*********01"
    assert "address" not in masked

    plain = desk.post(f"{household}/reveal", {"reason": "核对门牌"}, expect=200)
    assert plain["head_name"] == "示某A1w1"
    assert plain["telephone"] == "00013800001"
    with transaction(county.worker) as session:
        act = session.scalars(select(AuditAct).where(AuditAct.action == "household.reveal")).one()
    assert (act.reason, act.user_id) == ("核对门牌", id_of("user worker-a1w"))


def test_a_reveal_without_a_reason_is_refused(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    answer = desk.post(f"/households/{id_of('A1w-1')}/reveal", {}, expect=422)
    assert "reason" in answer["errors"]["json"]


def test_a_desk_registers_a_household_and_its_point_places_it(county: SmallCounty) -> None:
    desk = county.sign_in("mediator-a1")
    new = {
        "id": str(uuid4()),
        "village_id": str(id_of("A1")),
        "head_name": "示某新",
        "location": [107.07, 31.95, "wgs84", 12.5],
    }
    made = desk.post("/households", new)
    assert (made["cell_id"], made["placed_by"]) == (str(id_of("A1e")), "point")


@pytest.mark.parametrize(
    ("where", "placed_by", "cell", "unplaced"),
    [
        ({"group_no": 3}, "group", "A1e", None),
        ({"group_no": 9}, None, None, "group_unknown"),
        ({}, None, None, "no_place"),
        ({"location": [100.0, 30.0, "wgs84", None]}, None, None, "outside_county"),
        ({"location": [107.15, 31.95, "wgs84", None]}, None, None, "other_village"),
        ({"cell_id": str(id_of("A1w"))}, "hand", "A1w", None),
        # 0.05° is the border of the two cells: the lower code has the point.
        ({"location": [107.05, 31.95, "wgs84", None]}, "point", "A1w", None),
    ],
)
def test_a_household_is_placed_by_point_by_group_by_hand_or_says_why_not(
    county: SmallCounty,
    where: dict[str, object],
    placed_by: str | None,
    cell: str | None,
    unplaced: str | None,
) -> None:
    new = {"id": str(uuid4()), "village_id": str(id_of("A1")), "head_name": "示某新", **where}
    made = county.sign_in("mediator-a1").post("/households", new)
    assert (made["placed_by"], made["unplaced"]) == (placed_by, unplaced)
    assert made["cell_id"] == (str(id_of(cell)) if cell else None)


def test_nobody_registers_a_household_in_a_village_of_others(county: SmallCounty) -> None:
    new = {"id": str(uuid4()), "village_id": str(id_of("B1")), "head_name": "示某新"}
    answer = county.sign_in("mediator-a1").post("/households", new, expect=403)
    assert answer["type"] == "/problems/village-not-yours"


def test_by_hand_means_a_cell_of_that_village(county: SmallCounty) -> None:
    new = {
        "id": str(uuid4()),
        "village_id": str(id_of("A1")),
        "cell_id": str(id_of("B1w")),
        "head_name": "示某新",
    }
    answer = county.sign_in("mediator-a1").post("/households", new, expect=422)
    assert answer["errors"] == {"cell_id": "not_in_village"}


def test_the_same_household_twice_is_a_clash_and_changes_nothing(county: SmallCounty) -> None:
    desk = county.sign_in("mediator-a1")
    new = {"id": str(uuid4()), "village_id": str(id_of("A1")), "head_name": "示某新"}
    desk.post("/households", new)
    again = desk.post("/households", {**new, "head_name": "示某别"}, expect=409)
    assert again["type"] == "/problems/household-exists"


WRONG: list[dict[str, object]] = [
    {"head_name": ""},
    {"head_name": "长" * 51},
    {"head_name": "a\x00b"},
    {"kind": "castle"},
    {"people": -1},
    {"people": "many"},
    {"location": [107.0]},
    {"location": [1e400, 0, "wgs84", None]},
    {"location": [107.0, 31.9, "mars", None]},
    {"location": ["107", "31", "wgs84", None]},
    {"telephone": "call me"},
    {"village_id": "not-a-uuid"},
    {"surprise": 1},
]


def test_a_wrong_field_is_named(county: SmallCounty) -> None:
    desk = county.sign_in("mediator-a1")
    for wrong in WRONG:
        new = {"id": str(uuid4()), "village_id": str(id_of("A1")), "head_name": "示某", **wrong}
        answer = desk.call("POST", "/households", json=new)
        assert answer.status_code in {400, 422}, (wrong, answer.text)
        assert answer.content_type == "application/problem+json", wrong
        assert desk.get("/households")["total"] == 6, wrong


def test_pages_go_on_where_the_last_one_ended(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    first = desk.get("/households", limit=10)
    rest = desk.get("/households", limit=10, after=first["next"])
    ids = [h["id"] for h in first["items"] + rest["items"]]
    assert len(set(ids)) == 18
    assert rest["next"] is None
