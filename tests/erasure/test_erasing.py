"""A household is erased from the database, once and for good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, text

from server.db import transaction
from server.erasure import rounds, service
from server.erasure.models import Erasure
from server.erasure.register import Erased, Register
from server.erasure.rules import BY_REGISTER, REASONS, speaks_of, without_parties
from server.syncing import queries as syncing
from tests.cli.keyboard import Keyboard, environment
from tests.erasure.orders import DISPUTE, GONE, all_text, begin_policy, erase, party, visit_of
from tests.smallcounty import SmallCounty, id_of


def test_a_household_goes_with_its_visits_and_all_that_hangs_on_it(
    county: SmallCounty, register: Register
) -> None:
    worker, desk = county.sign_in("worker-a1w"), county.sign_in("township-a")
    worker.post("/visits", visit_of("A1w-1", note="要忘掉的话"))
    desk.post(f"/households/{GONE}/second-home", {"other_id": str(id_of("A1w-2"))})
    erase(county, register)

    assert worker.get("/households")["total"] == 2
    assert worker.get("/visits")["total"] == 0
    # Ids alone stay: what is refused from now on, what was asked, and who did what.
    assert all_text(county, GONE) <= {"feed_tombstone", "feed_entry", "erasure", "audit_act"}
    assert register.read() == {Erased("household", GONE)}
    (done,) = county.sign_in("county").get("/erasures")["items"]
    assert (done["counts"]["visits"], done["counts"]["links"]) == (1, 1)
    assert done["done_at"] is not None
    assert kept_heads(county) == worked_out_heads(county)


def test_a_dispute_stays_and_the_party_is_unnamed(county: SmallCounty, register: Register) -> None:
    begin_policy(county)
    worker = county.sign_in("worker-a1w")
    parties = [party("A1w-1", name="示某甲"), party("A1w-2", side="respondent")]
    made = worker.post("/disputes", {**DISPUTE, "parties": parties})
    erase(county, register)
    with transaction(county.worker) as session:
        sides = session.execute(text("SELECT side, kind, household_id, name FROM party")).all()
    assert sorted(sides, key=str) == [
        ("applicant", "outsider", None, None),
        ("respondent", "household", id_of("A1w-2"), None),
    ]
    (done,) = county.sign_in("county").get("/erasures")["items"]
    assert done["counts"]["disputes"] == [made["id"]]


def test_one_visit_goes_and_what_amended_it_stays(county: SmallCounty, register: Register) -> None:
    worker = county.sign_in("worker-a1w")
    first = worker.post("/visits", visit_of("A1w-1"))["id"]
    second = worker.post("/visits", visit_of("A1w-1", supersedes_id=first))["id"]
    body = {"entity": "visit", "id": first, "reason": "entered_wrongly"}
    county.sign_in("county").post("/erasures", body, expect=202)
    rounds.go_round(county.worker, register)
    (left,) = worker.get("/visits")["items"]
    assert (left["id"], left["supersedes_id"]) == (second, None)
    assert worker.get("/households")["total"] == 3


def test_only_the_county_office_orders_it(county: SmallCounty) -> None:
    body = {"entity": "household", "id": str(GONE), "reason": "asked"}
    for login in ("worker-a1w", "township-a", "security"):
        desk = county.sign_in(login)
        assert desk.call("POST", "/erasures", json=body).status_code == 403
        assert desk.call("GET", "/erasures").status_code == 403


def test_a_wrong_order_is_a_problem_and_nothing_goes(
    county: SmallCounty, register: Register
) -> None:
    desk = county.sign_in("county")
    for wrong, status, slug in (
        ({"reason": "因为张三要求"}, 422, "invalid"),
        ({"reason": "register"}, 422, "invalid"),
        ({"entity": "cell"}, 422, "invalid"),
        ({"entity": "dispute"}, 404, "nothing-to-erase"),
        ({"entity": "party"}, 404, "nothing-to-erase"),
        ({"id": "x"}, 422, "invalid"),
        ({"id": str(id_of("nobody"))}, 404, "nothing-to-erase"),
        ({"entity": "visit"}, 404, "nothing-to-erase"),
    ):
        body = {"entity": "household", "id": str(GONE), "reason": "asked", **wrong}
        answer = desk.call("POST", "/erasures", json=body)
        assert (answer.status_code, answer.json["type"]) == (status, f"/problems/{slug}"), wrong
    assert rounds.go_round(county.worker, register) == 0
    assert county.sign_in("worker-a1w").get("/households")["total"] == 3


def test_twice_is_refused_and_another_round_does_nothing(
    county: SmallCounty, register: Register
) -> None:
    erase(county, register)
    body = {"entity": "household", "id": str(GONE), "reason": "asked"}
    answer = county.sign_in("county").call("POST", "/erasures", json=body)
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/already-erased")
    written = register.path.read_bytes()
    assert rounds.go_round(county.worker, register) == 0
    assert register.path.read_bytes() == written


def test_the_register_comes_before_the_commit_and_completes_what_failed(
    county: SmallCounty, register: Register
) -> None:
    """The power fails between the line on the disk and the commit."""

    def fail_at_the_end() -> None:
        with transaction(county.worker) as session:
            service.erase(session, county.worker, register, Erased("household", GONE))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_at_the_end()
    assert county.sign_in("worker-a1w").get("/households")["total"] == 3
    assert rounds.go_round(county.worker, register) == 1
    assert county.sign_in("worker-a1w").get("/households")["total"] == 2


def test_a_register_that_cannot_be_written_erases_nothing(
    county: SmallCounty, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="nowhere"):
        erase(county, Register(tmp_path / "nowhere"))
    assert county.sign_in("worker-a1w").get("/households")["total"] == 3


def test_a_register_that_was_lost_is_written_anew(county: SmallCounty, register: Register) -> None:
    erase(county, register)
    register.path.unlink()
    assert rounds.go_round(county.worker, register) == 0
    assert register.read() == {Erased("household", GONE)}


def test_at_the_keyboard_it_is_done_at_once_and_says_what_a_person_has_to_do(
    county: SmallCounty, tmp_path: Path
) -> None:
    begin_policy(county)
    parties = [party("A1w-1", name="示某甲"), party("A1w-2", side="respondent")]
    made = county.sign_in("worker-a1w").post("/disputes", {**DISPUTE, "parties": parties})
    keyboard = Keyboard(environment(county.url, tmp_path))
    said = keyboard.type("erase", "household", GONE, "--reason", "consent_withdrawn")
    assert made["id"] in said
    assert str(tmp_path / "erased") in said
    assert county.sign_in("worker-a1w").get("/households")["total"] == 2
    assert "once is enough" in keyboard.fails("erase", "household", GONE, "--reason", "asked")
    assert "no such" in keyboard.fails("erase", "visit", GONE, "--reason", "asked")
    assert keyboard.result("erase", "household", GONE).exit_code == 2
    assert keyboard.result("erase", "household", "张三", "--reason", "asked").exit_code == 2


def test_what_a_change_speaks_of_is_read_carefully() -> None:
    """Whatever a phone once sent may lie in quarantine."""
    erased = {GONE}
    assert speaks_of({"id": str(GONE), "set": {}}, erased)
    assert speaks_of({"id": "x", "set": {"household_id": str(GONE)}}, erased)
    assert speaks_of({"entity": "malformed", "set": {"text": f'{{"a":"{GONE}"}}'}}, erased)
    shouted = str(GONE).upper()
    assert speaks_of({"entity": "malformed", "set": {"text": f"urn:uuid:{shouted}"}}, erased)
    for odd in ({}, {"set": None}, {"id": 3, "set": {"household_id": ["x"]}}, {"id": "", "set": 1}):
        assert not speaks_of(odd, erased)
        assert without_parties(odd, erased) is None
    kept = {
        "set": {"parties": ["x", {"household_id": str(GONE), "name": "示某"}, {"side": "third"}]}
    }
    left = without_parties(kept, erased)
    assert left is not None
    assert left["set"]["parties"] == ["x", {"side": None, "kind": "outsider"}, {"side": "third"}]


def test_the_reasons_of_the_form_are_those_of_the_table() -> None:
    table = Erasure.__table__
    assert isinstance(table, Table)
    (check,) = (one for one in table.constraints if "reason" in str(one.name))
    said = str(getattr(check, "sqltext", ""))
    assert all(f"'{reason}'" in said for reason in (*REASONS, BY_REGISTER))


def kept_heads(county: SmallCounty) -> set[tuple[Any, ...]]:
    with transaction(county.worker) as session:
        return {(h.bucket, h.n, h.h) for h in session.execute(text("SELECT * FROM feed_head"))}


def worked_out_heads(county: SmallCounty) -> set[tuple[Any, ...]]:
    with transaction(county.worker) as session:
        return {(h.bucket, h.n, h.h) for h in syncing.recompute_heads(session)}
