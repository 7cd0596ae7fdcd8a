"""A household is erased: from the database, from phones, and from what is still on its way."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text

from server.db import transaction
from server.demo.web import serving
from server.erasure import queries, rounds, service
from server.erasure.models import Erasure
from server.erasure.register import Erased, Register
from server.erasure.rules import BY_REGISTER, REASONS, speaks_of, without_parties
from server.policies.service import ensure_policy
from server.syncing import queries as syncing
from sync.model import Op
from tests import smallcounty
from tests.cli.keyboard import Keyboard, environment
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.test_phones import Carried, run

GONE = id_of("A1w-1")
STORY = {"category": "neighbours", "story": "两家为界石争执", "village_id": str(id_of("A1"))}


DISPUTE = {**STORY, "id": str(id_of("a dispute"))}


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path)


@pytest.fixture
def carried(county: SmallCounty, tmp_path: Path) -> Iterator[Callable[[str], Carried]]:
    phones: list[Carried] = []
    with serving(smallcounty.settings(county.url), county.clock) as url:

        def give(login: str) -> Carried:
            phones.append(Carried(county, url, login, tmp_path / f"{login}.sqlite3"))
            return phones[-1]

        yield give
        for phone in phones:
            phone.phone.close()


def erase(county: SmallCounty, register: Register, entity: str = "household") -> None:
    """The county office asks; the worker goes round."""
    body = {"entity": entity, "id": str(GONE), "reason": "asked"}
    county.sign_in("county").post("/erasures", body, expect=202)
    assert rounds.go_round(county.worker, register) == 1


def all_text(county: SmallCounty, needle: UUID) -> set[str]:
    """Tables in which an id is still written, in any column, whoever may see it."""
    engine = create_engine(county.url)
    with engine.connect() as connection:
        tables = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'spatial_ref_sys'"
                " AND relnamespace = 'public'::regnamespace"
            )
        ).all()
        found = {
            table
            for table in tables
            if connection.execute(
                text(f"SELECT EXISTS (SELECT FROM {table} t WHERE t::text LIKE :needle)"),
                {"needle": f"%{needle}%"},
            ).scalar()
        }
    engine.dispose()
    return found


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
        ({"entity": "dispute"}, 422, "invalid"),
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


def test_a_phone_wipes_what_it_holds_and_what_it_keeps(
    county: SmallCounty, register: Register, carried: Callable[[str], Carried], tmp_path: Path
) -> None:
    li = carried("worker-a1w")
    li.sync()
    li.visit("A1w-1", note="要忘掉的话")
    li.visit("A1w-2", note="可以留下的话")
    li.phone.record("household", Op.PATCH, {"address": "旧街一号"}, id=str(GONE))
    li.sync()
    file = tmp_path / "worker-a1w.sqlite3"
    assert kept_bodies(file, "要忘掉", "旧街") == ["要忘掉", "旧街"]
    erase(county, register)
    li.sync()
    assert str(GONE) not in li.phone.rows("household")
    assert len(li.phone.rows("visit")) == 1
    assert kept_bodies(file, "要忘掉", "旧街") == []
    assert kept_bodies(file, "可以留下") != []


def test_what_a_phone_still_had_to_send_is_refused_and_kept_nowhere(
    county: SmallCounty, register: Register, carried: Callable[[str], Carried], tmp_path: Path
) -> None:
    li = carried("worker-a1w")
    li.sync()
    li.visit("A1w-1", note="要忘掉的话")
    li.visit("A1w-1", outcome="inspected", note="要忘掉的另一句话")
    li.phone.record("household", Op.PATCH, {"address": "旧街一号"}, id=str(GONE))
    good = li.visit("A1w-2")
    erase(county, register)
    li.sync()
    assert li.phone.waiting() == []
    assert list(li.phone.rows("visit")) == [good]
    assert county.sign_in("county").get("/sync/quarantine")["total"] == 0
    assert kept_bodies(tmp_path / "worker-a1w.sqlite3", "要忘掉", "旧街") == []
    assert all_text(county, GONE) <= {"feed_tombstone", "feed_entry", "erasure", *IDS_ONLY}


def test_a_dispute_that_names_an_erased_party_arrives_with_that_party_unnamed(
    county: SmallCounty, register: Register, carried: Callable[[str], Carried]
) -> None:
    begin_policy(county)
    li = carried("worker-a1w")
    li.sync()
    named = [party("A1w-1", name="示某甲"), party("A1w-2", side="respondent")]
    li.phone.record("dispute", Op.CREATE, {**STORY, "parties": named})
    erase(county, register)
    li.sync()
    assert li.phone.set_aside() == []
    with transaction(county.worker) as session:
        sides = session.execute(text("SELECT side, household_id, name FROM party ORDER BY 1")).all()
    assert [tuple(side) for side in sides] == [
        ("applicant", None, None),
        ("respondent", id_of("A1w-2"), None),
    ]


def test_what_waits_for_a_supervisor_goes_too(
    county: SmallCounty, register: Register, carried: Callable[[str], Carried]
) -> None:
    li = carried("worker-a1w")
    li.sync()
    li.visit("A1w-1", outcome="inspected")
    li.visit("A1w-2", outcome="inspected")
    named = [party("A1w-1", name="示某甲"), party("A1w-2", side="respondent")]
    li.phone.record("dispute", Op.CREATE, {**STORY, "category": "?", "parties": named})
    li.sync()
    assert county.sign_in("county").get("/sync/quarantine")["total"] == 3
    erase(county, register)
    assert county.sign_in("county").get("/sync/quarantine")["total"] == 2
    with transaction(county.worker) as session:
        kept = [row.change for row in queries.list_quarantined(session, None)]
    assert not any(str(GONE) in change or "示某甲" in change for change in kept)


def test_a_lost_phone_that_delivers_late_leaves_nothing_of_it(
    county: SmallCounty, register: Register, carried: Callable[[str], Carried]
) -> None:
    """Its changes are kept whole, unread: the next round reads them."""
    li = carried("worker-a1w")
    li.sync()
    li.visit("A1w-1")
    erase(county, register)
    run(county, "UPDATE device SET revoked_at = now()")
    li.sync()
    rounds.go_round(county.worker, register)
    with transaction(county.worker) as session:
        assert queries.list_quarantined(session, None) == []


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
    (check,) = (one for one in Erasure.__table__.constraints if "reason" in str(one.name))
    assert all(f"'{reason}'" in str(check.sqltext) for reason in (*REASONS, BY_REGISTER))


IDS_ONLY = {"audit_act", "sync_receipt"}


def begin_policy(county: SmallCounty) -> None:
    """Limits and working days, without which no case begins."""
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)


def visit_of(household: str, **more: Any) -> dict[str, Any]:
    made = str(id_of(f"visit {household} {more}"))
    return {"id": made, "household_id": str(id_of(household)), "outcome": "met", **more}


def party(household: str, side: str = "applicant", **more: Any) -> dict[str, Any]:
    return {"kind": "household", "household_id": str(id_of(household)), "side": side, **more}


def kept_bodies(file: Path, *words: str) -> list[str]:
    """Which of these words the phone's file still says, in any table."""
    db = sqlite3.connect(file)
    try:
        said = "\n".join(db.iterdump())
    finally:
        db.close()
    return [word for word in words if word in said or json.dumps(word)[1:-1] in said]


def kept_heads(county: SmallCounty) -> set[tuple[Any, ...]]:
    with transaction(county.worker) as session:
        return {(h.bucket, h.n, h.h) for h in session.execute(text("SELECT * FROM feed_head"))}


def worked_out_heads(county: SmallCounty) -> set[tuple[Any, ...]]:
    with transaction(county.worker) as session:
        return {(h.bucket, h.n, h.h) for h in syncing.recompute_heads(session)}
