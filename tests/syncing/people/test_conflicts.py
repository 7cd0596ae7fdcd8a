"""Two people said unlike things of where a house is: both values stay until a person decides."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from server.syncing.review.conflicts.rules import metres_apart, point_of
from tests.smallcounty import Desk, SmallCounty, id_of
from tests.syncing.people.letters import Sender, acts, run

HOUSE = str(id_of("A1w-1"))
THERE = [107.021, 31.951, "wgs84", 5.0]
ELSEWHERE = [107.022, 31.952, "wgs84", 5.0]
ACROSS = [107.221, 31.951, "wgs84", 5.0]  # in township B


def meet(county: SmallCounty, place: list[Any] = ELSEWHERE, login: str = "worker-a1w") -> None:
    """The desk moved the house; a phone that had not heard of it says another place."""
    desk = county.sign_in("township-a")
    desk.call("PATCH", f"/households/{HOUSE}", json={"location": THERE})
    phone = Sender(county, login)
    was = {"location": [107.02, 31.95, "wgs84", None]}
    mid = phone.write("household", "patch", {"location": place, "people": 3}, HOUSE, was)
    assert phone.send()[mid]["status"] == "conflict"


def decide(desk: Desk, conflict: Any, keep: str, expect: int = 200, **more: Any) -> Any:
    body = {"keep": keep, "version": conflict["version"], **more}
    return desk.post(f"/sync/conflicts/{conflict['id']}/decide", body, expect=expect)


def place(county: SmallCounty) -> list[Any]:
    ((*found,),) = run(
        county, "SELECT lon, lat, datum, accuracy_m FROM household WHERE id = :id", id=HOUSE
    )
    return found


def test_the_list_masks_what_a_list_of_households_masks(county: SmallCounty) -> None:
    meet(county)
    desk = county.sign_in("township-a")
    (one,) = desk.get("/sync/conflicts")["items"]
    assert (one["field"], one["row_id"]) == ("location", HOUSE)
    assert {one[name] for name in ("ours", "theirs", "was", "now")} == {"***"}
    beside = ("theirs_by", "now_by", "metres", "now_cell", "theirs_cell")
    cell = "511921100201001"
    assert [one[name] for name in beside] == ["示例worker-a1w", None, 146, cell, cell]
    shown = desk.post(f"/sync/conflicts/{one['id']}/reveal", {"reason": "核对"}, expect=200)
    assert (shown["ours"], shown["theirs"], shown["now"]) == (THERE, ELSEWHERE, THERE)
    assert shown["version"] == one["version"]
    assert acts(county, "sync.conflict.reveal")[0][1] == "核对"


def test_where_two_values_lie_is_told_of_locations_alone() -> None:
    here = point_of("location", [107.0, 31.9, "wgs84", None])
    assert here == (107.0, 31.9)
    there = point_of("location", [107.0, 31.91, "WGS-84", 3])
    assert metres_apart(here, there) is None  # a datum that no phone of ours writes
    assert metres_apart(here, (107.0, 31.91)) == 1109
    assert metres_apart(here, None) is None
    for said in (None, "107", [1, 2], ["a", 1, "wgs84", None], [200, 1, "wgs84", 1], {"lon": 1}):
        assert point_of("location", said) is None
    assert point_of("address", [107.0, 31.9, "wgs84", None]) is None


def test_names_and_numbers_that_met_are_logged_masked(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    said = {"head_name": "示某乙", "telephone": "000123456", "address": "三组", "people": 2}
    phone.write("household", "patch", said, HOUSE, dict.fromkeys(said, "从前"))
    county.clock.pass_time(seconds=1)
    assert [outcome["status"] for outcome in phone.send().values()] == ["merged"]
    desk = county.sign_in("township-a")
    logged = desk.get("/sync/conflicts", state="logged")["items"]
    assert {one["field"]: one["theirs"] for one in logged} == {
        "head_name": "示**",
        "telephone": "*******56",
        "address": "***",
        "people": 2,
    }
    refused = decide(desk, logged[0], "ours", expect=409)
    assert refused["type"] == "/problems/nothing-to-decide"


def test_ours_stays_and_the_question_is_closed(county: SmallCounty) -> None:
    meet(county)
    desk = county.sign_in("township-a")
    (one,) = desk.get("/sync/conflicts")["items"]
    assert decide(desk, one, "ours", why="实地看过")["decided"] == "ours"
    assert place(county) == THERE
    assert desk.get("/sync/conflicts")["items"] == []
    (decided,) = desk.get("/sync/conflicts", state="decided")["items"]
    assert decided["decided_by"] == str(id_of("user township-a"))
    assert decide(desk, one, "theirs", expect=409)["type"] == "/problems/nothing-to-decide"
    ((who, why, what),) = acts(county, "sync.conflict.decide")
    assert (who, why, what["keep"]) == (id_of("user township-a"), "实地看过", "ours")


def test_theirs_is_set_as_a_desk_would_and_reaches_the_phones(county: SmallCounty) -> None:
    meet(county)
    desk = county.sign_in("township-a")
    (one,) = desk.get("/sync/conflicts")["items"]
    before = run(county, "SELECT max(seq) FROM feed_entry WHERE row_id = :id", id=HOUSE)
    decide(desk, one, "theirs")
    assert place(county) == ELSEWHERE
    after = run(county, "SELECT max(seq) FROM feed_entry WHERE row_id = :id", id=HOUSE)
    assert after > before
    assert len(acts(county, "household.amend")) >= 2


def test_whoever_looked_before_the_house_changed_again_is_asked_again(
    county: SmallCounty,
) -> None:
    meet(county)
    desk = county.sign_in("township-a")
    (one,) = desk.get("/sync/conflicts")["items"]
    again = [107.03, 31.95, "wgs84", 5.0]
    desk.call("PATCH", f"/households/{HOUSE}", json={"location": again})
    assert decide(desk, one, "theirs", expect=409)["type"] == "/problems/conflict-stale"
    assert place(county) == again
    (anew,) = desk.get("/sync/conflicts")["items"]
    assert anew["changed"] is True
    decide(desk, anew, "theirs")
    assert place(county) == ELSEWHERE


def test_of_six_who_decide_at_once_one_does(county: SmallCounty) -> None:
    meet(county)
    desks = [county.sign_in(who, f"desk {k}") for who in ("township-a", "county") for k in range(3)]
    (one,) = desks[0].get("/sync/conflicts")["items"]

    def choose(k: int) -> int:
        body = {"keep": ("ours", "theirs")[k % 2], "version": one["version"]}
        path = f"/sync/conflicts/{one['id']}/decide"
        return int(desks[k].call("POST", path, json=body).status_code)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(choose, range(6))) == [200] + [409] * 5
    ((kept,),) = run(county, "SELECT decided FROM sync_conflict WHERE needs_person")
    assert place(county) == (THERE if kept == "ours" else ELSEWHERE)


def test_a_place_in_another_township_is_for_whoever_holds_both(county: SmallCounty) -> None:
    meet(county, ACROSS)
    desk = county.sign_in("township-a")
    (one,) = desk.get("/sync/conflicts")["items"]
    # The point lies in another village than the list says: a person looks at that, in the village.
    told = decide(desk, one, "theirs")
    assert told["decided"] == "theirs"
    rows = run(county, "SELECT bucket, unplaced FROM household WHERE id = :id", id=HOUSE)
    assert rows == [(f"v:{id_of('A1')}", "other_village")]


def test_a_conflict_follows_its_household(county: SmallCounty) -> None:
    """A household that moved to another township is that one's to decide."""
    meet(county)
    run(
        county,
        "UPDATE household SET village_id = :v, cell_id = :c WHERE id = :id",
        v=id_of("B1"),
        c=id_of("B1w"),
        id=HOUSE,
    )
    a, b = county.sign_in("township-a"), county.sign_in("township-b")
    assert a.get("/sync/conflicts")["items"] == []
    (one,) = b.get("/sync/conflicts")["items"]
    assert decide(a, one, "ours", expect=404)["type"] == "/problems/conflict-not-found"
    assert decide(b, one, "ours")["decided"] == "ours"


