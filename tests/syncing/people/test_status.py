"""Worker, supervisor and IT see the same numbers as the phone, and why a record does not count."""

from __future__ import annotations

from typing import Any

import pytest

from server.db import transaction
from server.problems import catalogue
from server.syncing.status.rules import ALARMS, BYTES_A_ROW, REASONS
from server.syncing.status.service import explain
from sync import judge
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.people.letters import Sender, end_work, run


def phone_of(status: dict[str, Any], device: str) -> dict[str, Any]:
    return next(phone for phone in status["phones"] if phone["device_id"] == device)


def test_a_worker_sees_what_arrived_what_counts_and_why_the_rest_does_not(
    county: SmallCounty,
) -> None:
    phone = Sender(county, "worker-a1w")
    for outcome in ("met", "met", "inspected"):
        phone.visit("A1w-1", outcome=outcome)
    huge = phone.visit("A1w-1", note="长" * 40_000)
    assert phone.send()[huge]["status"] == "rejected"
    status = phone.desk.get("/sync/status")
    mine = phone_of(status, phone.device)
    assert {name: mine[name] for name in ("next_n", "received", "counted", "set_aside")} == {
        "next_n": 5,
        "received": 4,
        "counted": 2,
        "set_aside": 1,
    }
    assert (mine["rejected"], mine["open"], mine["claimed"]) == (1, 1, 0)
    assert {r["reason"]: r["n"] for r in mine["reasons"]} == {"bad-visit": 1, "too_large": 1}
    assert all(r["text"] and r["remedy"] for r in mine["reasons"])
    (waiting,) = status["waiting"]
    assert (waiting["reason"], waiting["n"]) == ("bad-visit", 3)
    assert (status["rows"], status["bytes"]) == (status["rows"], status["rows"] * BYTES_A_ROW)
    assert status["rows"] >= 3 + 2
    assert mine["heard_at"]


def test_a_phone_should_hold_as_many_rows_as_a_pull_gives_it(county: SmallCounty) -> None:
    for login in ("worker-a1w", "mediator-a1", "township-a", "system"):
        desk = county.sign_in(login)
        body = {"device": desk.tokens["device_id"], "epoch": None, "cursor": None, "resync": []}
        page = desk.post("/sync/pull", {**body, "limit": 1000, "schema": 1}, expect=200)
        rows = sum(head["n"] for head in page["buckets"].values())
        assert desk.get("/sync/status")["rows"] == rows, login


def test_a_supervisor_sees_the_same_numbers_by_area_and_name_and_nobody_elses(
    county: SmallCounty,
) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1")
    phone.visit("A1w-1", outcome="inspected")
    phone.send()
    mine = phone.desk.get("/sync/status")
    desk = county.sign_in("township-a")
    page = desk.get("/sync/status/workers")
    logins = [worker["login"] for worker in page["items"]]
    # The Office of the township first, then village by village; within one by name.
    assert logins == ["township-a", "mediator-a1", "worker-a1e", "worker-a1w", "mediator-a2"]
    (same,) = [worker for worker in page["items"] if worker["login"] == "worker-a1w"]
    for name in ("phones", "rows", "bytes", "alarms"):
        assert same[name] == mine[name], name
    assert page["total"] == 5
    everybody = county.sign_in("county").get("/sync/status/workers", limit=200)["items"]
    assert {"worker-b1w", "township-b", "county"} <= {worker["login"] for worker in everybody}
    assert not {"system", "security", "auditor"} & {worker["login"] for worker in everybody}


