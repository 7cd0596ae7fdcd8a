"""Who knows a name or an address finds the household; nobody learns one, and the look is kept."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import text

from server.db import transaction
from tests.smallcounty import CELLS, Desk, SmallCounty, id_of


def register(desk: Desk, name: str, address: str, cell: str = "A1w") -> str:
    """A household by hand; its id."""
    body = {
        "id": str(uuid4()),
        "village_id": str(id_of(cell[:2])),
        "cell_id": str(id_of(cell)),
        "head_name": name,
        "address": address,
    }
    return str(desk.post("/households", body)["id"])


def find(desk: Desk, words: str) -> list[dict[str, Any]]:
    """What somebody finds."""
    found: list[dict[str, Any]] = desk.post("/households/search", {"words": words}, 200)["items"]
    return found


def test_a_whole_name_or_words_of_an_address_find_it_masked(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    one = register(desk, "示例某人", "示例镇 河边路12号")
    register(desk, "示例别人", "示例镇 山上100%")
    (found,) = find(desk, "示例 某人")  # blanks are nothing
    assert found["household"]["id"] == one
    assert found["household"]["head_name"] == "示***"
    assert found["cell"] == CELLS["A1w"]
    assert (found["lon"], found["village_name"]) == (None, "示例A1村")
    assert [item["household"]["id"] for item in find(desk, "河边路")] == [one]
    assert "address" not in found["household"]
    assert find(desk, "示例某") == []  # half a name guesses
    assert len(find(desk, "0%")) == 1  # no pattern, two characters of an address


def test_a_search_ends_where_ones_places_end(county: SmallCounty) -> None:
    register(county.sign_in("township-b"), "示例某人", "河边路", "B1w")
    for login, finds in {"township-b": 1, "county": 1, "worker-b1w": 1, "township-a": 0}.items():
        assert len(find(county.sign_in(login), "示例某人")) == finds, login
    desk = county.sign_in("auditor")
    assert desk.call("POST", "/households/search", json={"words": "示例某人"}).status_code == 403


def test_that_somebody_looked_is_kept_without_the_words(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    one = register(desk, "示例某人", "河边路")
    find(desk, "示例某人")
    with transaction(county.worker) as session:
        row = session.execute(
            text("SELECT user_id, what FROM audit_act WHERE action = 'household.search'")
        ).one()
    assert row.user_id == id_of("user township-a")
    assert row.what == {"ids": [one], "count": 1}


def test_nonsense_finds_nothing_and_says_why(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    for body in ({}, {"words": "x"}, {"words": "好" * 51}, {"words": 12}, {"words": "   "}):
        answer = desk.call("POST", "/households/search", json=body)
        assert answer.status_code == 422, body
    assert find(desk, "'; DROP TABLE household; --") == []
