"""What was set aside is applied after all: in the releaser's name, as the author's work. Once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

from server.db import transaction
from server.policies.service import ensure_policy
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.people.desk import after_hours, close, release, waiting
from tests.syncing.people.letters import Sender, acts, end_work, run


def test_a_released_visit_is_its_authors_work_recorded_by_whoever_answers_for_it(
    county: SmallCounty,
) -> None:
    written = county.clock.now + timedelta(hours=1)
    phone, mid = after_hours(county, note="门口见面")
    county.clock.pass_time(days=3)
    desk = county.sign_in("township-a")
    told = release(desk, phone, mid, why="交接前已约好")
    assert (told["status"], told["closed_how"]) == ("applied", "released")
    visit = desk.get(f"/visits/{told['row_id']}")
    assert visit["done_by"] == str(id_of("user worker-a1w"))
    assert visit["recorded_by"] == str(id_of("user township-a"))
    assert visit["recorded_at"] == visit["occurred_at"] == written.isoformat()
    assert visit["received_at"] == county.clock.now.isoformat()
    assert visit["proof"] == "proved"
    ((who, why, what),) = acts(county, "sync.release")
    assert (who, why, what["author"]) == (
        id_of("user township-a"),
        None,  # it stands with the change, where it is sealed
        str(id_of("user worker-a1w")),
    )
    assert told["why"] == "交接前已约好"
    assert waiting(desk) == []
    assert waiting(desk, state="released") == [mid]


def test_a_supervisor_of_today_releases_what_was_written_before_they_came(
    county: SmallCounty,
) -> None:
    phone, mid = after_hours(county)
    county.clock.pass_time(days=5)
    run(
        county,
        "UPDATE assignment SET valid_from = :at WHERE user_id = :user",
        at=county.clock.now,
        user=id_of("user township-a"),
    )
    assert release(county.sign_in("township-a"), phone, mid)["status"] == "applied"


def test_the_phone_that_sends_a_released_change_again_hears_what_it_heard_first(
    county: SmallCounty,
) -> None:
    phone = Sender(county, "worker-a1w")
    end_work(county, "worker-a1w")
    county.clock.pass_time(hours=1)
    mid = phone.visit("A1w-1")
    (change,) = phone.outbox
    phone.send()
    told = release(county.sign_in("township-a"), phone, mid)
    again = phone.send([change])[mid]
    assert (again["status"], again["reason"]) == ("quarantined", "not-served")
    assert run(county, "SELECT count(*) FROM visit WHERE id = :id", id=told["row_id"]) == [(1,)]
    assert run(county, "SELECT count(*) FROM sync_quarantine") == [(1,)]


def test_fields_are_put_right_and_the_original_is_kept(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    mid = phone.visit("A1w-1", outcome="inspected", weather="雨")
    phone.send()
    desk = county.sign_in("township-a")
    refused = release(desk, phone, mid, expect=409)
    assert (refused["type"], refused["reason"]) == ("/problems/still-refused", "bad-visit")
    told = release(desk, phone, mid, corrections={"outcome": "met", "weather": None})
    assert told["corrected"] == ["outcome", "weather"]
    assert desk.get(f"/visits/{told['row_id']}")["outcome"] == "met"
    path = f"/sync/quarantine/{phone.device}/{mid}/reveal"
    kept = desk.post(path, {"reason": "核对"}, expect=200)["set"]
    assert (kept["outcome"], kept["weather"]) == ("inspected", "雨")


def test_nothing_else_can_be_corrected(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    mid = phone.visit("A1w-1", outcome="inspected", weather="雨")
    phone.send()
    desk = county.sign_in("township-a")
    nonsense: tuple[Any, ...] = (
        {"recorded_by": str(id_of("user township-a"))},
        {"recorded_at": 1},
        {"id": str(uuid4())},
        {"weather": "晴"},
        {"": 1},
        {"x" * 101: None},
        [],
        "met",
        {str(k): None for k in range(51)},
    )
    for corrections in nonsense:
        assert release(desk, phone, mid, expect=422, corrections=corrections)["detail"]
    assert waiting(desk) == [mid]


def test_a_visit_of_a_mistyped_household_goes_to_the_right_one(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    mid = phone.visit(str(uuid4()))
    phone.send()
    desk = county.sign_in("township-a")
    right = str(id_of("A1w-2"))
    told = release(desk, phone, mid, corrections={"household_id": right})
    assert desk.get(f"/visits/{told['row_id']}")["household_id"] == right


def test_a_visit_waits_until_the_household_it_leans_on_is_released(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    made, household = phone.household("A2")
    visited = phone.visit(household)
    outcomes = phone.send()
    reasons = [outcomes[m]["reason"] for m in (made, visited)]
    assert reasons == ["village-not-yours", "waits_for_row"]
    desk = county.sign_in("township-a")
    first = {"device_id": phone.device, "mid": made}
    item = desk.get(f"/sync/quarantine/{phone.device}/{visited}")
    assert item["waits_for"] == first
    refused = release(desk, phone, visited, expect=409)
    assert (refused["type"], refused["first"]) == ("/problems/release-first", first)
    told = release(desk, phone, made)
    assert told["waited_for"] == [{"device_id": phone.device, "mid": visited}]
    assert release(desk, phone, visited)["status"] == "applied"
    assert desk.get(f"/households/{household}")["village_id"] == str(id_of("A2"))
    found = run(county, "SELECT recorded_by FROM household WHERE id = :id", id=household)
    assert found == [(id_of("user township-a"),)]


def test_a_released_patch_is_merged_by_its_own_time(county: SmallCounty) -> None:
    """It was written before the desk's edit: the later value stays, the earlier one is logged."""
    phone = Sender(county, "worker-a1w")
    household = str(id_of("A1w-1"))
    was = {"address": "", "people": None}
    said = {"address": "三组 1 号", "people": 4}
    mid = phone.write("household", "patch", said, household, was)
    end_work(county, "worker-a1w")
    county.clock.pass_time(minutes=5)
    assert phone.send()[mid]["reason"] == "no_such_row"
    desk = county.sign_in("township-a")
    desk.call("PATCH", f"/households/{household}", json={"address": "三组 2 号"})
    assert release(desk, phone, mid)["status"] == "merged"
    rows = run(county, "SELECT address, people FROM household WHERE id = :id", id=household)
    assert rows == [("三组 2 号", 4)]
    (logged,) = desk.get("/sync/conflicts", state="logged")["items"]
    assert (logged["field"], logged["row_id"]) == ("address", household)


