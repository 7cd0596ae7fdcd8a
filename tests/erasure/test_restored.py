"""An older database is put back: whoever was erased since goes again, before anybody sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from server.attachments import tidying
from server.db import db, transaction
from server.demo.web import serving
from server.disputes.rules.registering import party_id_of
from server.erasure import rounds
from server.erasure.register import Erased, Register
from sync.model import Op
from tests import smallcounty
from tests.approvals.conftest import allowed_at
from tests.attachments.conftest import photo
from tests.cli.keyboard import Keyboard, environment
from tests.disputes.conftest import Ladder, ladder, lending
from tests.erasure.orders import STORY
from tests.erasure.planted import NAME, NUMBER, OTHER, OTHERS, OWN, everything, quarrel
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.test_phones import Carried

__all__ = ["ladder", "lending"]


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


def test_a_party_and_a_case_of_the_register_go_again(ladder: Ladder, register: Register) -> None:
    """The database knows nothing of an erasure; the register outside of it does."""
    first, second = quarrel(ladder, "first"), quarrel(ladder, "second")
    register.add([Erased("dispute", UUID(first.id)), Erased("party", second.wanted)])
    assert rounds.go_round(ladder.county.worker, register) == 2
    told = ladder.county.sign_in("county").get("/erasures")["items"]
    assert {(one["entity"], one["reason"]) for one in told} == {
        ("dispute", "register"),
        ("party", "register"),
    }
    after = everything(ladder.county)
    assert [word for word in (OWN["claim"], OWN["comment"]) if word in after] == []
    assert after.count(OTHERS["claim"]) == 1
    assert ladder.county.sign_in("county").call("GET", f"/disputes/{first.id}").status_code == 404
    assert rounds.go_round(ladder.county.worker, register) == 0


def test_a_phone_that_sends_the_case_again_does_not_bring_the_party_back(
    ladder: Ladder, register: Register, carried: Callable[[str], Carried]
) -> None:
    county, li = ladder.county, carried("worker-a1w")
    li.sync()
    parties = [
        {"kind": "outsider", "side": "applicant", "name": NAME, "telephone": NUMBER},
        {"kind": "outsider", "side": "respondent", "name": OTHER},
    ]
    claims = [{"party": 0, "content": OWN["claim"]}, {"party": 1, "content": OTHERS["claim"]}]
    case = li.phone.record("dispute", Op.CREATE, {**STORY, "parties": parties, "claims": claims})
    register.add([Erased("party", party_id_of(UUID(case), 0, parties[0]))])
    rounds.go_round(county.worker, register)  # before the phone has delivered: as after a restore
    li.sync()
    assert li.phone.set_aside() == []
    after = everything(county)
    assert OTHER in after
    assert OTHERS["claim"] in after
    assert [word for word in (NAME, NUMBER, OWN["claim"]) if word in after] == []
    with transaction(county.worker) as session:
        sides = session.execute(text("SELECT side, name IS NULL FROM party ORDER BY side")).all()
    assert [tuple(side) for side in sides] == [("applicant", True), ("respondent", False)]


def test_phones_drop_an_erased_case_and_wipe_what_they_keep_of_it(
    ladder: Ladder, register: Register, carried: Callable[[str], Carried], tmp_path: Path
) -> None:
    county, li = ladder.county, carried("worker-a1w")
    li.sync()
    case = li.phone.record("dispute", Op.CREATE, {**STORY, "story": OTHERS["story"]})
    li.phone.record(
        "dispute_event", Op.APPEND, {"dispute_id": case, "event": "note", "why": "补充"}
    )
    li.sync()
    assert case in li.phone.rows("dispute")
    late = li.phone.record(
        "dispute_event", Op.APPEND, {"dispute_id": case, "event": "note", "why": "还在路上"}
    )
    register.add([Erased("dispute", UUID(case))])
    rounds.go_round(county.worker, register)
    li.sync()
    assert case not in li.phone.rows("dispute")
    assert li.phone.rows("dispute_event") == {}
    ((change, status, reason),) = li.phone.set_aside()
    assert (change["id"], status, reason) == (late, "rejected", "erased")
    kept = (tmp_path / "worker-a1w.sqlite3").read_bytes()
    for word in (OTHERS["story"], "补充", "还在路上"):
        assert word.encode() not in kept, word
    assert county.sign_in("county").get("/sync/quarantine")["total"] == 0


def test_phones_hear_that_words_of_a_case_were_erased(
    ladder: Ladder, register: Register, carried: Callable[[str], Carried]
) -> None:
    case, li = quarrel(ladder), carried("worker-a1w")
    li.sync()
    assert OWN["claim"] in li.phone.rows("dispute")[case.id]["claim_texts"]
    register.add([Erased("party", case.wanted)])
    rounds.go_round(ladder.county.worker, register)
    li.sync()
    held = li.phone.rows("dispute")[case.id]
    assert held["claim_texts"] == [None, OTHERS["claim"]]


def test_a_backup_of_before_brings_nobody_back_and_no_file(ladder: Ladder, tmp_path: Path) -> None:
    """The real thing: pg_dump, three erasures, pg_restore; the register is in the data folder."""
    county, keyboard = ladder.county, Keyboard(environment(ladder.county.url, tmp_path))
    whole, partly = quarrel(ladder, "whole"), quarrel(ladder, "partly")
    county.app.extensions["wangge.settings"] = smallcounty.settings(county.url, tmp_path)
    asked = {"owner_entity": "dispute", "owner_id": whole.id, "purpose": "photo"}
    desk = ladder.desk("mediator-a1")
    kept = desk.call("PUT", f"/attachments/{uuid4()}", query_string=asked, data=photo())
    assert kept.status_code == 201, kept.text
    backup, files = tmp_path / "county.backup", tmp_path / "attachments"
    keyboard.type("backup", backup)

    keyboard.type("erase", "household", id_of("A1w-1"), "--reason", "asked")
    keyboard.type("erase", "party", partly.wanted, "--reason", "asked")
    said = keyboard.result("erase", "case", whole.id, "--reason", "asked")
    assert said.exit_code == 1
    number = allowed_at(county, said.output)
    keyboard.type("erase", "case", whole.id, "--reason", "asked", "--approval", number)
    tidying.go_round(county.worker, tmp_path)
    assert list(files.glob("*/*/*")) == []

    keyboard.type("restore", backup, "--replace")
    db.engine.dispose()  # those connections were to the old database
    tidying.go_round(county.worker, tmp_path)
    assert list(files.glob("*/*/*")) == []
    after = everything(county)
    assert [word for word in (OWN["claim"], OWN["comment"], "示某A1w1") if word in after] == []
    assert after.count(OTHERS["claim"]) == 1
    assert "attachments: 1" in keyboard.type("backup", backup)
    assert list((tmp_path / "attachments.backup").glob("*/*/*")) == []
