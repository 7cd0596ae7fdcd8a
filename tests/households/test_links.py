"""Families split, merge, move, live in two places, or are no more; their histories stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from server.audit.models import AuditAct
from server.cli.queries import count_unstamped, count_wrong_heads
from server.db import transaction
from server.households.models import Household
from tests.smallcounty import Desk, SmallCounty, id_of


def new(name: str, village: str, **fields: Any) -> dict[str, Any]:
    return {"id": str(id_of(name)), "village_id": str(id_of(village)), **fields}


def links_of(desk: Desk, name: str) -> list[tuple[str, str, str | None]]:
    """(kind, from, to) of a household's links."""
    page = desk.get(f"/households/{id_of(name)}/links")
    return [(link["kind"], link["from_id"], link["to_id"]) for link in page["items"]]


def state(county: SmallCounty, name: str) -> str:
    with transaction(county.worker) as session:
        return session.get_one(Household, id_of(name)).state


def visit(desk: Desk, name: str, household: str) -> None:
    body = {"id": str(id_of(name)), "household_id": str(id_of(household)), "outcome": "met"}
    desk.post("/visits", body)


def test_a_son_founds_a_household_of_his_own(county: SmallCounty) -> None:
    desk = county.sign_in("mediator-a1")
    body = {"households": [new("son", "A1", head_name="示某子")], "note": "儿子成家"}
    made = desk.post(f"/households/{id_of('A1w-1')}/split", body)["items"]
    ends = (str(id_of("A1w-1")), str(id_of("son")))
    assert [(m["kind"], m["from_id"], m["to_id"]) for m in made] == [("split", *ends)]
    assert links_of(desk, "A1w-1") == links_of(desk, "son") == [("split", *ends)]
    assert (state(county, "A1w-1"), state(county, "son")) == ("lived_in", "lived_in")


def test_two_households_become_one_and_both_histories_show_it(county: SmallCounty) -> None:
    desk = county.sign_in("mediator-a1")
    visit(desk, "visit before", "A1w-2")
    desk.post(f"/households/{id_of('A1w-1')}/merge", {"gone": [str(id_of("A1w-2"))]})
    expected = [("merged", str(id_of("A1w-2")), str(id_of("A1w-1")))]
    assert links_of(desk, "A1w-1") == links_of(desk, "A1w-2") == expected
    assert (state(county, "A1w-1"), state(county, "A1w-2")) == ("lived_in", "ended")
    before = desk.get("/visits", household=str(id_of("A1w-2")))["items"]
    assert [v["id"] for v in before] == [str(id_of("visit before"))]  # it stays where it was made


