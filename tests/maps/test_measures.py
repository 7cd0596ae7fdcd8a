"""What a map colours by: counted by hand on the small county, and told to nobody beyond it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from server.db import transaction
from server.maps.measures.rules import Question, classes_of, round_down, shade_of, value_of
from server.policies.service import ensure_policy
from tests.disputes.conftest import Ladder
from tests.smallcounty import CELLS, SOUTH, VILLAGES, WEST, Desk, SmallCounty, id_of


@pytest.fixture
def ladder(county: SmallCounty) -> Ladder:
    """The small county, ready for disputes."""
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    return Ladder(county)


def run(county: SmallCounty, statement: str, **values: Any) -> None:
    """Something done by the county's own hand."""
    with transaction(county.worker) as session:
        session.execute(text(statement), values)


def visit(desk: Desk, household: str, outcome: str, day: date, **more: Any) -> str:
    """A visit, recorded at the desk; its id."""
    body = {
        "id": str(uuid4()),
        "household_id": str(id_of(household)),
        "outcome": outcome,
        "occurred_at": f"{day}T10:00:00+08:00",
        **more,
    }
    return str(desk.post("/visits", body)["id"])


def cells_of(desk: Desk, **asked: Any) -> dict[str, dict[str, Any]]:
    """Code → the cell with its measures."""
    told = desk.get("/map/cells", **asked)
    cells = [dict(zip(told["columns"], row, strict=True)) for row in told["cells"]]
    return {one["code"]: one for one in cells}


def numbers(cell: dict[str, Any]) -> tuple[int | None, ...]:
    """households, visited, unseen, open, overdue, unplaced."""
    return tuple(
        cell[name] for name in ("households", "visited", "unseen", "open", "overdue", "unplaced")
    )


def test_every_measure_equals_the_count_by_hand(ladder: Ladder) -> None:
    """Three households a cell. 2026-03-02 is the first day, 2026-05-01 today."""
    county = ladder.county
    ladder.register("worker-a1w", "a wall", village_id=str(id_of("A1")), cell_id=str(id_of("A1w")))
    county.clock.pass_time(days=59)
    ladder.register("mediator-a1", "a dog", village_id=str(id_of("A1")))
    desk = ladder.desk("mediator-a1")
    visit(desk, "A1w-1", "met", date(2026, 4, 20))
    visit(desk, "A1w-1", "by_telephone", date(2026, 4, 22))  # once is enough
    visit(desk, "A1w-2", "nobody_home", date(2026, 4, 22))  # no coverage, and no fault
    visit(desk, "A1w-3", "met", date(2026, 3, 10))  # seen, before the period
    wrong = visit(desk, "A1e-1", "met", date(2026, 4, 25))
    visit(desk, "A1e-1", "declined", date(2026, 4, 25), supersedes_id=wrong)
    run(county, "UPDATE household SET state = 'away' WHERE id = :id", id=id_of("A1e-2"))
    run(
        county,
        """UPDATE household SET cell_id = NULL, placed_by = NULL, unplaced = 'no_place'
            WHERE id = :id""",
        id=id_of("A1e-3"),
    )
    asked = {"from": "2026-04-01", "to": "2026-04-30", "days": 60}
    found = cells_of(ladder.desk("township-a"), **asked)
    # The wall climbed nowhere: nobody ran the clock; it is past its limit in the village.
    assert numbers(found[CELLS["A1w"]]) == (3, 1, 1, 1, 1, 1)
    assert numbers(found[CELLS["A1e"]]) == (1, 0, 1, 0, 0, 1)
    assert numbers(found[CELLS["A2w"]]) == (3, 0, 3, 0, 0, 0)
    assert found[CELLS["A1w"]]["lead"] == "示例worker-a1w"
    assert found[CELLS["A2w"]]["lead"] is None
    told = ladder.desk("township-a").get("/map/cells", **asked)
    rows = [dict(zip(told["village_columns"], row, strict=True)) for row in told["villages"]]
    villages = {row["code"]: row for row in rows}
    # The dog's case lies in the village and in no single cell: it is counted there.
    a1 = villages[VILLAGES["A1"]]
    assert (a1["open"], a1["overdue"], a1["unplaced"]) == (1, 0, 1)
    assert told["classes"]["coverage"] == [0, 0.2, 0.4, 0.6, 0.8]
    assert told["classes"]["unseen"] == [1, 3]
    west, south, east, north = told["bounds"]  # of the other township's villages, too
    assert (west, south) == (WEST["A1"], SOUTH)
    assert east > WEST["B1"]
    assert north > SOUTH


