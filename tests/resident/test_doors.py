"""Doors that a code opens, and those that it does not; what two people did with one code."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.access.permissions import OPEN
from server.codes import grouped, new_code
from server.db import resident, transaction
from server.disputes.service.codes import digest_of
from tests.resident.conftest import CANARIES, Residents
from tests.smallcounty import id_of

WRITTEN = new_code(b"on one slip only")


def party(side: str = "applicant", **more: Any) -> dict[str, Any]:
    return {"side": side, "kind": "outsider", "code": grouped(WRITTEN), **more}


def test_one_code_for_two_parties_is_refused_before_it_shows_one_the_other(
    residents: Residents,
) -> None:
    wanted = {
        "category": "neighbours",
        "story": CANARIES[0],
        "cell_id": str(id_of("A1w")),
        "parties": [party(), party("respondent")],
    }
    wanted["id"] = str(id_of("fence"))
    refused = residents.ladder.desk("mediator-a1").call("POST", "/disputes", json=wanted)
    assert (refused.status_code, refused.json["type"]) == (422, "/problems/bad-party-code")
    residents.quarrel(parties=[party()])
    phone = residents.ladder.phone("worker-a1w")
    del wanted["id"]
    phone.note("dispute", **{**wanted, "parties": [party()]})
    (outcome,) = phone.deliver()
    assert outcome["status"] == "quarantined"
    assert residents.case(WRITTEN)["status"]["slug"] == "registered"


def test_whoever_steps_aside_makes_no_code_of_the_case(residents: Residents) -> None:
    """With one, somebody who may not act would act as the party."""
    kin = [{"side": "respondent", "kind": "user", "user_id": str(id_of("user worker-a1w"))}]
    wall = residents.quarrel(parties=[{"side": "applicant", "kind": "outsider"}, *kin])
    path = f"/disputes/{wall}/parties/{residents.parties['applicant']}"
    for method, how in (("POST", "code"), ("POST", "slip"), ("GET", "slip")):
        body: dict[str, Any] = {"json": {}} if (method, how) == ("POST", "slip") else {}
        refused = residents.ladder.desk("worker-a1w").call(method, f"{path}/{how}", **body)
        assert refused.json["type"] == "/problems/party-not-found"


def test_a_notice_is_owed_of_the_own_case_only(residents: Residents) -> None:
    other = residents.quarrel("another")
    wall = residents.quarrel()
    by = resident(residents.county.clock.now, digest_of(residents.code(wall)))
    notice = """
        INSERT INTO notice (id, kind, dispute_id, office_ids, body, owed_at)
        VALUES (gen_random_uuid(), 'received', :d, '{}', '{}', gate.now())"""
    with transaction(by) as session:
        session.execute(text(notice), {"d": UUID(wall)})
    with pytest.raises(DBAPIError, match="row-level security"), transaction(by) as session:
        session.execute(text(notice), {"d": UUID(other)})


def test_a_site_that_no_browser_names_is_a_foreign_one(residents: Residents) -> None:
    client = residents.county.app.test_client()
    for origin in ("http://[", "http://[::1", "http://]", "//", "\xff", "http://" + "a" * 5000):
        answer = client.post("/r", data={"code": "x"}, headers={"Origin": origin})
        assert answer.status_code == 403, origin


def test_the_description_asks_no_token_where_none_is_needed(residents: Residents) -> None:
    app = residents.county.app
    paths: Any = app.test_client().get("/api/openapi.json").get_json()["paths"]
    assert paths["/api/v1/resident/case"]["post"]["security"] == []
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<uuid:", "{").replace("<", "{").replace(">", "}")
        opened = getattr(app.view_functions[rule.endpoint], "action", None) in OPEN
        for verb, told in paths.get(path, {}).items():
            if isinstance(told, dict):
                assert (told.get("security") == []) is opened, (verb, path)


def test_the_time_that_is_left_is_told_in_words(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    assert residents.case(code)["steps"][0]["left"]["en"] == "22 working days left"
    residents.county.clock.pass_time(days=1)
    assert residents.case(code)["steps"][0]["left"]["zh"] == "还有 21 个工作日"
    # Over, or further off than the calendar reaches: then the day stands alone.
    for by in ("2026-03-02", "2099-01-01"):
        residents.look("UPDATE holding SET handle_by = cast(:by AS timestamptz)", by=by)
        assert residents.case(code)["steps"][0]["left"] is None
    residents.ladder.act("mediator-a1", wall, "accept")
    residents.ladder.act("mediator-a1", wall, "settle", agreement="各退半尺")
    residents.look("UPDATE holding SET handle_by = '2026-04-01'")
    assert residents.case(code)["steps"][0]["left"] is None