def test_a_family_moves_to_another_village_with_its_name_and_number(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    body = {"household": new("new home", "A2", cell_id=str(id_of("A2e")), address="示意路9号")}
    desk.post(f"/households/{id_of('A1w-1')}/move", body)
    with transaction(county.worker) as session:
        old, there = (session.get_one(Household, id_of(n)) for n in ("A1w-1", "new home"))
        assert (there.head_name, there.telephone) == (old.head_name, old.telephone)
        assert (old.state, there.state, there.cell_id) == ("ended", "lived_in", id_of("A2e"))
        assert there.telephone_index is not None
        assert there.near_address == "示意路9"
        assert (count_unstamped(session), count_wrong_heads(session)) == (0, 0)
    assert links_of(desk, "new home")[0][0] == "moved"


def test_a_second_home_begins_and_is_given_up(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    path = f"/households/{id_of('A1w-1')}/second-home"
    body = {"other_id": str(id_of("B1w-1")), "at": "2026-01-05T00:00:00+08:00"}
    (made,) = desk.post(path, body)["items"]
    assert made["valid_from"] == "2026-01-04T16:00:00+00:00"
    assert desk.post(path, body, expect=409)["type"] == "/problems/link-exists"
    closed = desk.post(f"/households/links/{made['id']}/close", {}, expect=200)
    assert closed["valid_to"] is not None
    assert desk.post(f"/households/links/{made['id']}/close", {}, expect=422)["errors"]
    desk.post(path, {"other_id": str(id_of("B1w-1"))})  # and taken up again
    assert state(county, "A1w-1") == state(county, "B1w-1") == "lived_in"


def test_a_link_holds_for_a_while_before_it_is_closed(county: SmallCounty) -> None:
    """Closed in the instant that it was made, it would never have been."""
    desk = county.sign_in("mediator-a1")
    made = desk.post(f"/households/{id_of('A1w-1')}/second-home", {"other_id": str(id_of("A1w-2"))})
    close = f"/households/links/{made['items'][0]['id']}/close"
    assert desk.post(close, {}, expect=422)["errors"] == {"valid_to": "not_after_start"}
    county.clock.pass_time(seconds=1)
    assert desk.post(close, {}, expect=200)["valid_to"] is not None


def test_a_household_ends_once(county: SmallCounty) -> None:
    desk = county.sign_in("mediator-a1")
    path = f"/households/{id_of('A1w-1')}"
    desk.post(f"{path}/end", {"note": "无人居住"})
    assert links_of(desk, "A1w-1") == [("ended", str(id_of("A1w-1")), None)]
    again = {
        "end": {},
        "merge": {"gone": [str(id_of("A1w-2"))]},
        "second-home": {"other_id": str(id_of("A1w-2"))},
        "move": {"household": new("x", "A1")},
        "split": {"households": [new("y", "A1", head_name="示某")]},
    }
    for verb, body in again.items():
        assert desk.post(f"{path}/{verb}", body, 409)["type"] == "/problems/household-ended"
    assert state(county, "A1w-2") == "lived_in"
    with transaction(county.worker) as session:
        assert session.get(Household, id_of("x")) is None


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("merge", {"gone": [str(id_of("A1w-2"))]}),
        ("move", {"household": new("elsewhere", "A1", cell_id=str(id_of("A1e")))}),
        ("end", {}),
    ],
)
def test_an_end_that_was_a_mistake_is_taken_back(
    county: SmallCounty, verb: str, body: dict[str, Any]
) -> None:
    desk = county.sign_in("mediator-a1")
    keep, gone = ("A1w-1", "A1w-2") if verb == "merge" else ("A1w-2", "A1w-2")
    (link,) = desk.post(f"/households/{id_of(keep)}/{verb}", body)["items"]
    close = f"/households/links/{link['id']}/close"
    assert desk.post(close, {}, expect=422)["errors"] == {"kind": "for_good"}
    county.clock.pass_time(minutes=1)
    alive = desk.call("PATCH", f"/households/{id_of(gone)}", json={"state": "lived_in"})
    assert alive.status_code == 200, alive.text
    assert desk.post(close, {}, expect=200)["valid_to"] is not None
    again = {**body, "household": new("elsewhere 2", "A1")} if verb == "move" else body
    desk.post(f"/households/{id_of(keep)}/{verb}", again)  # and now it is true


def test_a_workers_edit_from_before_does_not_wake_an_ended_household(county: SmallCounty) -> None:
    """The end is stamped like any edit, so a phone's older edit of the state loses."""
    county.sign_in("mediator-a1").post(f"/households/{id_of('A1w-1')}/end", {})
    with transaction(county.worker) as session:
        stamps = session.get_one(Household, id_of("A1w-1")).stamps
    assert stamps["state"][0] == int(county.clock.now.timestamp() * 1000)


def test_whoever_sees_one_end_sees_the_link_and_nothing_of_the_far_end(
    county: SmallCounty,
) -> None:
    far = county.sign_in("county")
    body = {"other_id": str(id_of("B1w-1")), "note": "示某B1w1的老屋"}
    (made,) = far.post(f"/households/{id_of('A1w-1')}/second-home", body)["items"]
    for login, near_end, far_end in (
        ("mediator-a1", "A1w-1", "B1w-1"),
        ("mediator-b1", "B1w-1", "A1w-1"),
    ):
        desk = county.sign_in(login)
        answer = desk.call("GET", f"/households/{id_of(near_end)}/links")
        assert [link["id"] for link in answer.json["items"]] == [made["id"]]
        assert "示某" not in answer.text
        assert "老屋" not in answer.text
        assert desk.call("GET", f"/households/{id_of(far_end)}/links").status_code == 404
        for verb in ("close", "reveal"):
            sent = {"reason": "核对地址"}
            assert desk.post(f"/households/links/{made['id']}/{verb}", sent, 404)["type"] == (
                "/problems/link-not-found"
            )
    assert (
        county.sign_in("mediator-a2").call("GET", f"/households/{id_of('A1w-1')}/links").status_code
        == 404
    )
    shown = far.post(f"/households/links/{made['id']}/reveal", {"reason": "核对地址"}, 200)
    assert shown["note"] == "示某B1w1的老屋"


