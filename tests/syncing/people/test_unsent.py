"""What a phone reports that it still holds: kept as its last word, shown with its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask_babel import refresh
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from server import db as server_db
from server.syncing import queries as syncing
from server.syncing.news import queries
from server.syncing.status.rules import UNSENT
from sync.model import Report
from tests.smallcounty import CELLS, Desk, SmallCounty, id_of
from tests.syncing.people.letters import Teller, run


@pytest.fixture
def li(county: SmallCounty) -> Teller:
    return Teller(county, "worker-a1w")


def numbers(told: Any) -> tuple[Any, ...] | None:
    return told and (told["changes"], told["rejected"], told["files"])


def test_a_phone_that_does_not_tell_is_not_one_that_holds_nothing(li: Teller) -> None:
    li.visit("A1w-1")
    li.send()
    body = {"device": li.device, "epoch": None, "cursor": None}
    li.desk.post("/sync/pull", body, expect=200)
    assert li.reported() is None
    li.pull(None)
    assert li.reported() is None
    li.pull(li.unsent(0))
    assert numbers(li.reported()) == (0, 0, None)


def test_worker_supervisor_and_county_see_the_same_with_what_to_do(
    county: SmallCounty, li: Teller
) -> None:
    li.visit("A1w-1")
    li.push(li.unsent(3, 1, ago=90, files=2))
    mine = li.reported()
    now = county.clock.now
    assert mine == {
        "changes": 3,
        "rejected": 1,
        "files": 2,
        "oldest_at": (now - timedelta(minutes=90)).isoformat(),
        "told_at": now.isoformat(),
        "text": UNSENT.text,
        "remedy": UNSENT.remedy,
    }
    for login in ("township-a", "county"):
        workers = county.sign_in(login).get("/sync/status/workers", limit=200)["items"]
        (seen,) = [w["phones"][0]["unsent"] for w in workers if w["login"] == "worker-a1w"]
        assert seen == mine, login
    other = Teller(county, "worker-b1w")
    other.pull(other.unsent(0))
    old = Teller(county, "worker-a1e")
    old.visit("A1e-1")
    old.push(None)
    totals = county.sign_in("system").get("/sync/status/county")
    # Supervisor, county and IT have signed in too, and hold nothing that anybody waits for.
    assert (totals["holding"], totals["unsent"], totals["untold"]) == (1, 3, 1)
    li.pull(li.unsent(0))
    assert (li.reported()["text"], li.reported()["remedy"]) == (None, None)


def test_a_phone_that_tells_is_not_silent_though_it_has_nothing_to_send(
    county: SmallCounty,
) -> None:
    county.sign_in("worker-a1w")
    county.clock.pass_time(days=31)
    li, desk = Teller(county, "worker-a1w"), county.sign_in("system")
    before = desk.get("/sync/status/county")["silent"]
    li.pull(li.unsent(0))
    assert desk.get("/sync/status/county")["silent"] == before - 1


def test_a_push_and_a_pull_tell_and_the_last_word_stands(county: SmallCounty, li: Teller) -> None:
    li.visit("A1w-1")
    li.push(li.unsent(5))
    assert numbers(li.reported()) == (5, 0, None)
    county.clock.pass_time(minutes=1)
    older = li.unsent(4)
    county.clock.pass_time(minutes=1)
    for told in ({"changes": 2}, {"changes": 1}, {"changes": 0}):
        li.pull(li.unsent(told["changes"]))  # with rows, and with nothing new
        assert numbers(li.reported()) == (told["changes"], 0, None)
    county.clock.pass_time(minutes=1)
    for verb in (li.pull, li.push):
        verb(older)  # overtaken on its way
        assert numbers(li.reported()) == (0, 0, None)
    li.pull({**older, "at": {**older["at"], "boot": "after a restart"}})
    assert numbers(li.reported()) == (4, 0, None)


def test_the_same_again_costs_no_writing_until_minutes_later(
    county: SmallCounty, li: Teller
) -> None:
    li.pull(li.unsent(2))
    first = li.reported()
    county.clock.pass_time(minutes=9)
    li.pull(li.unsent(2, ago=9))
    assert li.reported() == first
    county.clock.pass_time(minutes=1)
    li.pull(li.unsent(2, ago=10))
    again = li.reported()
    assert again["told_at"] == county.clock.now.isoformat()
    assert again["oldest_at"] == first["oldest_at"]


def test_what_is_sent_twice_is_told_once_and_tells_the_same(li: Teller) -> None:
    li.visit("A1w-1")
    told, sent = li.unsent(7), list(li.outbox)
    for _ in range(2):
        li.outbox = list(sent)
        answer = li.push(told)
        assert answer["next_n"] == 2
    assert numbers(li.reported()) == (7, 0, None)


def test_what_makes_no_sense_is_refused_whole_and_nothing_is_lost(li: Teller) -> None:
    good = li.unsent(1, ago=5)
    bad: dict[str, Any] = {
        "text": "3",
        "a list": [],
        "a number": 3,
        "empty": {},
        "no clock": {"changes": 1, "rejected": 0},
        "negative": {**good, "changes": -1},
        "too many": {**good, "changes": 1_000_001},
        "huge": {**good, "rejected": 10**400},
        "a fraction": {**good, "changes": 1.0},
        "not a number": {**good, "changes": float("nan")},
        "endless": {**good, "rejected": float("inf")},
        "yes": {**good, "rejected": True},
        "words": {**good, "files": "two"},
        "a time of its own": {**good, "at": "2026-03-02"},
        "before the boot": {**good, "at": {**good["at"], "elapsed": -1}},
        "half a letter": {**good, "at": {**good["at"], "boot": "b\x00"}},
        "a long boot": {**good, "at": {**good["at"], "boot": "b" * 65}},
    }
    li.visit("A1w-1")
    sent = list(li.outbox)
    for case, told in bad.items():
        for verb in (li.push, li.pull):
            li.outbox = list(sent)
            problem = verb(told, expect=400)
            assert problem["type"].endswith("/bad-envelope"), case
            assert [p for p in problem["errors"] if p.startswith("unsent")], case
    assert li.reported() is None
    li.outbox = list(sent)
    (outcome,) = li.push(good)["outcomes"]
    assert outcome["status"] == "applied"


def test_a_bad_change_whose_time_is_told_as_the_oldest_holds_up_nothing(li: Teller) -> None:
    """It is copied from what waits; that change will be set aside alone when its turn comes."""
    at = li.reading()
    bad: list[Any] = ["2026-03-02", 3, [], {}, {**at, "elapsed": 0.5}, {**at, "boot": "b" * 65}]
    for oldest in bad:
        told = li.unsent(2, oldest=oldest)
        li.visit("A1w-1")
        assert li.push(told)["outcomes"][0]["status"] == "applied", oldest
        li.pull(told)
        assert numbers(li.reported()) == (2, 0, None)
        assert li.reported()["oldest_at"] is None, oldest


def test_nobody_tells_of_another_phone(county: SmallCounty, li: Teller) -> None:
    other = Teller(county, "worker-a1e")
    stolen = {"device": other.device, "epoch": None, "cursor": None, "unsent": li.unsent(9)}
    assert li.desk.call("POST", "/sync/pull", json=stolen).status_code == 403
    report = Report(9, 0, None, None, county.clock.now, "b", 1)
    as_li = replace(county.identity("worker-a1w"), device_id=id_of("worker-a1e phone"))
    queries.keep_report(as_li, report, None)
    assert other.reported() is None


def test_a_pull_does_not_wait_for_a_push_that_is_under_way(county: SmallCounty, li: Teller) -> None:
    li.pull(li.unsent(1))
    county.clock.pass_time(minutes=1)
    engine = create_engine(county.url)
    with engine.begin() as pushing:
        pushing.execute(text("SELECT FROM device WHERE id = :id FOR UPDATE"), {"id": li.device})
        li.pull(li.unsent(5))
    engine.dispose()
    assert numbers(li.reported()) == (1, 0, None)
    li.pull(li.unsent(5))
    assert numbers(li.reported()) == (5, 0, None)


def test_a_count_that_cannot_be_written_down_costs_nobody_a_row(
    county: SmallCounty, li: Teller
) -> None:
    """A full disk, or somebody at the table: who takes nothing down still has rows (§4)."""
    engine = create_engine(county.url)
    with engine.begin() as busy:
        busy.execute(text("LOCK TABLE device IN SHARE MODE"))
        assert li.pull(li.unsent(5))["put"]
    engine.dispose()
    assert li.reported() is None
    li.pull(li.unsent(5))
    assert numbers(li.reported()) == (5, 0, None)


def test_a_server_whose_clock_was_ahead_hears_again_once_it_is_right(
    county: SmallCounty, li: Teller
) -> None:
    at = li.unsent(5)
    county.clock.pass_time(days=2)
    li.pull(at)
    county.clock.pass_time(days=-2, minutes=1)
    li.pull(li.unsent(2))
    assert numbers(li.reported()) == (2, 0, None)


def test_of_two_pulls_at_once_the_later_count_stays(county: SmallCounty, li: Teller) -> None:
    """Both looked before either wrote; the overtaken one writes last."""
    me = replace(county.identity("worker-a1w"), device_id=id_of("worker-a1w phone"))
    later, earlier = (Report(n, 0, None, None, county.clock.now, "b", n) for n in (7, 3))
    after_a_restart = replace(earlier, boot="b2")
    for report in (later, earlier):
        queries.keep_report(me, report, None)
    assert numbers(li.reported()) == (7, 0, None)
    queries.keep_report(me, after_a_restart, None)
    assert numbers(li.reported()) == (3, 0, None)


def test_a_revoked_phone_may_still_tell(county: SmallCounty, li: Teller) -> None:
    li.pull(li.unsent(1))
    run(county, "UPDATE device SET revoked_at = now() WHERE id = :id", id=li.device)
    county.clock.pass_time(minutes=1)
    li.visit("A1w-1")
    li.push(li.unsent(4))
    said = "SELECT unsent_changes FROM device WHERE id = :id"
    assert run(county, said, id=li.device) == [(4,)]
    li.pull(li.unsent(3))
    assert run(county, said, id=li.device) == [(3,)]


def test_telling_costs_a_push_no_message(li: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def noted(session: Session, statement: str, values: Any) -> Any:
        asked.append(statement)
        return server_db.run(session, statement, values)

    def messages(told: Any) -> list[str]:
        li.visit("A1w-1")
        asked.clear()
        li.push(told)
        return list(asked)

    monkeypatch.setattr(syncing, "run", noted)
    silent = messages(None)
    assert len(silent) > 3
    assert messages(li.unsent(1)) == messages(li.unsent(2)) == silent


# The cell's panel.


def panel(desk: Desk, **headers: str) -> str:
    refresh()  # the language: a test's requests share one context of the application
    address = f"/map/cells/{CELLS['A1w']}"
    answer = desk.open("GET", address, headers={"Accept": "text/html", **headers})
    assert answer.status_code == 200
    return " ".join(str(answer.text).split())


def test_a_cells_panel_says_what_its_phones_reported(county: SmallCounty, li: Teller) -> None:
    desk = county.sign_in("township-a")
    assert "没有报告过未传的条数" in panel(desk)
    li.pull(li.unsent(0))
    assert "手机报告（2026年3月2日 09:00）：记录都已传" in panel(desk)
    county.clock.pass_time(minutes=1)
    li.pull(li.unsent(3, 2, ago=24 * 60, files=1))
    said = panel(desk)
    for words in ("未传 3 条", "（最早 2026年3月1日）", "照片未传 1 张", "2 条没收下，还在手机上"):
        assert words in said, words
    english = panel(desk, **{"Accept-Language": "en"})
    assert "3 unsent</span> (the oldest written 1 Mar 2026)" in english
    assert not {"；", "："} & set(english)