def test_its_pages_hold_everybody_once(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    whole = [w["id"] for w in desk.get("/sync/status/workers", limit=200)["items"]]
    paged: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = desk.get("/sync/status/workers", limit=2, **after)
        paged += [worker["id"] for worker in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert paged == whole


def test_whoever_left_lately_is_still_helped(county: SmallCounty) -> None:
    end_work(county, "worker-a1w")
    county.clock.pass_time(days=29)
    desk = county.sign_in("township-a")
    logins = [w["login"] for w in desk.get("/sync/status/workers")["items"]]
    assert "worker-a1w" in logins
    county.clock.pass_time(days=2)
    desk = county.sign_in("township-a")
    logins = [w["login"] for w in desk.get("/sync/status/workers")["items"]]
    assert "worker-a1w" not in logins


def test_whoever_left_long_ago_is_somebody_elses_to_help(county: SmallCounty) -> None:
    run(
        county,
        """INSERT INTO assignment (id, user_id, role, cell_id, valid_from, valid_to)
           VALUES (gen_random_uuid(), :user, 'grid_worker', :cell, '2020-03-01', '2020-06-01')""",
        user=id_of("user worker-b1w"),
        cell=id_of("A1w"),
    )
    Sender(county, "worker-b1w")
    desk = county.sign_in("township-a")
    assert "worker-b1w" not in {w["login"] for w in desk.get("/sync/status/workers")["items"]}


def test_it_sees_totals_and_no_person(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1", outcome="inspected", note="老人独居")
    phone.write("hole", "append", {})
    phone.send()
    totals = county.sign_in("system").get("/sync/status/county")
    assert (totals["received"], totals["set_aside"], totals["open"]) == (2, 2, 2)
    assert {one["reason"] for one in totals["reasons"]} == {"bad-visit", "hole"}
    assert [(a["kind"], a["phones"]) for a in totals["alarms"]] == [("hole", 1)]
    assert "示例" not in str(totals)
    assert "老人" not in str(totals)


def test_who_may_ask_what(county: SmallCounty) -> None:
    allowed = {
        "/sync/status": set(county_logins()),
        "/sync/status/workers": {"township-a", "township-b", "county"},
        "/sync/status/county": {"system", "county"},
    }
    for login in county_logins():
        desk = county.sign_in(login)
        for path, who in allowed.items():
            assert desk.call("GET", path).status_code == (200 if login in who else 403), login
    desk = county.sign_in("township-a")
    for nonsense in ({"after": "x"}, {"limit": 0}, {"limit": 10_000}):
        answer = desk.call("GET", "/sync/status/workers", query_string=nonsense)
        assert answer.status_code == 422


def county_logins() -> list[str]:
    return ["worker-a1w", "mediator-a1", "township-a", "township-b", "county", "system", "auditor"]


def test_every_reason_has_a_text_and_a_remedy() -> None:
    slugs = {
        value
        for name, value in vars(judge).items()
        if name.isupper() and isinstance(value, str) and not name.startswith("MAX")
    }
    assert slugs == REASONS.keys()
    for slug in (*slugs, "not-served", "village-not-yours", "another"):
        why = explain(slug)
        assert all(any(ord(c) > 0x4E00 for c in text) for text in why.values()), slug
    assert explain("not-served")["text"] == {s: t for s, _, t in catalogue()}["not-served"]


def test_a_phone_whose_clock_is_far_off_is_told_and_seen(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1")
    phone.send(wall=phone.reading()["wall"] - 3 * 3600 * 1000)
    (alarm,) = phone.desk.get("/sync/status")["alarms"]
    assert (alarm["kind"], alarm["details"]) == ("clock_far_off", {"seconds": -10800})
    assert alarm["text"] == ALARMS["clock_far_off"]
    (seen,) = [
        worker["alarms"]
        for worker in county.sign_in("township-a").get("/sync/status/workers")["items"]
        if worker["login"] == "worker-a1w"
    ]
    assert seen == [alarm]


def test_a_time_that_is_only_claimed_is_shown_as_such(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1")
    phone.visit("A1w-2")
    row = phone.outbox[0]["id"]
    phone.outbox[0]["at"]["boot"] = "yesterday"
    phone.send()
    assert phone_of(phone.desk.get("/sync/status"), phone.device)["claimed"] == 1
    assert phone.desk.get(f"/visits/{row}")["proof"] == "claimed"


@pytest.mark.parametrize("kind", ["hole", "device_reset"])
def test_what_a_push_betrays_is_written_down_once_a_day(county: SmallCounty, kind: str) -> None:
    phone = Sender(county, "worker-a1w")
    for _ in range(2):
        if kind == "hole":
            phone.write("hole", "append", {})
        else:
            phone.next_n = 1
            phone.visit("A1w-1")
            phone.visit("A1w-1")
        phone.send()
    found = run(county, "SELECT kind, times FROM sync_alarm")
    assert found == [(kind, 2 if kind == "hole" else 1)]


def test_what_a_pull_betrays_is_written_down(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    body = {"device": desk.tokens["device_id"], "limit": 1000, "schema": 1, "resync": []}
    page = desk.post("/sync/pull", {**body, "epoch": None, "cursor": None}, expect=200)
    known = {**body, "epoch": page["epoch"], "cursor": page["cursor"]}
    desk.post("/sync/pull", known, expect=200)
    assert run(county, "SELECT kind FROM sync_alarm") == []
    bucket = f"c:{id_of('A1w')}"
    desk.post("/sync/pull", {**known, "resync": [bucket]}, expect=200)
    desk.post("/sync/pull", {**known, "epoch": "older"}, expect=200)
    run(county, "UPDATE feed_mark SET mark = gen_random_uuid()")
    desk.post("/sync/pull", known, expect=200)
    found = run(county, "SELECT kind, details FROM sync_alarm ORDER BY kind")
    kinds = [kind for kind, _ in found]
    assert kinds == ["resync", "stale_epoch", "unknown_mark"]
    assert set(kinds) <= ALARMS.keys()


def test_an_alarm_cannot_be_raised_about_another_phone(county: SmallCounty) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    insert = text("""
        INSERT INTO sync_alarm (device_id, kind, day, user_id, first_at, last_at, times, details)
        VALUES (:device, 'hole', '2026-03-02', :user, now(), now(), 1, '{}')
    """)
    Sender(county, "worker-a1e")
    other = {"device": id_of("worker-a1e phone"), "user": id_of("user worker-a1e")}
    with (
        pytest.raises(DBAPIError, match="row-level security"),
        transaction(county.identity("worker-a1w")) as session,
    ):
        session.execute(insert, other)
