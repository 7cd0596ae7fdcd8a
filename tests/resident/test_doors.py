"""Doors that a code opens, and those that it does not; what two people did with one code."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.access.permissions import OPEN
from server.db import resident, transaction
from server.disputes.rules.codes import grouped, new_code
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
    refused = residents.ladder.desk("mediator-a1").call("POST", "/disputes", json=wanted)
    assert (refused.status_code, refused.json["type"]) == (422, "/problems/bad-party-code")
    residents.quarrel(parties=[party()])
    phone = residents.ladder.phone("worker-a1w")
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


def test_the_bucket_of_all_is_never_swept_by_a_knock(residents: Residents) -> None:
    """Who sweeps it holds it before the own one, others after: each would wait for the other."""
    residents.send("case", WRITTEN, expect=404)
    row = "SELECT ctid FROM resident_knock WHERE source = ''"
    residents.look("DELETE FROM resident_knock WHERE source <> ''")
    residents.county.clock.pass_time(days=2)
    engine = create_engine(residents.county.url)
    with engine.begin() as held:  # somebody is at the end of a knock
        held.execute(text(row + " FOR UPDATE"))
        by = resident(residents.county.clock.now, b"")
        with pytest.raises(DBAPIError, match="lock timeout"), transaction(by) as session:
            session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            session.execute(text("SELECT gate.resident_knock('x', 10, 10)"))
    engine.dispose()


def test_the_description_asks_no_token_where_none_is_needed(residents: Residents) -> None:
    app = residents.county.app
    paths = app.test_client().get("/api/openapi.json").json["paths"]
    assert paths["/api/v1/resident/case"]["post"]["security"] == []
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<uuid:", "{").replace("<", "{").replace(">", "}")
        opened = getattr(app.view_functions[rule.endpoint], "action", None) in OPEN
        for verb, told in paths.get(path, {}).items():
            if isinstance(told, dict):
                assert (told.get("security") == []) is opened, (verb, path)
