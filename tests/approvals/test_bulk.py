"""What is taken along of many persons takes two: in one file, or in many small ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from server.db import transaction
from server.exports import service
from server.households import queries as households
from tests.approvals.conftest import acts
from tests.cli.keyboard import as_admin
from tests.smallcounty import CELLS, START, VILLAGES, Desk, SmallCounty, id_of

WHY = "汛期转移名单"
A = "511921100"


@pytest.fixture(autouse=True)
def _three_rows_are_not_many(county: SmallCounty) -> None:
    """Six rows a day, so that a village (6) is not bulk and a township of two (12) is."""
    object.__setattr__(county.app.extensions["wangge.settings"], "bulk_rows", 6)


def take(desk: Desk, expect: int = 200, what: str = "households.csv", **sent: Any) -> Any:
    """An unmasked export; the answer."""
    answer = desk.call("POST", f"/exports/{what}/reveal", json={"reason": WHY, **sent})
    assert answer.status_code == expect, answer.text
    return answer


def allow(county: SmallCounty, needed: Any, asker: Desk, by: str = "security") -> str:
    """What the refusal said is asked for, and somebody else allows it."""
    said = {"act": needed.json["act"], "what": needed.json["what"], "reason": WHY}
    number = str(asker.post("/approvals", said)["id"])
    county.sign_in(by).post(f"/approvals/{number}/approve", {}, expect=200)
    return number


def lines(answer: Any) -> int:
    return int(answer.data.count(b"\r\n")) - 1


def test_up_to_so_many_one_person_takes_alone_and_not_one_more(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    assert lines(take(desk, under=VILLAGES["A1"])) == 6
    needed = take(county.sign_in("township-a", "office"), 403, under=CELLS["A2w"])
    assert needed.json["type"] == "/problems/needs-approval"
    assert needed.json["what"] == {"export": "households", "under": CELLS["A2w"]}
    assert needed.json["rows"] == 3
    # Another person has an own day; one row more than six is bulk at once.
    row = {
        "id": id_of("B1w-4"), "village_id": id_of("B1"), "cell_id": id_of("B1w"),
        "placed_by": "hand", "head_name": "示某四", "created_at": START,
    }  # fmt: skip
    other = county.sign_in("township-b")
    with transaction(county.worker) as session:
        households.insert_households(session, [row], [None])
    assert take(other, 403).json["rows"] == 7
    assert lines(take(other, under=CELLS["B1e"])) == 3


def test_many_small_ones_add_up_for_a_day_to_the_second(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    take(desk, under=CELLS["A1w"])
    county.clock.pass_time(hours=12)
    take(desk := county.sign_in("township-a"), under=CELLS["A1e"], what="households.geojson")
    for tried in range(3):  # what was refused was not taken, and does not count
        take(desk, 403, under=CELLS["A2w"], what="households.xlsx")
        assert tried < 3
    county.clock.now = START + timedelta(hours=24, seconds=-1)
    take(county.sign_in("township-a"), 403, under=CELLS["A2w"])
    county.clock.now = START + timedelta(hours=24)
    take(county.sign_in("township-a"), under=CELLS["A2w"])
    take(county.sign_in("township-a"), 403, under=CELLS["A2e"])


def test_small_ones_at_the_same_moment_add_up_too(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")

    def one(cell: str) -> int:
        with county.app.app_context():
            answer = desk.call(
                "POST",
                "/exports/households.csv/reveal",
                json={"reason": WHY, "under": CELLS[cell]},
            )
            status: int = answer.status_code
            answer.close()
            return status

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(one, ("A1w", "A1e", "A2w"))) == [200, 200, 403]


def test_the_whole_county_is_bulk_however_few_its_rows(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    for under in ({}, {"under": "511921"}, {"under": "51"}):
        take(desk, 403, **under)
        take(desk, 403, what="disputes.csv", **under)  # there is none
    take(desk, under=VILLAGES["A1"])
    # What shows nobody is free, and so is everything masked.
    assert lines(take(desk, what="cells.csv")) == 6
    assert desk.call("GET", "/exports/households.csv").status_code == 200


def test_with_anothers_consent_it_is_taken_once_and_exactly_so(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    number = allow(county, take(desk, 403), desk, by="county")
    take(desk, 409, approval=number, under=A)  # another matter, though the same rows
    take(desk, 409, approval=number, what="disputes.csv")
    take(desk, 409, approval=number, since=START.isoformat())
    take(county.sign_in("township-b"), 404, approval=number)
    assert lines(take(desk, approval=number, what="households.xlsx", expect=200)) != 0
    assert take(desk, 409, approval=number).json["state"] == "used"
    assert take(desk, 422, approval="x").json["type"] == "/problems/invalid"
    # It does not use up what one may take alone.
    take(desk, under=VILLAGES["A2"])
    revealed = acts(county, "export.reveal")
    assert [act.what["approval"] for act in revealed] == [number, None]
    assert [act.what["rows"] for act in revealed] == [12, 6]


def test_what_finds_no_place_in_the_line_uses_nothing_up(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    number = allow(county, take(desk, 403), desk)
    slow = [desk.call("GET", "/exports/cells.csv", buffered=False) for _ in range(service.AT_ONCE)]
    take(desk, 503, approval=number)
    take(desk, 503, under=CELLS["A1w"])
    for one in slow:
        one.close()
    assert lines(take(desk, approval=number)) == 12
    take(desk, under=VILLAGES["A1"])


def test_nobody_but_the_gate_sees_or_forgets_what_was_taken(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    take(desk, under=VILLAGES["A1"])
    with as_admin(county.url) as cursor:
        cursor.execute(
            """SELECT grantee FROM information_schema.table_privileges
                WHERE table_name = 'export_taken'
                  AND grantee NOT IN ('wangge_gate', 'wangge_owner', 'wangge_backup')"""
        )
        assert cursor.fetchall() == []
    with transaction(county.identity("township-a")) as session:
        from sqlalchemy import text

        for less in (-6, 0):
            assert session.execute(text("SELECT gate.take_rows(:n)"), {"n": less}).scalar() == 6


def test_a_limit_of_zero_makes_every_person_bulk(county: SmallCounty) -> None:
    object.__setattr__(county.app.extensions["wangge.settings"], "bulk_rows", 0)
    take(county.sign_in("township-a"), 403, under=CELLS["A1w"])
    take(county.sign_in("township-a"), 200, what="cells.csv")
