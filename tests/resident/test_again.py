"""A letter that comes again is answered as it was; at the end of the ladder stand the ways."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.resident.conftest import Residents
from tests.resident.test_letters import WHY, outcome, settle
from tests.smallcounty import id_of


@pytest.mark.parametrize(
    ("said", "came_of_it"),
    [
        ({"rating": "dissatisfied", "comment": WHY}, "reopened"),
        ({"rating": "dissatisfied"}, "reason_wanted"),
        ({"rating": "fair"}, "kept"),
    ],
)
def test_who_lost_the_answer_gets_the_same_one(
    residents: Residents, said: dict[str, Any], came_of_it: str
) -> None:
    wall = residents.quarrel()
    code, letter = residents.code(wall), str(uuid4())
    settle(residents, wall, "mediator-a1")
    for _ in range(2):
        assert outcome(residents.send("rating", code, id=letter, **said)) == came_of_it
    assert residents.ladder.kinds(wall).count("rate") == 1


def test_the_number_of_another_letter_is_no_repetition(residents: Residents) -> None:
    """What was never done is never answered as if it were."""
    wall = residents.quarrel()
    code, letter = residents.code(wall), str(uuid4())
    residents.send("request", code, id=letter)
    for verb, more in (("recusal", {"why": WHY}), ("withdraw", {"why": WHY})):
        refused = residents.send(verb, code, id=letter, expect=409, **more)
        assert refused["type"] == "/problems/letter-number-used"
    assert residents.ladder.kinds(wall) == ["register", "request"]


def test_who_cannot_go_up_a_second_time_is_told_the_ways(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    settle(residents, wall, "mediator-a1")
    assert outcome(residents.send("rating", code, rating="dissatisfied", comment=WHY)) == "reopened"
    down = {"why": "村里更了解情况", "to_office": str(id_of("office A1"))}
    residents.ladder.act("township-a", wall, "hand_down", **down)
    settle(residents, wall, "mediator-a1")
    told = residents.send("rating", code, rating="dissatisfied", comment=WHY)
    assert outcome(told) == "legal_ways"
    assert told["case"]["status"]["slug"] == "settled"
    assert len(told["case"]["ways"]) == 4


def test_nobody_decides_on_the_answer_to_another(residents: Residents) -> None:
    wall = residents.quarrel()
    one, other = residents.code(wall), residents.code(wall, "respondent")
    residents.send("request", one)
    residents.ladder.act("mediator-a1", wall, "answer", why="本周五上门调解")
    for decision in ("stay", "go"):
        residents.send("answer", other, expect=409, decision=decision)
    assert len(residents.send("answer", one, decision="go")["case"]["steps"]) == 2


@pytest.mark.parametrize("how", ["together", "one after the other"])
def test_one_of_thirty_workers_does_not_withdraw_for_all(residents: Residents, how: str) -> None:
    sides = ("applicant", "respondent", *(["applicant"] if how == "together" else []))
    wages = residents.quarrel(parties=[{"side": side, "kind": "outsider"} for side in sides])
    first = dict(residents.parties)
    if how != "together":
        residents.quarrel("wages again", related_id=wages, relation="same")
    residents.parties = first
    code = residents.code(wages)
    assert "withdraw" not in [act["slug"] for act in residents.case(code)["can"]]
    refused = residents.send("withdraw", code, expect=409, why=WHY)
    assert refused["type"] == "/problems/not-for-this-party"
    assert residents.case(code)["status"]["slug"] == "registered"


def test_a_code_lives_as_long_as_the_case_in_which_it_goes_on_at_last(residents: Residents) -> None:
    first = residents.quarrel()
    again = residents.quarrel("again", related_id=first, relation="same")
    code = residents.code(again)
    third = residents.quarrel("third", cell_id=str(id_of("A1w")))
    merged = "UPDATE dispute SET status = 'joined', related_id = :third WHERE id = :first"
    residents.look(merged, first=first, third=third)
    over = "UPDATE holding SET ended_at = '2020-01-01', ended_how = 'merge', due_at = NULL"
    residents.look(f"{over} WHERE dispute_id <> :third", third=third)
    assert residents.case(code)["joined"] is True
    assert residents.case(code)["steps"][0]["ended_on"] is None
    residents.look(over)
    residents.send("case", code, expect=404)


@pytest.mark.parametrize("why", [" ", "\n\t　"])
def test_a_reason_of_nothing_is_no_reason(residents: Residents, why: str) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    for verb in ("recusal", "withdraw"):
        residents.send(verb, code, expect=409, why=why)
    settle(residents, wall, "mediator-a1")
    told = residents.send("rating", code, rating="dissatisfied", comment=why)
    assert outcome(told) == "reason_wanted"


@pytest.mark.parametrize("why", ["\ud800", "x" * 2001, 5, ["x"]])
def test_an_odd_reason_gets_a_clear_problem(residents: Residents, why: Any) -> None:
    code = residents.code(residents.quarrel())
    client = residents.county.app.test_client()
    body = {"id": str(uuid4()), "code": code, "why": why}
    answer = client.post(
        "/api/v1/resident/withdraw", data=json.dumps(body), content_type="application/json"
    )
    assert answer.status_code in (400, 422), answer.text
    assert answer.content_type == "application/problem+json"