def test_measures_reach_as_far_as_ones_places(county: SmallCounty) -> None:
    own = {
        "worker-a1w": ["A1w"],
        "mediator-a1": ["A1e", "A1w"],
        "township-b": ["B1e", "B1w"],
        "county": sorted(CELLS),
    }
    for login, cells in own.items():
        found = cells_of(county.sign_in(login))
        assert sorted(found) == sorted(CELLS[cell] for cell in cells), login
    county_desk = county.sign_in("county")
    assert sorted(cells_of(county_desk, under=VILLAGES["B1"])) == [CELLS["B1w"], CELLS["B1e"]]
    assert cells_of(county.sign_in("township-a"), under=VILLAGES["B1"]) == {}
    for login in ("auditor", "system", "security"):
        assert county.sign_in(login).call("GET", "/map/cells").status_code == 403, login


def test_whoever_steps_aside_counts_nothing_of_the_case(ladder: Ladder) -> None:
    """A number that goes up by one would tell as much as the list."""
    about = {"village_id": str(id_of("A1")), "cell_id": str(id_of("A1w"))}
    secretary = {"side": "respondent", "kind": "user", "user_id": str(id_of("user mediator-a1"))}
    ladder.register("worker-a1w", "a complaint", parties=[secretary], **about)
    assert cells_of(ladder.desk("mediator-a1"))[CELLS["A1w"]]["open"] == 0
    assert cells_of(ladder.desk("township-a"))[CELLS["A1w"]]["open"] == 1


def test_a_past_day_has_its_boundaries_and_no_figures(county: SmallCounty) -> None:
    county.clock.pass_time(days=5)
    run(county, "UPDATE grid_cell SET name = '示例新网格' WHERE id = :id", id=id_of("A1w"))
    desk = county.sign_in("township-a")
    then = cells_of(desk, as_of="2026-03-04")[CELLS["A1w"]]
    assert then["name"] == "示例A1w网格"
    assert then["lead"] == "示例worker-a1w"
    assert numbers(then) == (None,) * 6
    assert cells_of(desk)[CELLS["A1w"]]["name"] == "示例新网格"
    assert desk.get("/map/cells", as_of="2001-01-01")["cells"] == []


