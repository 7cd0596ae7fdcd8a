"""What a resident may do: rate, ask for the next level, decide on the answer, withdraw."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.db import resident, transaction
from server.disputes.service.codes import digest_of
from tests.resident.conftest import CANARIES, Residents
from tests.smallcounty import id_of

WHY = "答应的事没有办"


def settle(residents: Residents, dispute: str, login: str) -> None:
    """An Office takes the case up and settles it."""
    residents.ladder.act(login, dispute, "accept")
    residents.ladder.act(login, dispute, "settle", agreement="各退半尺")


def outcome(told: dict[str, Any]) -> str:
    return str(told["outcome"]["slug"])


def test_a_resident_who_is_not_satisfied_twice(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    settle(residents, wall, "mediator-a1")
    assert [act["slug"] for act in residents.case(code)["can"]] == ["rating"]
    told = residents.send("rating", code, rating="dissatisfied", comment=WHY)
    assert outcome(told) == "reopened"
    assert [step["level"]["slug"] for step in told["case"]["steps"]] == ["village", "township"]
    assert told["case"]["status"]["slug"] == "registered"
    residents.send("rating", code, expect=409, rating="fair")  # nothing to rate yet

    settle(residents, wall, "township-a")
    told = residents.send("rating", code, rating="dissatisfied", comment=WHY)
    assert outcome(told) == "reopened"
    assert told["case"]["steps"][-1]["level"]["slug"] == "county"

    settle(residents, wall, "county")
    told = residents.send("rating", code, rating="dissatisfied", comment=WHY)
    assert outcome(told) == "legal_ways"
    assert told["case"]["status"]["slug"] == "settled"
    assert len(told["case"]["ways"]) == 5
    rated = residents.look(
        "SELECT r.level, rating FROM rating r JOIN holding h ON h.id = holding_id ORDER BY n"
    )
    assert rated == [(level, "dissatisfied") for level in ("village", "township", "county")]
    kinds = residents.ladder.kinds(wall)
    assert kinds.count("rate") == 3
    assert kinds.count("reopen") == 2


def test_without_a_reason_it_is_a_rating_and_may_be_said_again(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    settle(residents, wall, "mediator-a1")
    assert outcome(residents.send("rating", code, rating="dissatisfied")) == "reason_wanted"
    residents.county.clock.pass_time(hours=1)
    assert outcome(residents.send("rating", code, rating="satisfied", comment="谢谢")) == "kept"
    told = residents.case(code)
    assert told["rating"]["slug"] == "satisfied"
    assert told["status"]["slug"] == "settled"
    residents.county.clock.pass_time(hours=1)
    told = residents.send("rating", code, rating="dissatisfied", comment=WHY)
    assert outcome(told) == "reopened"
    assert told["case"]["rating"] is None  # nothing yet of the township


def test_each_party_has_a_word_of_its_own(residents: Residents) -> None:
    wall = residents.quarrel()
    one, other = residents.code(wall), residents.code(wall, "respondent")
    settle(residents, wall, "mediator-a1")
    residents.send("rating", one, rating="satisfied", comment=CANARIES[-1])
    assert residents.case(other)["rating"] is None
    assert residents.case(one)["rating"]["slug"] == "satisfied"


def test_the_offices_of_the_case_read_what_was_said(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    settle(residents, wall, "mediator-a1")
    for rating, comment in (("fair", "可以"), ("satisfied", "谢谢")):
        residents.county.clock.pass_time(hours=1)
        residents.send("rating", code, rating=rating, comment=comment)
    said = residents.ladder.desk("township-a").get(f"/disputes/{wall}/ratings")
    assert [(one["rating"], one["comment"], one["counts"]) for one in said] == [
        ("fair", "可以", False),
        ("satisfied", "谢谢", True),
    ]
    for login in ("mediator-b1", "township-b"):
        other = residents.ladder.desk(login).call("GET", f"/disputes/{wall}/ratings")
        assert other.status_code == 404, login


def test_a_party_asks_for_the_next_level_and_goes(residents: Residents) -> None:
    wall = residents.quarrel()
    code, other = residents.code(wall), residents.code(wall, "respondent")
    told = residents.send("request", code, why=WHY)
    assert outcome(told) == "sent"
    asked = told["case"]["request"]
    assert (asked["yours"], asked["asked_on"], asked["answer_by"]) == (
        True,
        "2026-03-02",
        "2026-03-05",
    )
    assert "request" not in [act["slug"] for act in told["case"]["can"]]
    residents.send("answer", code, expect=409, decision="go")  # not before the answer
    residents.ladder.act("mediator-a1", wall, "answer", why="本周五上门调解")
    told = residents.case(code)
    assert told["request"]["answer"] == "本周五上门调解"
    assert "answer" in [act["slug"] for act in told["can"]]
    theirs = residents.case(other)["request"]
    assert (theirs["yours"], theirs["answer"]) == (False, None)
    assert "answer" not in [act["slug"] for act in residents.case(other)["can"]]
    told = residents.send("answer", code, decision="go", why=WHY)
    assert told["case"]["request"] is None
    assert [step["level"]["slug"] for step in told["case"]["steps"]] == ["village", "township"]


def test_or_stays(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    residents.send("request", code)
    residents.ladder.act("mediator-a1", wall, "answer", why="本周五上门调解")
    told = residents.send("answer", code, decision="stay")
    assert told["case"]["request"] is None
    assert len(told["case"]["steps"]) == 1
    assert "request" in [act["slug"] for act in told["case"]["can"]]


def test_an_answer_to_another_party_stays_theirs(residents: Residents) -> None:
    wall = residents.quarrel()
    one, other = residents.code(wall), residents.code(wall, "respondent")
    residents.send("request", one)
    residents.ladder.act("mediator-a1", wall, "answer", why=CANARIES[-1])
    residents.send("answer", one, decision="stay")
    residents.county.clock.pass_time(hours=1)
    told = residents.send("request", other)
    assert told["case"]["request"]["answer"] is None
    residents.ladder.act("mediator-a1", wall, "answer", why="下周一")
    assert residents.case(other)["request"]["answer"] == "下周一"
    by = resident(residents.county.clock.now, digest_of(other))
    with transaction(by) as session:
        seen = session.execute(text("SELECT kind, party_id FROM dispute_event ORDER BY n")).all()
    assert [kind for kind, _ in seen] == ["request", "answer"]


def test_the_applicant_withdraws_and_nobody_else(residents: Residents) -> None:
    wall = residents.quarrel()
    residents.send("withdraw", residents.code(wall, "respondent"), expect=409, why=WHY)
    told = residents.send("withdraw", residents.code(wall), why=WHY)
    assert told["case"]["status"]["slug"] == "withdrawn"


def test_either_party_refuses_mediation_and_reads_the_ways(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall, "respondent")
    residents.send("refuse", code, expect=422, rights_read=False)
    told = residents.send("refuse", code, rights_read=True)
    assert told["case"]["status"]["slug"] == "refused"
    assert len(told["case"]["ways"]) == 4


def test_who_only_reported_it_decides_nothing_of_the_two_sides(residents: Residents) -> None:
    wall = residents.quarrel(parties=[{"side": "third", "kind": "outsider"}])
    code = residents.code(wall, "third")
    assert [act["slug"] for act in residents.case(code)["can"]] == ["request", "recusal"]
    for verb, letter in (("withdraw", {"why": WHY}), ("refuse", {"rights_read": True})):
        refused = residents.send(verb, code, **letter, expect=409)
        assert refused["type"] == "/problems/not-for-this-party"


def test_a_party_asks_that_somebody_step_aside(residents: Residents) -> None:
    wall = residents.quarrel()
    residents.send("recusal", residents.code(wall), expect=422)
    residents.send("recusal", residents.code(wall), why="承办人是对方亲戚")
    (event,) = residents.look(
        "SELECT done_by, recorded_by, party_id::text FROM dispute_event WHERE kind = 'ask_recusal'"
    )
    assert event == (None, None, residents.parties["applicant"])


@pytest.mark.parametrize("verb", ["rating", "request"])
def test_the_same_letter_twice_is_one(residents: Residents, verb: str) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    letter: dict[str, Any] = {"id": str(uuid4())}
    if verb == "rating":
        settle(residents, wall, "mediator-a1")
        letter |= {"rating": "dissatisfied", "comment": WHY}
    first = residents.send(verb, code, **letter)
    residents.county.clock.pass_time(minutes=1)
    again = residents.send(verb, code, **letter)
    assert again["case"] == first["case"]
    kinds = residents.ladder.kinds(wall)
    assert kinds.count("rate" if verb == "rating" else "request") == 1
    assert kinds.count("reopen") <= 1
    other = residents.code(wall, "respondent")
    # The number is the sender's own: another party may have drawn the same one.
    residents.send(verb, other, expect=409, **letter)


def test_the_same_letter_at_the_same_moment_is_one(residents: Residents) -> None:
    wall = residents.quarrel()
    code, letter = residents.code(wall), str(uuid4())
    settle(residents, wall, "mediator-a1")
    body = {"id": letter, "code": code, "rating": "dissatisfied", "comment": WHY}
    ready, statuses = Barrier(2), []

    def post() -> None:
        client = residents.county.app.test_client()
        ready.wait()
        statuses.append(client.post("/api/v1/resident/rating", json=body).status_code)

    threads = [Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200, 200]
    assert residents.ladder.kinds(wall).count("reopen") == 1


def test_what_is_refused_leaves_nothing(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    refused = residents.send("rating", code, expect=409, rating="dissatisfied", comment=WHY)
    assert refused["type"] == "/problems/move-refused"
    assert residents.look("SELECT count(*) FROM rating") == [(0,)]
    assert residents.look("SELECT count(*) FROM resident_receipt") == [(0,)]


def test_a_merged_case_goes_on_in_the_open_one(residents: Residents) -> None:
    first = residents.quarrel()
    again = residents.quarrel("wall again", related_id=first, relation="same")
    code = residents.code(again)
    told = residents.case(code)
    assert told["joined"] is True
    assert told["status"]["slug"] == "registered"
    assert [act["slug"] for act in told["can"]] == ["request", "recusal"]
    residents.send("withdraw", code, expect=409, why=WHY)
    residents.ladder.act("mediator-a1", first, "accept")
    assert residents.case(code)["status"]["slug"] == "accepted"
    assert residents.send("request", code)["case"]["request"]["yours"] is True
    # Its own span is over; the code lives as long as the case in which it goes on.
    residents.look("UPDATE holding SET ended_at = '2020-01-01' WHERE dispute_id = :d", d=again)
    residents.case(code)


def test_only_own_terms_are_told(residents: Residents) -> None:
    wall = residents.quarrel()
    one, other = residents.code(wall), residents.code(wall, "respondent")
    terms = [
        {"what": "修好院墙", "due_on": "2026-04-01", "party_id": residents.parties["respondent"]},
        {"what": CANARIES[-1], "due_on": "2026-04-02"},
    ]
    residents.ladder.act("mediator-a1", wall, "accept")
    residents.ladder.act("mediator-a1", wall, "settle", agreement="各退半尺", terms=terms)
    assert residents.case(one)["terms"] == []
    (term,) = residents.case(other)["terms"]
    assert (term["what"], term["due_on"], term["done_on"]) == ("修好院墙", "2026-04-01", None)


def test_the_role_writes_only_as_a_party_may(residents: Residents) -> None:
    wall = residents.quarrel()
    by = resident(residents.county.clock.now, digest_of(residents.code(wall)))
    for forbidden in (
        "UPDATE dispute SET status = 'closed'",
        "UPDATE holding SET ended_at = gate.now(), ended_how = 'settle', due_at = NULL",
    ):
        with transaction(by) as session:  # without a move of one's own nothing is there to change
            assert session.execute(text(forbidden)).rowcount == 0  # type: ignore[attr-defined]
    event = """
        INSERT INTO dispute_event (id, dispute_id, kind, to_status, party_id, office_id,
                                   occurred_at, recorded_at, received_at, proof)
        VALUES (gen_random_uuid(), :d, :kind, 'registered', :party, :office,
                gate.now(), gate.now(), gate.now(), 'proved')"""
    party = residents.parties["applicant"]
    for wrong in (
        {"kind": "settle", "party": party, "office": None},
        {"kind": "request", "party": residents.parties["respondent"], "office": None},
        {"kind": "request", "party": party, "office": id_of("office A1")},
        {"kind": "note", "party": party, "office": None},
    ):
        with pytest.raises(DBAPIError, match="row-level security"), transaction(by) as session:
            session.execute(text(event), {"d": wall, **wrong})
