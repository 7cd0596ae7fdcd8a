"""Reading: the whole file of a case, and lists narrowed to what waits for somebody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.disputes.conftest import Ladder
from tests.smallcounty import id_of


@pytest.fixture
def walls(ladder: Ladder) -> dict[str, str]:
    """Four cases of village A1, one with everything around it."""
    walls = {
        name: ladder.register(
            "mediator-a1",
            name,
            village_id=str(id_of("A1")),
            parties=[{"id": str(id_of(f"{name} li")), "side": "applicant", "kind": "outsider"}],
            category="traffic" if name == "car" else "neighbours",
        )
        for name in ("quiet", "car", "around", "high")
    }
    around, office = walls["around"], str(id_of("office A1"))
    ladder.act("township-a", around, "supervise", kind="listed", until="2026-04-01", why="群众关注")
    ladder.act("mediator-a1", around, "alert", why="有人扬言拼命")
    ladder.act("mediator-a1", around, "request", party_id=str(id_of("around li")))
    ladder.act("mediator-a1", walls["high"], "escalate", why="村里办不了")
    ladder.act("township-a", walls["high"], "join", to_office=office, why="村里熟悉")
    return walls


NARROWED: list[tuple[dict[str, str], set[str]]] = [
    ({}, {"quiet", "car", "around", "high"}),
    ({"category": "traffic"}, {"car"}),
    ({"office": str(id_of("office A"))}, {"high"}),
    ({"office": str(id_of("office B"))}, set()),
    ({"supervised": "true"}, {"around"}),
    ({"supervised": "false"}, {"quiet", "car", "high"}),
    ({"alerted": "true"}, {"around"}),
    ({"alerted": "false", "category": "traffic"}, {"car"}),
    ({"joint": "true"}, {"high"}),
    ({"request_open": "true"}, {"around"}),
    ({"request_open": "false", "level": "village"}, {"quiet", "car"}),
]


def test_a_list_is_narrowed(ladder: Ladder, walls: dict[str, str]) -> None:
    for asked, found in NARROWED:
        for login in ("township-a", "county"):
            page = ladder.desk(login).get("/disputes", **asked)
            assert {one["id"] for one in page["items"]} == {walls[name] for name in found}, asked
            assert page["total"] == len(found), asked


NONSENSE = [{"category": "gossip"}, {"office": "A1"}, {"supervised": "perhaps"}, {"limit": "201"}]


def test_a_list_is_not_asked_for_nonsense(ladder: Ladder) -> None:
    for asked in NONSENSE:
        answer = ladder.desk("county").call("GET", "/disputes", query_string=asked)
        assert (answer.status_code, answer.json["type"]) == (422, "/problems/invalid"), asked


def test_what_was_answered_waits_no_more(ladder: Ladder, walls: dict[str, str]) -> None:
    ladder.act("mediator-a1", walls["around"], "accept")
    ladder.act("mediator-a1", walls["around"], "answer", why="再调一次")
    ladder.act("township-a", walls["around"], "lift", why="已缓和")
    ladder.act("township-a", walls["high"], "leave", to_office=str(id_of("office A1")), why="办完")
    desk = ladder.desk("county")
    for name in ("request_open", "supervised", "joint"):
        assert desk.get("/disputes", **{name: "true"})["total"] == 0
    assert desk.get("/disputes", alerted="true")["total"] == 1


def test_the_file_shows_who_stands_around_a_case(ladder: Ladder, walls: dict[str, str]) -> None:
    told = ladder.read("township-a", walls["around"])
    (supervision,) = told["supervision"]
    assert supervision["kind"] == "listed"
    assert (supervision["until"], supervision["lifted_at"]) == ("2026-04-01", None)
    assert supervision["office"] == "示例A调解中心"
    (held,) = told["holdings"]
    assert held["request_party_id"] == str(id_of("around li"))
    assert held["request_answer_by"] > held["request_at"]
    assert told["dispute"]["alerted_at"]
    (joint,) = ladder.read("township-a", walls["high"])["joint"]
    assert (joint["office"], joint["ended_at"]) == ("示例A1调解委员会", None)


def test_a_related_case_that_one_may_not_read_is_not_told(ladder: Ladder) -> None:
    """The county ties a case of village B1 to one of A1: the village of A1 does not hear of it."""
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    tied: dict[str, Any] = {"related_id": wall, "village_id": str(id_of("B1"))}
    other = ladder.register("county", "other", **tied)
    assert [one["id"] for one in ladder.read("county", wall)["related"]] == [other]
    assert ladder.read("mediator-a1", wall)["related"] == []
    own = ladder.read("mediator-b1", other)
    assert own["related"] == []
    assert UUID(own["dispute"]["related_id"]) == UUID(wall)  # an id, and nothing behind it
