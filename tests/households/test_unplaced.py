"""Households without a cell: why, what is near, and how people place them, many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from server.audit.models import AuditAct
from server.db import transaction
from server.households import queries
from server.households.models import Household, Placing
from tests.smallcounty import CELLS, START, SmallCounty, id_of


def lost(
    county: SmallCounty,
    *,
    village: str = "A1",
    reason: str = "no_place",
    address: str = "",
    at: tuple[float, float] | None = None,
    cell: str | None = None,
    **more: Any,
) -> UUID:
    """A household of a list that could not be placed (or, with `cell`, one placed by hand)."""
    new = uuid4()
    lon, lat = at or (None, None)
    row = {
        "id": new,
        "village_id": id_of(village),
        "cell_id": id_of(cell) if cell else None,
        "placed_by": "hand" if cell else None,
        "unplaced": None if cell else reason,
        "head_name": "示某散",
        "address": address,
        "lon": lon,
        "lat": lat,
        "datum": "gcj02" if at else None,
        "accuracy_m": 35.0 if at else None,
        "created_at": START - timedelta(days=10),
        **more,
    }
    with transaction(county.worker) as session:
        queries.insert_households(session, [row], [at])
    return new


def household(county: SmallCounty, which: UUID) -> Household:
    with transaction(county.worker) as session:
        return queries.get_household(session, which)


def by_group(which: UUID, group: int) -> dict[str, Any]:
    return {"household": str(which), "by": "group", "group": group}


def by_hand(which: UUID, cell: str) -> dict[str, Any]:
    return {"household": str(which), "by": "hand", "cell": CELLS[cell]}


def by_address(which: UUID, cell: str) -> dict[str, Any]:
    return {"household": str(which), "by": "address", "cell": CELLS[cell]}


def place(desk: Any, *items: dict[str, Any], expect: int = 200) -> Any:
    return desk.post("/households/placings", {"items": items, "why": "逐户核对"}, expect=expect)


def test_the_list_says_why_and_which_cell_of_its_village_is_nearest(county: SmallCounty) -> None:
    north = lost(county, reason="outside_county", at=(107.02, 32.001))
    over_there = lost(county, reason="other_village", at=(107.101, 31.95))
    nowhere = lost(county)
    page = county.sign_in("mediator-a1").get("/households/unplaced")
    found = {item["household"]["id"]: item for item in page["items"]}
    assert page["total"] == 3
    assert found[str(north)]["nearest"] == CELLS["A1w"]
    assert found[str(north)]["metres"] == pytest.approx(111, abs=1)
    assert found[str(north)]["household"]["unplaced"] == "outside_county"
    assert found[str(over_there)]["nearest"] == CELLS["A1e"]
    assert found[str(over_there)]["lies_in"] == CELLS["A2w"]
    assert found[str(nowhere)]["nearest"] is found[str(nowhere)]["metres"] is None
    assert found[str(nowhere)]["household"]["head_name"] == "示**"


def test_the_list_is_narrowed_by_place_and_reason_and_goes_on_in_pages(county: SmallCounty) -> None:
    for village in ("A1", "A1", "A2", "B1"):
        lost(county, village=village)
    lost(county, village="A1", reason="group_unknown")
    lost(county, village="A1", state="ended")
    desk = county.sign_in("county")
    assert desk.get("/households/unplaced")["total"] == 5
    assert desk.get("/households/unplaced", under="511921100")["total"] == 4
    assert desk.get("/households/unplaced", under="511921100201", reason="no_place")["total"] == 2
    first = desk.get("/households/unplaced", limit=3)
    rest = desk.get("/households/unplaced", limit=3, after=first["next"])
    assert len({i["household"]["id"] for i in first["items"] + rest["items"]}) == 5


def test_everybody_sees_the_unplaced_of_their_own_villages_only(county: SmallCounty) -> None:
    for village in ("A1", "A2", "B1"):
        lost(county, village=village)
    seen = {
        login: county.sign_in(login).get("/households/unplaced")["total"]
        for login in ("worker-a1w", "mediator-a2", "township-a", "township-b", "county")
    }
    assert seen == {
        "worker-a1w": 1,
        "mediator-a2": 1,
        "township-a": 2,
        "township-b": 1,
        "county": 3,
    }
    assert county.sign_in("auditor").call("GET", "/households/unplaced").status_code == 403


def test_by_group_by_hand_and_by_point_at_once_and_history_keeps_each(county: SmallCounty) -> None:
    third, somewhere = lost(county), lost(county)
    measured = lost(county, reason="outside_county", at=(107.01, 31.95))
    county.clock.pass_time(days=1)
    desk = county.sign_in("mediator-a1")
    by_point = {"household": str(measured), "by": "point"}
    counts = place(desk, by_group(third, 3), by_hand(somewhere, "A1w"), by_point)
    assert counts == {"point": 1, "group": 1, "hand": 1}
    of_group, of_hand, of_point = (household(county, h) for h in (third, somewhere, measured))
    assert (of_group.cell_id, of_group.placed_by, of_group.group_no) == (id_of("A1e"), "group", 3)
    assert (of_hand.cell_id, of_hand.placed_by, of_hand.unplaced) == (id_of("A1w"), "hand", None)
    assert (of_point.cell_id, of_point.placed_by) == (id_of("A1w"), "point")
    # What was measured stays as it was measured.
    assert (of_point.lon, of_point.lat, of_point.datum, of_point.accuracy_m) == (
        107.01,
        31.95,
        "gcj02",
        35.0,
    )
    with transaction(county.worker) as session:
        spans = session.scalars(
            select(Placing).where(Placing.household_id == third).order_by(Placing.valid_from)
        ).all()
        act = session.scalars(select(AuditAct).where(AuditAct.action == "household.place")).one()
    assert [(s.cell_id, s.placed_by, s.valid_to) for s in spans] == [
        (None, None, county.clock.now),
        (id_of("A1e"), "group", None),
    ]
    assert (act.reason, act.what["count"]) == ("逐户核对", 3)
    assert desk.get("/households/unplaced")["total"] == 0


def test_an_address_suggests_and_a_person_confirms(county: SmallCounty) -> None:
    for number in (3, 5):
        lost(county, cell="A1w", address=f"沿河街{number}号")
    named = lost(county, address="示例A1村三社 12号")
    alike = lost(county, address="沿河街 ２７号")
    unknown = lost(county, address="山背后")
    desk = county.sign_in("mediator-a1")
    page = desk.get("/households/unplaced", suggest="address")
    found = {UUID(i["household"]["id"]): (i["suggested"], i["cell"]) for i in page["items"]}
    assert found == {
        named: ({"group": 3, "like": 0}, CELLS["A1e"]),
        alike: ({"group": None, "like": 2}, CELLS["A1w"]),
        unknown: (None, None),
    }
    assert household(county, named).cell_id is None  # nothing is placed by a suggestion

    assert place(desk, by_address(named, "A1e"), by_address(alike, "A1w")) == {
        "point": 0,
        "group": 1,
        "hand": 1,
    }
    of_group, of_hand = household(county, named), household(county, alike)
    assert (of_group.placed_by, of_group.group_no) == ("group", 3)
    assert (of_hand.placed_by, of_hand.group_no) == ("hand", None)


def test_a_street_through_two_cells_suggests_nothing(county: SmallCounty) -> None:
    lost(county, cell="A1w", address="沿河街3号")
    lost(county, cell="A1e", address="沿河街90号")
    alike = lost(county, address="沿河街27号")
    # Who holds only one of the cells must not hear that the whole street lies in it.
    for login in ("mediator-a1", "worker-a1w", "county"):
        desk = county.sign_in(login)
        page = desk.get("/households/unplaced", suggest="address")
        assert [item["suggested"] for item in page["items"]] == [None], login
    answer = place(county.sign_in("county"), by_address(alike, "A1w"), expect=422)
    assert answer["errors"] == {"items.0": "nothing_suggested"}


def test_a_suggestion_that_has_changed_meanwhile_is_not_carried_out(county: SmallCounty) -> None:
    named = lost(county, address="三组")
    answer = place(county.sign_in("mediator-a1"), by_address(named, "A1w"), expect=422)
    assert answer["errors"] == {"items.0": "suggestion_changed"}


def test_one_wrong_item_and_nobody_is_placed_and_all_wrong_ones_are_named(
    county: SmallCounty,
) -> None:
    right, other = lost(county), lost(county)
    far = lost(county, reason="outside_county", at=(100.0, 30.0))
    items = [
        by_group(right, 1),
        by_group(other, 9),
        {"household": str(far), "by": "point"},
        by_hand(lost(county), "B1w"),
        {"household": str(lost(county)), "by": "hand"},
        {"household": str(lost(county)), "by": "hand", "cell": "511921100201999"},
        {"household": str(lost(county)), "by": "group"},
        by_hand(right, "A1w"),
    ]
    answer = place(county.sign_in("county"), *items, expect=422)
    assert answer["type"] == "/problems/bad-placing"
    assert answer["errors"] == {
        "items.1": "group_unknown",
        "items.2": "outside_county",
        "items.3": "not_in_village",
        "items.4": "cell_missing",
        "items.5": "no_cell",
        "items.6": "group_missing",
        "items.7": "named_twice",
    }
    assert household(county, right).cell_id is None


def test_a_worker_places_into_own_cells_and_into_no_colleagues(county: SmallCounty) -> None:
    mine, theirs = lost(county), lost(county)
    desk = county.sign_in("worker-a1w")
    assert place(desk, by_hand(mine, "A1w"))["hand"] == 1
    answer = place(desk, by_group(theirs, 3), expect=403)
    assert (answer["type"], answer["errors"]) == ("/problems/moves-away", {"items.0": "moves_away"})
    assert place(county.sign_in("township-a"), by_group(theirs, 3))["group"] == 1


def test_the_second_wall_keeps_a_household_out_of_a_colleagues_cell(county: SmallCounty) -> None:
    theirs = lost(county)
    push = text("UPDATE household SET cell_id = :cell, placed_by = 'hand', unplaced = NULL")
    with (
        pytest.raises(Exception, match="row-level security"),
        transaction(county.identity("worker-a1w")) as session,
    ):
        session.execute(push, {"cell": id_of("A1e")})
    assert household(county, theirs).cell_id is None


def test_what_lies_out_of_sight_looks_as_if_it_were_not(county: SmallCounty) -> None:
    hidden = lost(county, village="B1")
    desk = county.sign_in("township-a")
    for which in (hidden, uuid4()):
        answer = place(desk, by_hand(which, "A1w"), expect=404)
        assert answer["type"] == "/problems/household-not-found"


def test_the_answer_was_lost_and_the_same_is_sent_again(county: SmallCounty) -> None:
    which = lost(county)
    desk = county.sign_in("mediator-a1")
    assert place(desk, by_hand(which, "A1w"))["hand"] == 1
    assert place(desk, by_hand(which, "A1w")) == {"point": 0, "group": 0, "hand": 0}
    answer = place(desk, by_hand(which, "A1e"), expect=409)
    assert answer["type"] == "/problems/placed-meanwhile"
    assert household(county, which).cell_id == id_of("A1w")


def test_hundreds_are_placed_in_a_handful_of_statements(county: SmallCounty) -> None:
    from sqlalchemy import event

    from server.db import db

    many = [lost(county) for _ in range(120)]
    desk = county.sign_in("township-a")
    seen: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    assert place(desk, *[by_group(h, 1 + k % 4) for k, h in enumerate(many)])["group"] == 120
    assert len(seen) < 25
    assert county.sign_in("worker-a1w").get("/households", limit=200)["total"] == 3 + 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": []},
        {"items": "many"},
        {"items": [{"household": "x", "by": "hand"}]},
        {"items": [{"household": str(uuid4()), "by": "guess"}]},
        {"items": [{"household": str(uuid4()), "by": "group", "group": 0}]},
        {"items": [{"household": str(uuid4()), "by": "group", "group": "3"}]},
        {"items": [{"household": str(uuid4()), "by": "hand", "cell": "12"}]},
        {"items": [{"household": str(uuid4()), "by": "hand", "surprise": 1}]},
        {"items": [{"household": str(uuid4()), "by": "point"}] * 1001},
        {"why": ""},
    ],
)
def test_what_is_malformed_is_refused(county: SmallCounty, wrong: dict[str, Any]) -> None:
    body = {"items": [{"household": str(uuid4()), "by": "point"}], "why": "核对", **wrong}
    answer = county.sign_in("county").post("/households/placings", body, expect=422)
    assert answer["type"] == "/problems/invalid"


@pytest.mark.parametrize("query", [{"under": "x"}, {"reason": "bored"}, {"suggest": "stars"}])
def test_a_list_asked_for_wrongly_is_refused(county: SmallCounty, query: dict[str, str]) -> None:
    answer = county.sign_in("county").call("GET", "/households/unplaced", query_string=query)
    assert answer.status_code == 422