def test_only_those_in_charge_see_and_decide(county: SmallCounty) -> None:
    meet(county)
    (one,) = county.sign_in("county").get("/sync/conflicts")["items"]
    path = f"/sync/conflicts/{one['id']}"
    for login, status in {
        "township-b": 404,
        "worker-a1w": 403,
        "mediator-a1": 403,
        "system": 403,
        "security": 403,
        "auditor": 403,
    }.items():
        desk = county.sign_in(login)
        assert desk.call("GET", path).status_code == status, login
        reveal = desk.call("POST", f"{path}/reveal", json={"reason": "核对"})
        assert reveal.status_code == status, login
        decide(desk, one, "theirs", expect=status)
        listed = desk.call("GET", "/sync/conflicts")
        assert listed.status_code == (403 if status == 403 else 200)
        assert status == 403 or listed.json["items"] == []
    assert place(county) == THERE


def test_nonsense_decides_nothing(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    nonsense: tuple[Any, ...] = (
        {},
        {"keep": "ours"},
        {"keep": "both", "version": "0" * 16},
        {"keep": "ours", "version": "x"},
        {"keep": "ours", "version": "0" * 16, "value": [1, 2]},
        {"keep": "ours", "version": "0" * 16, "why": "长" * 201},
        [],
    )
    for body in nonsense:
        answer = desk.call("POST", f"/sync/conflicts/{id_of('none')}/decide", json=body)
        assert answer.status_code == 422, body
        assert answer.content_type == "application/problem+json"
