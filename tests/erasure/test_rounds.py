"""Rounds that meet with trouble: what one cannot do neither stops the others nor opens the web."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from server.db import transaction
from server.erasure import queries, rounds, service
from server.erasure.errors import RegisterDamaged
from server.erasure.register import Erased, Register
from server.heartbeats.queries import beat
from server.syncing import queries as syncing
from server.syncing.models import SyncQuarantine
from server.worker import Worker
from sync.ids import uuid7
from tests.erasure.orders import DISPUTE, GONE, begin_policy, erase, party, visit_of
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.test_phones import run

HOUSEHOLD = Erased("household", GONE)


def test_no_epoch_begins_while_somebody_who_was_erased_may_be_back(
    county: SmallCounty, tmp_path: Path
) -> None:
    """The web opens with the epoch; a register that cannot be read keeps it shut."""
    (tmp_path / "erased").write_text("household 1\n")
    with pytest.raises(RegisterDamaged):
        rounds.look_after(county.worker, tmp_path)
    assert epoch_number(county) == 1
    (tmp_path / "erased").unlink()
    assert rounds.look_after(county.worker, tmp_path)  # the test's database is a copy of another
    assert epoch_number(county) == 2


def test_the_workers_epoch_waits_for_the_erasures_too(county: SmallCounty) -> None:
    var: Path = county.app.extensions["wangge.settings"].data_dir
    register = Register(var)
    before = register.path.read_bytes() if register.path.exists() else b""
    register.path.write_bytes(b"damaged\n")
    try:
        done = Worker(county.app).run_once(county.clock.now)
        assert not done[rounds.JOB]
        assert epoch_number(county) == 1
    finally:
        register.path.write_bytes(before)


def test_one_that_cannot_go_stops_neither_the_others_nor_is_it_forgotten(
    county: SmallCounty, register: Register
) -> None:
    """Some other program's table holds on to the first of three."""
    three = sorted(id_of(one) for one in ("A1w-1", "A1w-2", "A1w-3"))
    register.add(Erased("household", one) for one in three)
    run(county, "CREATE TABLE theirs (household_id uuid REFERENCES household)")
    run(county, "INSERT INTO theirs VALUES (:id)", id=three[0])
    with pytest.raises(IntegrityError):
        rounds.go_round(county.worker, register)
    worker = county.sign_in("worker-a1w")
    assert [one["id"] for one in worker.get("/households")["items"]] == [str(three[0])]
    run(county, "DELETE FROM theirs")
    assert rounds.go_round(county.worker, register) == 1
    assert worker.get("/households")["total"] == 0


def test_two_at_once_erase_once_and_what_went_is_counted_once(
    county: SmallCounty, register: Register
) -> None:
    """The worker goes round just when somebody at the keyboard does."""
    begin_policy(county)
    desk = county.sign_in("worker-a1w")
    parties = [party("A1w-1"), party("A1w-2", side="respondent")]
    made = desk.post("/disputes", {**DISPUTE, "parties": parties})
    body = {"entity": "household", "id": str(GONE), "reason": "asked"}
    county.sign_in("county").post("/erasures", body, expect=202)

    def go() -> None:
        with county.app.app_context(), transaction(county.worker) as session:
            service.erase(session, county.worker, register, HOUSEHOLD)

    threads = [Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(county.worker) as session:
        found = queries.find_erasure(session, "household", GONE)
        acts = session.scalar(text("SELECT count(*) FROM audit_act WHERE action = 'erasure.done'"))
    assert found is not None
    assert found.counts is not None
    assert (found.counts["disputes"], found.counts["households"], acts) == ([made["id"]], 1, 1)


def test_what_came_while_no_worker_ran_is_read_by_the_next_round(
    county: SmallCounty, register: Register
) -> None:
    erase(county, register)
    with transaction(county.worker) as session:
        beat(session, rounds.JOB, county.clock.now)
    county.clock.pass_time(hours=1)
    keep_aside(county, "worker-a1w", household="A1w-1")
    county.clock.pass_time(days=40)  # the machine stood still
    rounds.go_round(county.worker, register)
    assert aside(county) == []


def test_another_phones_change_of_the_same_mid_stays(
    county: SmallCounty, register: Register
) -> None:
    """Every phone draws its own: that two are alike is no reason to lose a record."""
    mid = uuid7(1, 2)
    keep_aside(county, "worker-a1w", household="A1w-1", mid=mid)
    keep_aside(county, "worker-a1e", household="A1e-1", mid=mid)
    erase(county, register)
    assert [str(id_of("A1e-1")) in change for change in aside(county)] == [True]


def test_a_change_that_took_another_rows_id_does_not_take_that_row_along(
    county: SmallCounty, register: Register
) -> None:
    """Set aside since the id was taken; it speaks of the erased household, the row does not."""
    kept = county.sign_in("worker-a1w").post("/visits", visit_of("A1w-2"))["id"]
    keep_aside(county, "worker-a1w", household="A1w-1", row_id=kept)
    erase(county, register)
    assert aside(county) == []
    with transaction(county.worker) as session:
        (found,) = syncing.list_presence(session, "visit", [kept])
    assert (found.deleted, found.erased) == (False, False)


def keep_aside(
    county: SmallCounty, login: str, *, household: str, mid: str = "", row_id: str = ""
) -> None:
    """A phone's visit lies in quarantine, unread."""
    county.sign_in(login)
    change = SyncQuarantine(
        device_id=id_of(f"{login} phone"),
        mid=UUID(mid or uuid7(7, 7)),
        author_id=id_of(f"user {login}"),
        n=1,
        entity="visit",
        row_id=UUID(row_id or uuid7(8, 8)),
        reason="id_taken",
        change=json.dumps({"set": {"household_id": str(id_of(household))}}),
        received_at=county.clock.now,
    )
    with transaction(county.worker) as session:
        session.add(change)


def aside(county: SmallCounty) -> list[str]:
    """What lies in quarantine."""
    with transaction(county.worker) as session:
        return [row.change for row in queries.list_quarantined(session, None)]


def epoch_number(county: SmallCounty) -> int:
    with transaction(county.worker) as session:
        epoch = syncing.find_epoch(session)
    assert epoch is not None
    return epoch.number
