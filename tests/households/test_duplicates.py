"""Two entries that may be one family: found, listed, and decided by a person, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from geo.datum import Datum
from server.db import transaction
from server.households.duplicates.models import LikelyDuplicate
from server.households.duplicates.service import fill_keys, find_duplicates
from server.households.imports.service import load_households
from server.households.models import Household
from server.households.rules import bare_name, near_address
from tests.cli.keyboard import Keyboard, environment
from tests.imports.lists import row, write
from tests.smallcounty import Desk, SmallCounty, id_of


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("示例镇城南村三组12号", "城南村12", True),
        ("示例镇 城南村　示意路１２号", "示意路12号", True),
        ("城南村12号", "城南村13号", False),
        ("示意路1-2号", "示意路12号", False),
        ("新村路1号", "新街1号", False),
        ("第十三村民小组7号", "7号", True),
        ("示例街道示意社区3栋2号", "3栋2", True),
    ],
)
def test_near_is_what_is_left_without_the_names_of_places(one: str, other: str, near: bool) -> None:
    assert (near_address(one) == near_address(other)) is near


@pytest.mark.parametrize("nothing", ["", "  ", "城南村", "示例镇城南村", "号", "——"])
def test_an_address_that_names_no_house_tells_nothing(nothing: str) -> None:
    assert near_address(nothing) is None


@given(st.text(max_size=60))
def test_any_address_has_one_plain_form(address: str) -> None:
    near = near_address(address)
    assert near is None or near
    assert near_address(f" {address}\t") == near
    assert bare_name(f"{address}　") == bare_name(address)


TWO = [
    row(1, 户主="张某甲", 地址="示例A1村示意路1号", 联系电话="00013900001"),
    row(2, 户主="张某 甲", 地址="示意路1号", 联系电话=""),
]


def load(county: SmallCounty, path: Path, rows: list[dict[str, str]], system: str) -> int:
    loaded = load_households(
        county.worker, write(path / f"{system}.csv", rows), Datum.WGS84, system=system
    )
    return loaded.likely_duplicates


def waiting(desk: Desk, decided: str = "open") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = desk.get("/households/duplicates", decided=decided)["items"]
    return items


def pairs(county: SmallCounty) -> list[tuple[str, str, str, str | None]]:
    """(id in the list, id in the list, reason, decided) of all pairs."""
    with transaction(county.worker) as session:
        rows = session.execute(
            text("""
                SELECT a.external_id, b.external_id, d.reason, d.decided FROM likely_duplicate d
                  JOIN household a ON a.id = first_id JOIN household b ON b.id = second_id
                 ORDER BY 1, 2
            """)
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]


def test_a_list_finds_its_twins_in_itself_and_in_the_county(
    county: SmallCounty, tmp_path: Path
) -> None:
    assert load(county, tmp_path, TWO, "first") == 1  # the report beside the file says so too
    assert pairs(county) == [("H001", "H002", "same_head_near_address", None)]
    county.clock.pass_time(minutes=1)
    third = [row(7, 户主="张某甲", 地址="别处路5号", 联系电话="00013900001")]
    load(county, tmp_path, third, "second")
    assert ("H001", "H007", "same_head_telephone", None) in pairs(county)
    load(county, tmp_path, TWO, "first")
    assert len(pairs(county)) == 2  # another run lists nothing again


def test_one_name_or_one_telephone_alone_is_no_twin(county: SmallCounty, tmp_path: Path) -> None:
    rows = [
        row(1, 户主="张某甲", 地址="示意路1号", 联系电话="00013900001"),
        row(2, 户主="张某甲", 地址="示意路2号", 联系电话="00013900002"),
        row(3, 户主="李某乙", 地址="示意路1号", 联系电话="00013900001"),
        row(4, 户主="张某甲", 地址="示意路1号", 联系电话="00013900001", 村代码="511921101201"),
        row(5, 户主="李某乙", 地址="", 联系电话=""),
        row(6, 户主="李某乙", 地址="", 联系电话=""),
    ]
    load(county, tmp_path, rows, "list")
    assert pairs(county) == []


def test_one_name_in_one_square_is_a_twin(county: SmallCounty, tmp_path: Path) -> None:
    here = {"经度": "107.0213", "纬度": "31.9512"}
    rows = [row(n, 户主="张某甲", 地址="", 联系电话="", **here) for n in (1, 2)]
    load(county, tmp_path, rows, "list")
    assert pairs(county) == [("H001", "H002", "same_head_point", None)]


def test_many_of_one_name_and_place_give_two_pairs_each_at_most(
    county: SmallCounty, tmp_path: Path
) -> None:
    rows = [row(n, 户主="户主", 地址="示意路1号", 联系电话="") for n in range(1, 61)]
    load(county, tmp_path, rows, "list")
    found = {(one, other) for one, other, _, _ in pairs(county)}
    assert len(found) == 117  # with the first and with the one before: 2n - 3
    assert ("H002", "H003") in found


def test_different_stays_different(county: SmallCounty, tmp_path: Path) -> None:
    load(county, tmp_path, TWO, "first")
    desk = county.sign_in("mediator-a1")
    (pair,) = waiting(desk)
    assert {pair["first"]["head_name"], pair["second"]["head_name"]} == {"张**", "张***"}
    path = f"/households/duplicates/{pair['id']}/decision"
    decided = desk.post(path, {"decision": "different", "reason": "父子同名"}, 200)
    assert (decided["decided"], decided["decided_by"]) == ("different", str(desk.user_id))
    again = desk.post(path, {"decision": "same", "reason": "父子同名"}, 409)
    assert again["type"] == "/problems/already-decided"
    county.clock.pass_time(days=1)
    load(county, tmp_path, [*TWO, row(3)], "first")  # an import never asks again
    desk = county.sign_in("mediator-a1")
    assert waiting(desk) == []
    assert [p["id"] for p in waiting(desk, "different")] == [pair["id"]]


def test_the_same_merges_with_a_link_into_the_one_that_is_kept(
    county: SmallCounty, tmp_path: Path
) -> None:
    load(county, tmp_path, TWO, "first")
    desk = county.sign_in("township-a")
    (pair,) = waiting(desk)
    first, second = pair["first"]["id"], pair["second"]["id"]
    body = {"decision": "same", "keep": second, "reason": "同一户录了两次"}
    decided = desk.post(f"/households/duplicates/{pair['id']}/decision", body, 200)
    assert (decided["first"]["state"], decided["second"]["state"]) == ("ended", "lived_in")
    (link,) = desk.get(f"/households/{first}/links")["items"]
    assert (link["kind"], link["from_id"], link["to_id"]) == ("merged", first, second)
    assert waiting(desk) == []
    with transaction(county.worker) as session:
        assert find_duplicates(session, county.worker) == 0


def test_the_pair_of_an_ended_household_no_longer_waits(
    county: SmallCounty, tmp_path: Path
) -> None:
    load(county, tmp_path, TWO, "first")
    desk = county.sign_in("county")
    (pair,) = waiting(desk)
    desk.post(f"/households/{pair['second']['id']}/end", {})
    assert waiting(desk) == []
    body = {"decision": "same", "reason": "同一户"}
    refused = desk.post(f"/households/duplicates/{pair['id']}/decision", body, 409)
    assert refused["type"] == "/problems/household-ended"


def test_only_who_sees_both_hears_of_a_pair(county: SmallCounty, tmp_path: Path) -> None:
    load(county, tmp_path, TWO, "first")
    assert waiting(county.sign_in("mediator-b1")) == waiting(county.sign_in("mediator-a2")) == []
    (pair,) = waiting(county.sign_in("mediator-a1"))
    foreign = county.sign_in("mediator-b1")
    body = {"decision": "different", "reason": "不是一户"}
    path = f"/households/duplicates/{pair['id']}/decision"
    assert foreign.post(path, body, 404)["type"] == "/problems/duplicate-not-found"
    for login in ("worker-a1w", "auditor"):
        assert county.sign_in(login).call("GET", "/households/duplicates").status_code == 403
    with transaction(county.identity("mediator-b1")) as session:  # and behind the first wall
        assert session.scalars(select(LikelyDuplicate)).all() == []
    with (
        pytest.raises(DBAPIError, match="denied"),
        transaction(county.identity("mediator-a1")) as session,
    ):
        session.execute(text("UPDATE likely_duplicate SET second_id = first_id"))


BAD_DECISIONS: list[Any] = [
    {},
    {"decision": "perhaps", "reason": "不知道"},
    {"decision": "same"},
    {"decision": "same", "reason": ""},
    {"decision": "same", "keep": str(id_of("B1w-1")), "reason": "第三户"},
    {"decision": "different", "keep": "FIRST", "reason": "矛盾"},
    {"decision": "same", "keep": "x", "reason": "编号有误"},
    [],
]


def test_a_bad_decision_decides_nothing(county: SmallCounty, tmp_path: Path) -> None:
    load(county, tmp_path, TWO, "first")
    desk = county.sign_in("mediator-a1")
    (pair,) = waiting(desk)
    for bad in BAD_DECISIONS:
        said = {**bad, "keep": pair["first"]["id"]} if "FIRST" in str(bad) else bad
        answer = desk.call("POST", f"/households/duplicates/{pair['id']}/decision", json=said)
        assert answer.status_code == 422, (said, answer.text)
        assert answer.content_type == "application/problem+json", said
        assert waiting(desk) == [pair], said


def test_households_from_before_the_keys_are_compared_too(
    county: SmallCounty, tmp_path: Path
) -> None:
    """The eighteen of the small county were written without keys; two of them become twins."""
    with transaction(county.worker) as session:
        for name in ("A1w-1", "A1w-2"):
            session.get_one(Household, id_of(name)).head_name = "示某丙"
            session.get_one(Household, id_of(name)).address = "示意路5号"
    with transaction(county.worker) as session:
        assert find_duplicates(session, county.worker) == 0
        assert fill_keys(session) == 18
    with transaction(county.worker) as session:
        assert fill_keys(session) == 0
        assert find_duplicates(session, county.worker) == 1
        assert find_duplicates(session, county.worker) == 0


def test_an_amended_household_is_compared_as_it_is_now(county: SmallCounty, tmp_path: Path) -> None:
    load(county, tmp_path, [TWO[0], row(2, 户主="张某丁", 地址="示意路8号")], "first")
    desk = county.sign_in("mediator-a1")
    by_id = {h["external_id"]: h["id"] for h in desk.get("/households", limit=200)["items"]}
    for change in ({"head_name": "张某甲"}, {"address": "示意路1号"}):
        path = f"/households/{by_id['H002']}"
        assert desk.call("PATCH", path, json=change).status_code == 200
    with transaction(county.worker) as session:
        assert find_duplicates(session, county.worker) == 1


def test_names_stay_sealed(county: SmallCounty, tmp_path: Path) -> None:
    load(county, tmp_path, TWO, "first")
    with transaction(county.worker) as session:
        keys = session.execute(
            text("SELECT head_index FROM household WHERE head_index IS NOT NULL")
        ).scalars()
        assert {len(bytes(key)) for key in keys} == {32}


def test_it_can_be_looked_for_at_the_keyboard(county: SmallCounty, tmp_path: Path) -> None:
    with transaction(county.worker) as session:
        for name in ("A1w-1", "A1w-2"):
            session.get_one(Household, id_of(name)).head_name = "示某丙"
            session.get_one(Household, id_of(name)).address = "示意路5号"
    keyboard = Keyboard(environment(county.url, tmp_path))
    assert keyboard.type("duplicates", "find").endswith("new likely duplicates: 1\n")
    assert keyboard.type("duplicates", "find").endswith("new likely duplicates: 0\n")