def test_a_link_needs_both_ends(county: SmallCounty) -> None:
    desk = county.sign_in("mediator-a1")
    path = f"/households/{id_of('A1w-1')}"
    foreign, nobody = str(id_of("B1w-1")), str(id_of("nobody"))
    for other in (foreign, nobody):  # hidden and absent look the same
        for verb, body in (("merge", {"gone": [other]}), ("second-home", {"other_id": other})):
            assert desk.post(f"{path}/{verb}", body, 404)["type"] == "/problems/household-not-found"
    there = {"household": new("z", "B1")}
    assert desk.post(f"{path}/move", there, 403)["type"] == "/problems/village-not-yours"
    assert state(county, "A1w-1") == state(county, "B1w-1") == "lived_in"


def test_the_second_wall_refuses_what_the_first_lets_through(county: SmallCounty) -> None:
    me = county.identity("mediator-a1")
    insert = text("""
        INSERT INTO household_link (id, kind, from_id, to_id, valid_from, recorded_by, created_at)
        VALUES (gen_random_uuid(), 'merged', :mine, :theirs, now(), :me, now())
    """)
    ends = {"mine": id_of("A1w-1"), "theirs": id_of("B1w-1"), "me": me.user_id}
    with pytest.raises(DBAPIError, match="row-level security"), transaction(me) as session:
        session.execute(insert, ends)
    with transaction(me) as session:
        session.execute(insert, {**ends, "theirs": id_of("A1w-2")})
    with pytest.raises(DBAPIError, match="denied"), transaction(me) as session:
        session.execute(text("UPDATE household_link SET to_id = from_id"))


@pytest.mark.parametrize("login", ["worker-a1w", "system", "auditor"])
def test_who_holds_no_office_makes_no_links(county: SmallCounty, login: str) -> None:
    desk = county.sign_in(login)
    assert desk.post(f"/households/{id_of('A1w-1')}/end", {}, 403)["type"] == "/problems/not-yours"


BAD: list[tuple[str, Any]] = [
    ("merge", {}),
    ("merge", {"gone": []}),
    ("merge", {"gone": ["x"]}),
    ("merge", {"gone": [str(id_of(f"n{k}")) for k in range(21)]}),
    ("merge", {"gone": [str(id_of("A1w-1"))]}),
    ("merge", {"gone": [str(id_of("A1w-2"))] * 2}),
    ("second-home", {"other_id": str(id_of("A1w-1"))}),
    ("second-home", {"other_id": str(id_of("A1w-2")), "at": "2030-01-01T00:00:00+08:00"}),
    ("second-home", {"other_id": str(id_of("A1w-2")), "at": "2026-01-01T00:00:00"}),
    ("second-home", {"other_id": str(id_of("A1w-2")), "at": "0001-01-01T00:00:00+14:00"}),
    ("split", {"households": []}),
    ("split", {"households": [new("s", "A1")]}),
    ("split", {"households": [new("s", "A1", head_name="示某\x00")]}),
    ("move", {"household": new("s", "A9", head_name="示某")}),
    ("end", {"note": "长" * 501}),
    ("end", {"unknown": 1}),
    ("end", []),
]


def test_bad_input_changes_nothing(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    for verb, body in BAD:
        answer = desk.call("POST", f"/households/{id_of('A1w-1')}/{verb}", json=body)
        assert answer.status_code in (400, 422), (verb, body, answer.text)
        assert answer.content_type == "application/problem+json", (verb, body)
        assert links_of(desk, "A1w-1") == [], (verb, body)
        assert state(county, "A1w-1") == "lived_in", (verb, body)


def test_every_command_leaves_one_line_of_ids(county: SmallCounty) -> None:
    desk = county.sign_in("mediator-a1")
    desk.post(
        f"/households/{id_of('A1w-1')}/merge", {"gone": [str(id_of("A1w-2"))], "note": "示某"}
    )
    with transaction(county.worker) as session:
        query = select(AuditAct).where(AuditAct.action == "household.link.merged")
        (act,) = session.scalars(query).all()
        linked = session.execute(text("SELECT id, valid_from FROM household_link")).one()
        sealed = session.execute(text("SELECT note FROM household_link")).scalar_one()
    assert act.what == {"ids": [str(linked.id)], "count": 1}
    assert linked.valid_from - county.clock.now < timedelta(seconds=1)
    assert "示某".encode() not in bytes(sealed)
    assert UUID(str(linked.id)).version == 7
