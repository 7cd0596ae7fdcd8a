"""The county office revises its numbers at the desk: first what they mean, then a new version."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy import text

from server.db import transaction
from server.policies.service import ensure_policy
from tests.smallcounty import Desk, SmallCounty

MONDAY = "2026-03-09"  # a week after the story begins


@pytest.fixture
def desk(county: SmallCounty) -> Desk:
    """The county office, with the policy as delivered."""
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    return county.sign_in("county")


def draft(desk: Desk, valid_from: str = MONDAY, **named: Any) -> dict[str, Any]:
    """The policy in force with a week for quarrels among neighbours in the village."""
    policy: dict[str, Any] = deepcopy(desk.get("/policies/1")["policy"])
    week = {"accept": "1 working_days", "handle": "7 days"}
    policy["overrides"]["neighbours"] = {"village": week}
    return {**policy, "version": "2026-2", "valid_from": valid_from, **named}


def propose(desk: Desk, policy: Any, base: int = 1, **more: Any) -> Any:
    """The answer to a proposal."""
    body = {"policy": policy, "base": base, "reason": "示例：邻里纠纷宜快", **more}
    return desk.call("POST", "/policies", json=body)


def test_a_preview_says_what_is_promised_for_a_new_case_now_and_then(desk: Desk) -> None:
    body = {"policy": draft(desk), "category": "neighbours", "received": "2026-03-31"}
    told = desk.post("/policies/preview", body, expect=200)
    assert [one["path"] for one in told["changes"]] == [
        "overrides.neighbours.village.accept",
        "overrides.neighbours.village.handle",
    ]
    village, township, county = told["promises"]
    # 清明节 is from the 4th to the 6th of April: the third working day after the 31st is the 3rd.
    assert village["present"] == {
        "accept": "2026-04-03",
        "handle": "2026-04-30",
        "provisional": False,
    }
    assert village["proposed"]["accept"] == "2026-04-01"
    assert village["proposed"]["handle"] == "2026-04-07"
    assert (village["differs"], township["differs"], county["differs"]) == (True, False, False)
    assert desk.get("/policies")["latest"] == 1
    every = desk.post("/policies/preview", {"policy": draft(desk)}, expect=200)
    assert len(every["promises"]) == 18 * 3
    assert every["received"] == MONDAY


def test_a_new_version_is_in_force_from_its_day_and_sent_twice_is_one(
    desk: Desk, county: SmallCounty
) -> None:
    answer = propose(desk, draft(desk))
    assert (answer.status_code, answer.json["version"]) == (201, 2), answer.text
    again = propose(desk, draft(desk))
    assert (again.status_code, again.json["version"], again.json["known"]) == (201, None, True)
    assert desk.get("/policies")["in_force"] == 1
    county.clock.pass_time(days=7)
    worker = county.sign_in("worker-a1w")
    assert worker.get("/policies")["in_force"] == 2
    assert worker.get("/policies/1")["policy"]["overrides"].get("neighbours") is None
    with transaction(county.worker) as session:
        acts = session.execute(
            text(
                "SELECT user_id, reason FROM audit_act WHERE action = 'policy.load'"
                " AND user_id IS NOT NULL"
            )
        ).all()
    assert [tuple(act) for act in acts] == [(desk.user_id, "示例：邻里纠纷宜快")]


def test_who_did_not_know_of_anothers_change_is_told_and_nothing_is_lost(desk: Desk) -> None:
    assert propose(desk, draft(desk)).status_code == 201
    other = draft(desk, version="2026-3", document="另一依据")
    late = propose(desk, other)
    assert (late.status_code, late.json["type"]) == (409, "/problems/policy-moved")
    assert propose(desk, other, base=2).status_code == 201
    assert [one["label"] for one in desk.get("/policies")["items"]] == [
        "default-1",
        "2026-2",
        "2026-3",
    ]


def test_a_version_that_is_valid_before_another_to_come_is_news_too(desk: Desk) -> None:
    assert propose(desk, draft(desk, "2026-06-01", version="to come")).status_code == 201
    assert propose(desk, draft(desk, "2026-04-01", version="before it"), base=2).status_code == 201
    told = desk.get("/policies")
    assert (told["latest"], told["newest"]) == (2, 3)
    third = draft(desk, "2026-04-02", version="third")
    assert propose(desk, third, base=2).json["type"] == "/problems/policy-moved"
    assert propose(desk, third, base=3).status_code == 201
    slip = draft(desk, "2062-04-02", version="a slip of the pen")
    assert propose(desk, slip, base=4).json["type"] == "/problems/calendar-missing"


def test_what_makes_no_sense_is_named_by_its_path(desk: Desk) -> None:
    whole = draft(desk)
    cases: dict[str, tuple[Any, int, str]] = {
        "nothing": ({}, 422, "levels"),
        "a list": ([], 422, "policy"),
        "a text": ("x", 422, "policy"),
        "an unknown name": ({**whole, "fines": 3}, 422, "fines"),
        "no limit": ({**whole, "levels": {}}, 422, "levels.village"),
        "a huge limit": (
            {
                **whole,
                "overrides": {"medical": {"county": {"accept": "1 days", "handle": "3660 days"}}},
            },
            422,
            "overrides.medical.county.handle",
        ),
        "text as a number": ({**whole, "follow_up_days": "30"}, 422, "follow_up_days"),
        "no such kind": ({**whole, "routes": {"neighbours": "court"}}, 422, "routes.neighbours"),
        "a long name": ({**whole, "version": "x" * 5000}, 422, "version"),
        "many names": (
            {**whole, "starts": {str(n): "village" for n in range(5000)}},
            422,
            "starts",
        ),
        "yesterday": ({**whole, "valid_from": "2026-03-01"}, 409, "policy-backdated"),
        "a day that is none": ({**whole, "valid_from": "2026-02-30"}, 422, "valid_from"),
        "a known name": ({**whole, "version": "default-1"}, 409, "policy-label-taken"),
        "beyond the calendar": ({**whole, "valid_from": "2031-01-01"}, 409, "calendar-missing"),
        "the last of days": ({**whole, "valid_from": "9999-12-31"}, 409, "calendar-missing"),
    }
    for name, (policy, status, said) in cases.items():
        answer = desk.call("POST", "/policies/preview", json={"policy": policy})
        assert answer.status_code == status, (name, answer.text[:300])
        assert answer.content_type == "application/problem+json", name
        assert said in answer.text, (name, answer.text[:300])
        assert len(answer.text) < 60_000, name
    for name, body in {
        "no reason": {"policy": whole, "base": 1},
        "blank": {"policy": whole, "base": 1, "reason": " "},
        "no base": {"policy": whole, "reason": "x"},
        "base is text": {"policy": whole, "base": "1", "reason": "x"},
        "unknown": {"policy": whole, "base": 1, "reason": "x", "force": True},
        "not an object": [],
    }.items():
        assert desk.call("POST", "/policies", json=body).status_code == 422, name
    assert desk.get("/policies")["latest"] == 1


def test_only_the_county_office_and_only_who_proved_who_they_are(
    desk: Desk, county: SmallCounty
) -> None:
    policy = draft(desk)
    for login in ("township-a", "mediator-a1", "worker-a1w", "system", "security", "auditor"):
        other = county.sign_in(login)
        assert propose(other, policy).status_code == 403, login
        body = {"policy": policy}
        assert other.call("POST", "/policies/preview", json=body).status_code == 403, login
        day = other.call("POST", "/calendar/2026-03-03/preview", json={"working": False})
        assert day.status_code == 403, login
    county.clock.pass_time(minutes=11)
    late = propose(desk, policy)
    assert (late.status_code, late.json["type"]) == (403, "/problems/prove-again")
    assert desk.get("/policies")["latest"] == 1


def test_a_day_of_rest_moves_what_is_promised_to_a_new_case(desk: Desk) -> None:
    told = desk.post("/calendar/2026-03-05/preview", {"working": False}, expect=200)
    assert (told["before"], told["working"], told["received"]) == (True, False, "2026-03-04")
    village = told["promises"][0]
    assert (village["present"]["accept"], village["proposed"]["accept"]) == (
        "2026-03-09",
        "2026-03-10",
    )
    past = desk.post("/calendar/2026-02-03/preview", {"working": False}, expect=200)
    assert past["received"] == "2026-03-02"
    assert not any(one["differs"] for one in past["promises"])
    for day, body, status in (
        ("2099-01-01", {"working": True}, 409),
        ("2026-02-30", {"working": True}, 404),
        ("2026-03-05", {"working": "no"}, 422),
        ("2026-03-05", {}, 422),
    ):
        assert desk.call("POST", f"/calendar/{day}/preview", json=body).status_code == status
