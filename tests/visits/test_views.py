"""Visits over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.smallcounty import SmallCounty, id_of


def visit(household: str, **more: Any) -> dict[str, Any]:
    """A visit of one household of the small county."""
    return {
        "id": str(uuid4()),
        "household_id": str(id_of(household)),
        "outcome": "nobody_home",
        **more,
    }


def test_a_visit_is_seen_by_worker_village_township_and_county(county: SmallCounty) -> None:
    made = county.sign_in("worker-a1w").post("/visits", visit("A1w-1", note="门锁着"))
    assert made["recorded_by"] == made["done_by"] == str(id_of("user worker-a1w"))
    for login in ("worker-a1w", "mediator-a1", "township-a", "county"):
        desk = county.sign_in(login)
        seen = desk.get(f"/visits/{made['id']}")
        assert (seen["has_note"], "note" in seen) == (True, False)
        look = desk.post(f"/visits/{made['id']}/reveal", {"reason": "核实"}, expect=200)
        assert look["note"] == "门锁着"
    for login in ("worker-a1e", "mediator-a2", "township-b"):
        assert county.sign_in(login).call("GET", f"/visits/{made['id']}").status_code == 404


def test_a_cadre_types_for_a_colleague_without_a_phone(county: SmallCounty) -> None:
    colleague = str(id_of("user worker-a1w"))
    made = county.sign_in("mediator-a1").post("/visits", visit("A1w-1", done_by=colleague))
    assert (made["done_by"], made["recorded_by"]) == (colleague, str(id_of("user mediator-a1")))


def test_a_household_that_one_does_not_serve_cannot_be_visited(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    theirs = desk.post("/visits", visit("A1e-1"), expect=403)
    nobodys = desk.post("/visits", {**visit("A1w-1"), "household_id": str(uuid4())}, expect=403)
    assert theirs["type"] == nobodys["type"] == "/problems/not-served"


def test_a_later_visit_supersedes_an_earlier_one_of_the_same_household(
    county: SmallCounty,
) -> None:
    desk = county.sign_in("worker-a1w")
    first = desk.post("/visits", visit("A1w-1"))
    amended = desk.post("/visits", visit("A1w-1", outcome="met", supersedes_id=first["id"]))
    assert amended["supersedes_id"] == first["id"]
    assert desk.get(f"/visits/{first['id']}")["outcome"] == "nobody_home"
    other = desk.post("/visits", visit("A1w-2", supersedes_id=first["id"]), expect=422)
    assert other["errors"] == {"supersedes_id": "other_household"}


def test_the_same_visit_twice_is_a_clash(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    made = visit("A1w-1")
    desk.post("/visits", made)
    assert desk.post("/visits", made, expect=409)["type"] == "/problems/visit-exists"
    assert desk.get("/visits")["total"] == 1


def test_lists_go_by_outcome_household_and_time(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    desk.post("/visits", visit("A1w-1"))
    county.clock.pass_time(days=2)
    desk = county.sign_in("worker-a1w")
    desk.post("/visits", visit("A1w-2", outcome="met"))
    assert desk.get("/visits", outcome="met")["total"] == 1
    assert desk.get("/visits", household=str(id_of("A1w-1")))["total"] == 1
    since = county.clock.now.replace(hour=0).isoformat()
    assert desk.get("/visits", since=since)["total"] == 1
    assert desk.get("/visits", until=since)["total"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "inspected"},
        {"note": "长" * 2001},
        {"note": "a\x00b"},
        {"companions": -1},
        {"occurred_at": "2027-01-01T00:00:00+08:00"},
        {"occurred_at": "2026-03-02T09:00:00"},
        {"done_by": str(uuid4())},
        {"supersedes_id": str(uuid4())},
        {"household_id": None},
        {"score": 5},
    ],
)
def test_a_wrong_field_is_refused_and_nothing_is_kept(
    county: SmallCounty, wrong: dict[str, Any]
) -> None:
    desk = county.sign_in("worker-a1w")
    answer = desk.call("POST", "/visits", json=visit("A1w-1", **wrong))
    assert answer.status_code in {400, 422}, answer.text
    assert answer.content_type == "application/problem+json"
    assert desk.get("/visits")["total"] == 0
