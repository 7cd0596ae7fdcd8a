"""One party of a case is erased while the case stays; a whole case file goes, by two persons."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.attachments import tidying
from server.attachments.copies import copy_missing, drop_erased
from server.db import transaction
from server.disputes import service as disputes
from server.erasure import rounds
from server.erasure.register import Erased, Register
from server.figures import service as figures
from tests.approvals.conftest import add_person
from tests.attachments.conftest import photo
from tests.cli.keyboard import as_admin
from tests.disputes.conftest import Ladder
from tests.disputes.conftest import ladder as ladder
from tests.disputes.conftest import lending as lending
from tests.erasure.orders import all_text
from tests.erasure.planted import (
    NAME,
    NUMBER,
    OTHER,
    OTHERS,
    OWN,
    Quarrel,
    approved,
    everything,
    quarrel,
)
from tests.smallcounty import SmallCounty, id_of


def ask(county: SmallCounty, entity: str, row_id: object, expect: int = 202, **more: Any) -> Any:
    body = {"entity": entity, "id": str(row_id), "reason": "asked", **more}
    return county.sign_in("county").post("/erasures", body, expect=expect)


def erase_party(case: Quarrel, register: Register) -> dict[str, Any]:
    """甲 asks to be forgotten; the worker goes round. What was counted."""
    ask(case.county, "party", case.wanted)
    assert rounds.go_round(case.county.worker, register) == 1
    (done,) = case.county.sign_in("county").get("/erasures")["items"]
    return dict(done["counts"])


def test_a_party_goes_with_all_that_it_said_and_the_case_stays(
    ladder: Ladder, register: Register
) -> None:
    case = quarrel(ladder)
    before = everything(case.county)
    assert all(word in before for word in (NAME, NUMBER, *OWN.values()) if word != OWN["letter"])
    counts = erase_party(case, register)
    after = everything(case.county)
    # What was agreed binds the other side too: a person reads it.
    assert [word for word in OWN.values() if word in after] == [OWN["term"]]
    assert all(word in after for word in (OTHER, *OTHERS.values()))
    assert (counts["parties"], counts["codes"], counts["comments"]) == (1, 1, 1)
    assert (counts["claims"], counts["terms"], counts["disputes"]) == (1, 1, [case.id])

    told = ladder.read("county", case.id)
    named = {p["side"]: (p["kind"], p["name"], p["telephone"]) for p in told["parties"]}
    assert named["applicant"] == ("outsider", None, None)
    assert [claim["content"] for claim in told["claims"]] == [None, OTHERS["claim"]]
    assert [term["content"] for term in told["terms"]] == [None, OTHERS["term"]]
    body = {"code": case.code}
    assert case.county.app.test_client().post("/api/v1/resident/case", json=body).status_code == 404
    assert register.read() == {Erased("party", case.wanted)}


def test_its_history_stays_whole_where_words_were_erased(
    ladder: Ladder, register: Register
) -> None:
    case = quarrel(ladder)
    erase_party(case, register)
    (agreed,) = [m for m in mentions(case.county) if m["field"] == "agreement"]
    decide(case.county, agreed["id"], decided="removed")
    rounds.go_round(case.county.worker, register)
    after = everything(case.county)
    assert f"{NAME}与{OTHER}" not in after
    assert OWN["term"] not in after
    with transaction(case.county.worker) as session:
        assert disputes.verify_chain(session, UUID(case.id)) == []
        erased = session.scalars(text("SELECT kind FROM dispute_event WHERE erased_at IS NOT NULL"))
        assert "settle" in list(erased)


def test_nobody_can_change_what_history_says_or_take_an_event_away(ladder: Ladder) -> None:
    case = quarrel(ladder)
    for meddling in (
        "UPDATE dispute_event SET kind = 'note' WHERE dispute_id = :id",
        "UPDATE dispute_event SET why = '\\x00', why_mac = '\\x00' WHERE dispute_id = :id",
        "UPDATE dispute_event SET erased_at = now() WHERE dispute_id = :id; "
        "UPDATE dispute_event SET erased_at = NULL WHERE dispute_id = :id",
        "UPDATE dispute_event SET why = NULL WHERE dispute_id = :id AND why IS NOT NULL",
        "DELETE FROM dispute_event WHERE dispute_id = :id",
    ):
        with pytest.raises(DBAPIError), transaction(case.county.worker) as session:
            session.execute(text(meddling), {"id": case.id})


def mentions(county: SmallCounty) -> list[dict[str, Any]]:
    return list(county.sign_in("county").get("/erasures/mentions")["items"])


def decide(county: SmallCounty, mention: str, expect: int = 200, **said: Any) -> Any:
    return county.sign_in("county").post(f"/erasures/mentions/{mention}", said, expect=expect)


def test_what_still_names_the_person_is_read_and_reworded(
    ladder: Ladder, register: Register
) -> None:
    case = quarrel(ladder)
    erase_party(case, register)
    desk, listed = case.county.sign_in("county"), mentions(case.county)
    # However the name is spaced, and by the number too.
    assert {(m["field"], m["named"]) for m in listed} == {
        ("story", True),
        ("why", True),
        ("agreement", True),
    }
    by_field = {m["field"]: m["id"] for m in listed}
    told = desk.get(f"/erasures/mentions/{by_field['story']}")["text"]
    assert OTHERS["story"] in told

    decide(case.county, by_field["story"], decided="reworded", wording=OTHERS["story"])
    decide(case.county, by_field["why"], decided="removed")
    decide(case.county, by_field["agreement"], decided="stays")
    rounds.go_round(case.county.worker, register)
    assert mentions(case.county) == []
    assert ladder.read("county", case.id)["story"] == OTHERS["story"]
    after = everything(case.county)
    assert NUMBER not in after
    assert after.count(NAME) == 1  # in the agreement, which binds the other side too
    decide(case.county, by_field["why"], 409, decided="stays")


def test_a_wrong_decision_is_a_problem_and_changes_nothing(
    ladder: Ladder, register: Register
) -> None:
    case = quarrel(ladder)
    erase_party(case, register)
    by_field = {m["field"]: m["id"] for m in mentions(case.county)}
    for mention, said, status in (
        (by_field["why"], {"decided": "reworded", "wording": "别的话"}, 422),
        (by_field["story"], {"decided": "reworded"}, 422),
        (by_field["story"], {"decided": "removed"}, 422),
        (by_field["story"], {"decided": "stays", "wording": "别的话"}, 422),
        (by_field["story"], {"decided": "burnt"}, 422),
        (by_field["story"], {"decided": "reworded", "wording": "字" * 2001}, 422),
        (by_field["story"], {}, 422),
        (str(uuid4()), {"decided": "stays"}, 404),
    ):
        decide(case.county, mention, status, **said)
    for login in ("township-a", "mediator-a1", "security"):
        desk = case.county.sign_in(login)
        assert desk.call("GET", "/erasures/mentions").status_code == 403
    assert len(mentions(case.county)) == 3


def test_a_case_goes_with_its_whole_file_by_two_persons(
    ladder: Ladder, register: Register, tmp_path: Path
) -> None:
    case = quarrel(ladder)
    county, content = case.county, photo()
    desk = ladder.desk("mediator-a1")
    asked = {"owner_entity": "dispute", "owner_id": case.id, "purpose": "photo"}
    kept = desk.call("PUT", f"/attachments/{uuid4()}", query_string=asked, data=content)
    assert kept.status_code == 201, kept.text
    data = county.app.extensions["wangge.settings"].data_dir
    copy = tmp_path / "attachments.backup"
    assert copy_missing(data / "attachments", copy).files >= 1

    assert ask(county, "dispute", case.id, 403)["type"] == "/problems/needs-approval"
    ask(county, "dispute", case.id, approval=approved(county, case.id))
    assert rounds.go_round(county.worker, register) == 1
    after = everything(county)
    planted = (NAME, NUMBER, OTHER, *OWN.values(), *OTHERS.values())
    assert [word for word in planted if word in after] == []
    assert all_text(county, UUID(case.id)) <= {
        *("feed_tombstone", "feed_entry", "erasure", "audit_act", "audit_unsealed", "audit_seal"),
        *("approval", "sync_receipt"),
    }
    (done,) = county.sign_in("county").get("/erasures")["items"]
    assert done["counts"]["chain"]["n"] == done["counts"]["events"]
    assert len(done["counts"]["chain"]["head"]) == 64

    (digest,) = register.files()
    tidying.go_round(county.worker, data)
    assert not list((data / "attachments").glob(f"*/*/{digest.hex()}"))
    assert drop_erased(copy, data / "attachments", register.files()) == 1
    assert not list(copy.glob(f"*/*/{digest.hex()}"))


def test_the_sums_of_figures_stay_when_a_case_goes(ladder: Ladder, register: Register) -> None:
    case = quarrel(ladder)
    county = case.county
    sums = "SELECT * FROM figure_month ORDER BY area_id, below, category, month, level, office_id"

    def count() -> list[Any]:
        with transaction(county.worker) as session:
            while figures.count(session):
                pass
            return list(session.execute(text(sums)))

    before = count()
    assert before != []
    ask(county, "dispute", case.id, approval=approved(county, case.id))
    rounds.go_round(county.worker, register)
    with transaction(county.worker) as session:
        session.execute(
            text(
                "INSERT INTO figure_dirty (area_id, month, at) SELECT DISTINCT"
                " area_id, month, now() FROM figure_month"
            )
        )
    assert count() == before


def test_an_open_case_is_not_erased_but_where_it_should_never_have_been_kept(
    ladder: Ladder, register: Register
) -> None:
    county = ladder.county
    dispute = ladder.register("mediator-a1", "open", cell_id=str(id_of("A1w")))
    number = approved(county, dispute)
    assert ask(county, "dispute", dispute, 409, approval=number)["type"].endswith("still-open")
    ask(county, "dispute", dispute, 202, approval=number, reason="entered_wrongly")
    rounds.go_round(county.worker, register)
    assert county.sign_in("county").call("GET", f"/disputes/{dispute}").status_code == 404


def test_whoever_is_aside_of_a_case_neither_hears_of_its_texts_nor_decides_them(
    ladder: Ladder, register: Register
) -> None:
    """A person of the county Office who is a party would put the other side's words right."""
    case = quarrel(ladder)
    erase_party(case, register)
    listed = mentions(case.county)
    add_person(case.county, "county-2", "county_office", office_id=id_of("office county"))
    with as_admin(case.county.url) as cursor:
        cursor.execute(
            "INSERT INTO recusal (id, dispute_id, user_id, found_by, since)"
            " VALUES (gen_random_uuid(), %s, %s, 'declared', now())",
            (case.id, str(id_of("user county-2"))),
        )
    aside = case.county.sign_in("county-2")
    assert aside.get("/erasures/mentions")["items"] == []
    for mention in listed:
        path = f"/erasures/mentions/{mention['id']}"
        assert aside.call("GET", path).status_code == 404
        assert aside.call("POST", path, json={"decided": "stays"}).status_code == 404
    assert [m["decided"] for m in mentions(case.county)] == [None] * len(listed)


def test_files_with_a_households_own_words_go_with_the_household(
    ladder: Ladder, register: Register
) -> None:
    case = quarrel(ladder)
    county, home = case.county, id_of("A1w-1")
    with as_admin(county.url) as cursor:
        cursor.execute(
            "UPDATE party SET kind = 'household', household_id = %s, name = NULL, telephone = NULL,"
            " telephone_index = NULL WHERE id = %s",
            (str(home), str(case.wanted)),
        )
        cursor.execute("SELECT id FROM dispute_event WHERE party_id = %s", (str(case.wanted),))
        ((event,), *_) = cursor.fetchall()
    asked = {"owner_entity": "dispute_event", "owner_id": str(event), "purpose": "photo"}
    sent = {"query_string": asked, "data": photo()}
    kept = ladder.desk("mediator-a1").call("PUT", f"/attachments/{uuid4()}", **sent)
    assert kept.status_code == 201, kept.text
    ask(county, "household", home)
    assert rounds.go_round(county.worker, register) == 1
    with transaction(county.worker) as session:
        assert session.scalar(text("SELECT count(*) FROM attachment")) == 0
        assert session.scalar(text("SELECT count(*) FROM attachment_leftover")) == 1
    assert len(register.files()) == 1