def test_an_unchanged_map_is_not_sent_again(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    kept = desk.call("GET", "/map/cells").headers["ETag"]
    again = {"If-None-Match": kept}
    assert desk.call("GET", "/map/cells", headers=again).status_code == 304
    visit(desk, "A1w-1", "met", date(2026, 3, 1))
    assert desk.call("GET", "/map/cells", headers=again).status_code == 200
    colleague = county.sign_in("township-b").call("GET", "/map/cells", headers=again)
    assert colleague.status_code == 200


def test_nonsense_is_told_apart_from_an_empty_map(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    cases = {
        "a period backwards": {"from": "2026-04-02", "to": "2026-04-01"},
        "half a period": {"from": "2026-04-02"},
        "a period of years": {"from": "2024-01-01", "to": "2026-04-01"},
        "no day": {"as_of": "yesterday"},
        "a day of another age": {"as_of": "0001-01-01"},
        "no days": {"days": "0"},
        "too many days": {"days": "9999999999999"},
        "days in words": {"days": "dreißig"},
        "a code of words": {"under": "51%"},
        "a code too long": {"under": "1" * 16},
    }
    for case, asked in cases.items():
        answer = desk.call("GET", "/map/cells", query_string=asked)
        assert answer.status_code == 422, case
        assert answer.content_type == "application/problem+json", case


def test_a_supervisor_sees_who_serves_a_cell_and_how_the_phones_are(county: SmallCounty) -> None:
    county.sign_in("worker-a1w")
    end = county.clock.now + timedelta(days=9)
    run(
        county,
        """INSERT INTO assignment (id, user_id, role, cell_id, leads, valid_from, valid_to)
           VALUES (:id, :user, 'grid_worker', :cell, false, :at, :end)""",
        id=id_of("a deputy"),
        user=id_of("user worker-a1e"),
        cell=id_of("A1w"),
        at=county.clock.now,
        end=end,
    )
    desk = county.sign_in("township-a")
    told = desk.get(f"/map/cells/{CELLS['A1w']}")
    assert [one["login"] for one in told["workers"]] == ["worker-a1w", "worker-a1e"]
    lead, deputy = told["workers"]
    assert (lead["leads"], lead["until"], deputy["leads"]) == (True, None, False)
    assert deputy["until"].startswith("2026-03-11")
    # Its three households, the cell, the village, what the reference bucket holds.
    assert lead["rows"] > 3
    assert [phone["name"] for phone in lead["phones"]] == ["phone"]
    assert lead["phones"][0]["heard_at"]
    assert deputy["phones"] == []
    refused = {"worker-a1w": 403, "mediator-a1": 403, "auditor": 403, "township-b": 404}
    for login, status in refused.items():
        answer = county.sign_in(login).call("GET", f"/map/cells/{CELLS['A1w']}")
        assert answer.status_code == status, login
    for code in ("511921100201999", "5119", "' OR 1=1", "1" * 400):
        assert desk.call("GET", f"/map/cells/{code}").status_code in {404, 422}, code


# ---------------------------------------------------------------------------------- classes


def test_a_share_of_nobody_is_unknown_and_of_somebody_a_number() -> None:
    assert value_of(Question.COVERAGE, {"households": 0, "visited": 0}) is None
    assert value_of(Question.COVERAGE, {"households": 4, "visited": 0}) == 0
    assert value_of(Question.OPEN, {"open": 0}) == 0


def test_classes_begin_at_round_numbers() -> None:
    assert [round_down(n) for n in (1, 2, 7, 9, 10, 34, 99, 178, 4321)] == [
        *(1, 2, 6, 8, 10, 30, 80, 100, 4000)
    ]
    assert classes_of(Question.OPEN, [0, 0, 0]) == ()
    assert classes_of(Question.OPEN, [0, 1, 1, 2]) == [1, 2]
    assert classes_of(Question.UNSEEN, range(101)) == [1, 20, 40, 60, 80]
    assert classes_of(Question.COVERAGE, [0.5]) == (0, 0.2, 0.4, 0.6, 0.8)


def test_the_darkest_shades_are_taken_first() -> None:
    fifths = classes_of(Question.COVERAGE, [])
    shares = ((None, None), (0.0, 0), (0.01, 1), (0.2, 2), (0.79, 4), (0.8, 5), (1.0, 5))
    assert [(share, shade_of(share, fifths)) for share, _ in shares] == list(shares)
    counts = ((0, 0), (1, 3), (9, 3), (10, 4), (99, 4), (100, 5), (5000, 5))
    assert [(count, shade_of(count, [1, 10, 100])) for count, _ in counts] == list(counts)
    assert shade_of(2, [1]) == 5


@given(st.lists(st.integers(0, 5000), max_size=60))
def test_every_count_is_in_one_class_and_nothing_is_in_none(values: list[int]) -> None:
    begins = classes_of(Question.UNSEEN, values)
    assert len(begins) <= 5
    assert list(begins) == sorted(set(begins))
    assert all(begins and begins[0] <= value for value in values if value)
