"""Phones hear of an erasure: they wipe what they hold and keep, and nothing comes back by them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from server.db import transaction
from server.demo.web import serving
from server.erasure import queries, rounds
from server.erasure.register import Register
from sync.model import Op
from tests import smallcounty
from tests.erasure.orders import GONE, IDS_ONLY, STORY, all_text, begin_policy, erase, party
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.test_phones import Carried, run


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
    end = "UPDATE assignment SET valid_to = :now WHERE user_id = :u"  # it is a colleague's by now
    run(county, end, now=county.clock.now, u=id_of("user worker-a1w"))
    erase(county, register)
    li.sync()
    assert str(GONE) not in li.phone.rows("household")
    assert kept_bodies(file, "要忘掉", "旧街") == []
    assert kept_bodies(file, "可以留下") != []  # sent once; kept for thirty days


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


def test_a_dispute_that_only_an_erased_household_placed_waits_for_a_person_unnamed(
    county: SmallCounty, register: Register, carried: Callable[[str], Carried]
) -> None:
    """Nothing says where it is any more, and somebody else's name may be in it: it is not lost."""
    begin_policy(county)
    li = carried("worker-a1w")
    li.sync()
    outsider = {"kind": "outsider", "side": "respondent", "name": "示某乙"}
    story = {name: value for name, value in STORY.items() if name != "village_id"}
    named = [party("A1w-1", name="示某甲"), outsider]
    li.phone.record("dispute", Op.CREATE, {**story, "parties": named})
    erase(county, register)
    li.sync()
    rounds.go_round(county.worker, register)
    with transaction(county.worker) as session:
        (kept,) = [row.change for row in queries.list_quarantined(session, None)]
    assert "示某乙" in kept
    assert "示某甲" not in kept
    assert str(GONE) not in kept


def test_what_amends_an_erased_visit_is_a_visit_all_the_same(
    county: SmallCounty, register: Register, carried: Callable[[str], Carried]
) -> None:
    """One was entered wrongly and erased; the phone, out of reach, had put it right by another."""
    li = carried("worker-a1w")
    li.sync()
    wrong = li.visit("A1w-1", outcome="declined")
    li.sync()
    body = {"entity": "visit", "id": wrong, "reason": "entered_wrongly"}
    county.sign_in("county").post("/erasures", body, expect=202)
    right = li.visit("A1w-1", supersedes_id=wrong, note="这一次才对")
    rounds.go_round(county.worker, register)
    li.sync()
    rows = li.phone.rows("visit")
    assert {id_: row["supersedes_id"] for id_, row in rows.items()} == {right: None}
    assert li.phone.set_aside() == []


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
        assert list(queries.list_quarantined(session, None)) == []


def kept_bodies(file: Path, *words: str) -> list[str]:
    """Which of these words the phone's file still says, in any table."""
    db = sqlite3.connect(file)
    try:
        said = "\n".join(db.iterdump())
    finally:
        db.close()
    return [word for word in words if word in said or json.dumps(word)[1:-1] in said]