def test_a_dispute_and_what_happened_in_it_are_released_in_order(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    phone = Sender(county, "mediator-a2")
    run(county, "UPDATE device SET revoked_at = now() WHERE id = :d", d=phone.device)
    said = {"category": "neighbours", "story": "示例：檐水", "village_id": str(id_of("A2"))}
    opened = phone.write("dispute", "create", said)
    case = phone.outbox[-1]["id"]
    event = {"dispute_id": case, "event": "note", "why": "约好周五再谈"}
    noted = phone.write("dispute_event", "append", event)
    outcomes = phone.send()
    assert outcomes[opened]["reason"] == "device_revoked"
    desk = county.sign_in("township-a")
    assert release(desk, phone, noted, expect=409)["type"] == "/problems/release-first"
    release(desk, phone, opened)
    release(desk, phone, noted)
    rows = run(
        county,
        "SELECT kind, done_by, recorded_by FROM dispute_event WHERE dispute_id = :c ORDER BY n",
        c=case,
    )
    people = (id_of("user mediator-a2"), id_of("user township-a"))
    assert rows == [("register", *people), ("note", *people)]


def test_released_twice_takes_effect_once(county: SmallCounty) -> None:
    phone, mid = after_hours(county)
    desk = county.sign_in("township-a")
    release(desk, phone, mid)
    assert release(desk, phone, mid, expect=409)["type"] == "/problems/review-over"
    assert close(desk, phone, mid, expect=409)["type"] == "/problems/review-over"
    assert run(county, "SELECT count(*) FROM visit") == [(1,)]


def test_of_six_who_decide_at_once_one_does(county: SmallCounty) -> None:
    phone, mid = after_hours(county)
    desks = [county.sign_in(who, f"desk {k}") for who in ("township-a", "county") for k in range(3)]
    path = f"/sync/quarantine/{phone.device}/{mid}"

    def decide(k: int) -> int:
        how, body = ("close", {"why": "重复"}) if k % 2 else ("release", {})
        return int(desks[k].call("POST", f"{path}/{how}", json=body).status_code)

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(decide, range(6)))
    assert answers == [200] + [409] * 5
    ((how, visits),) = run(
        county, "SELECT closed_how, (SELECT count(*) FROM visit) FROM sync_quarantine"
    )
    assert visits == (1 if how == "released" else 0)


def test_a_row_that_came_in_another_way_meanwhile_is_not_made_twice(county: SmallCounty) -> None:
    phone, mid = after_hours(county)
    desk = county.sign_in("township-a")
    row = desk.get(f"/sync/quarantine/{phone.device}/{mid}")["row_id"]
    visit = {"id": row, "household_id": str(id_of("A1w-1")), "outcome": "met"}
    desk.post("/visits", visit)
    refused = release(desk, phone, mid, expect=409)
    assert refused["reason"] == "id_taken"
    assert waiting(desk) == [mid]
    close(desk, phone, mid)


def test_what_a_supervisor_may_not_do_at_a_desk_no_release_does(county: SmallCounty) -> None:
    """A correction does not reach into another township."""
    phone = Sender(county, "worker-a1w")
    mid = phone.visit("A1w-1", outcome="inspected")
    phone.send()
    desk = county.sign_in("township-a")
    elsewhere = {"outcome": "met", "household_id": str(id_of("B1w-1"))}
    refused = release(desk, phone, mid, expect=409, corrections=elsewhere)
    assert refused["reason"] == "not-served"
