"""Real phones over HTTP: the reference phone, its sqlite outbox, a real server, real commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from server.demo.field import PhoneClock, StoryClock
from server.demo.web import serving
from sync.clock import to_ms
from sync.ids import uuid7
from sync.line import HttpLine, LineLost, Verb
from sync.model import Op
from sync.phone import Phone
from tests import smallcounty
from tests.smallcounty import PASSWORD, SmallCounty, id_of

Answer = dict[str, Any]


class Road:
    """A line over HTTP that loses what the story says: "ask", "answer", or nothing."""

    def __init__(self, line: HttpLine) -> None:
        self._line = line
        self.loses: list[str] = []

    def call(self, verb: Verb, body: dict[str, Any]) -> Answer:
        fate = self.loses.pop(0) if self.loses else ""
        if fate == "ask":
            raise LineLost("on the way there")
        answer = self._line.call(verb, body)
        if fate == "answer":
            raise LineLost("on the way back")
        return answer


class Carried:
    """A worker's phone, the road it is on, and the clock in it."""

    def __init__(self, county: SmallCounty, base_url: str, login: str, path: Path) -> None:
        story = StoryClock(county.clock.now)
        self._county, self._story, self._drawn = county, story, 0
        device = str(id_of(f"{login} phone"))
        http = HttpLine(base_url, login, PASSWORD, {"id": device, "name": "示例"})
        self.road = Road(http)
        self.clock = PhoneClock(story, wrong=timedelta(0))
        self.phone = Phone(str(path), self.road, self.clock, self._new_id, device=device)

    def _new_id(self) -> str:
        self._drawn += 1
        return uuid7(to_ms(self._story.now), hash((id(self), self._drawn)) & (2**74 - 1))

    def sync(self) -> Any:
        """Sync at the county's present time."""
        self._story.move_to(self._county.clock.now)
        return self.phone.sync()

    def visit(self, household: str, **more: Any) -> str:
        """Write a visit down now."""
        self._story.move_to(self._county.clock.now)
        fields = {"household_id": str(id_of(household)), "outcome": "met", **more}
        return self.phone.record("visit", Op.APPEND, fields)


@pytest.fixture
def base_url(county: SmallCounty) -> Iterator[str]:
    """A real server on loopback, at the county's time."""
    with serving(smallcounty.settings(county.url), county.clock) as url:
        yield url


@pytest.fixture
def carried(
    county: SmallCounty, base_url: str, tmp_path: Path
) -> Iterator[Callable[[str], Carried]]:
    """Give a worker a phone."""
    phones: list[Carried] = []

    def give(login: str) -> Carried:
        phones.append(Carried(county, base_url, login, tmp_path / f"{login}.sqlite3"))
        return phones[-1]

    yield give
    for phone in phones:
        phone.phone.close()


def run(county: SmallCounty, statement: str, **values: Any) -> None:
    """Do something behind everybody's back, as superuser."""
    engine = create_engine(county.url)
    with engine.begin() as connection:
        connection.execute(text(statement), values)
    engine.dispose()


def test_a_phone_holds_its_own_cell_and_its_village(carried: Callable[[str], Carried]) -> None:
    li = carried("worker-a1w")
    li.sync()
    assert set(li.phone.rows("household")) == {str(id_of(f"A1w-{k}")) for k in (1, 2, 3)}
    assert set(li.phone.rows("cell")) == {str(id_of("A1w"))}
    assert str(id_of("A1")) in li.phone.rows("area")
    assert li.phone.rows("household")[str(id_of("A1w-1"))]["telephone"] == "00013800001"


def test_two_phones_one_household_one_lost_answer(
    county: SmallCounty, carried: Callable[[str], Carried]
) -> None:
    li, mediator = carried("worker-a1w"), carried("mediator-a1")
    li.sync()
    mediator.sync()
    household = str(id_of("A1w-1"))
    county.clock.pass_time(minutes=1)
    li.phone.record("household", Op.PATCH, {"address": "三组 7 号"}, id=household)
    visit = li.visit("A1w-1")
    li.road.loses = ["answer"]
    assert li.sync().lost
    county.clock.pass_time(minutes=1)
    mediator.sync()
    mediator.phone.record("household", Op.PATCH, {"address": "三组 8 号"}, id=household)
    mediator.sync()
    county.clock.pass_time(minutes=1)
    assert not li.sync().lost
    mediator.sync()
    assert li.phone.waiting() == mediator.phone.waiting() == []
    assert li.phone.rows("household") == {
        id_: row
        for id_, row in mediator.phone.rows("household").items()
        if row["cell_id"] == str(id_of("A1w"))
    }
    assert li.phone.rows("household")[household]["address"] == "三组 8 号"
    assert list(li.phone.rows("visit")) == [visit]


def test_a_household_that_moves_takes_its_visits_to_the_other_phone(
    county: SmallCounty, carried: Callable[[str], Carried]
) -> None:
    west, east = carried("worker-a1w"), carried("worker-a1e")
    west.sync()
    east.sync()
    visit = west.visit("A1w-1", note="门牌换了")
    west.sync()
    run(
        county,
        "UPDATE household SET cell_id = :c WHERE id = :h",
        c=id_of("A1e"),
        h=id_of("A1w-1"),
    )
    west.sync()
    east.sync()
    assert str(id_of("A1w-1")) not in west.phone.rows("household")
    assert visit not in west.phone.rows("visit")
    assert east.phone.rows("visit")[visit]["note"] == "门牌换了"


def test_a_visit_recorded_while_the_cell_was_theirs_is_simply_applied(
    county: SmallCounty, carried: Callable[[str], Carried]
) -> None:
    li = carried("worker-a1w")
    li.sync()
    county.clock.pass_time(hours=1)
    visit = li.visit("A1w-2")
    county.clock.pass_time(hours=1)
    run(
        county,
        "UPDATE assignment SET valid_to = :now WHERE user_id = :u",
        now=county.clock.now,
        u=id_of("user worker-a1w"),
    )
    county.clock.pass_time(days=2)
    li.sync()
    assert li.phone.waiting() == []
    assert li.phone.set_aside() == []
    assert county.sign_in("county").get(f"/visits/{visit}")["outcome"] == "met"
    assert li.phone.rows("household") == {}  # and the phone holds nothing any more


def test_a_visit_recorded_after_the_assignment_ended_is_set_aside_with_the_reason(
    county: SmallCounty, carried: Callable[[str], Carried]
) -> None:
    li = carried("worker-a1w")
    li.sync()
    run(
        county,
        "UPDATE assignment SET valid_to = :now WHERE user_id = :u",
        now=county.clock.now,
        u=id_of("user worker-a1w"),
    )
    county.clock.pass_time(hours=3)
    li.visit("A1w-2")
    li.sync()
    ((_, status, reason),) = li.phone.set_aside()
    assert (status, reason) == ("quarantined", "not-served")
    (waiting,) = county.sign_in("county").get("/sync/quarantine")["items"]
    assert waiting["reason"] == "not-served"


def test_a_lost_phone_drops_its_rows_and_what_it_delivers_is_kept_for_a_person(
    county: SmallCounty, carried: Callable[[str], Carried]
) -> None:
    li = carried("worker-a1w")
    li.sync()
    li.visit("A1w-1")
    run(county, "UPDATE device SET revoked_at = now()")
    li.sync()
    assert li.phone.rows("household") == {}
    ((_, status, reason),) = li.phone.set_aside()
    assert (status, reason) == ("quarantined", "device_revoked")


def test_a_household_made_offline_and_its_visit_arrive_together(
    county: SmallCounty, carried: Callable[[str], Carried]
) -> None:
    li = carried("worker-a1w")
    li.sync()
    made = li.phone.record(
        "household",
        Op.CREATE,
        {"village_id": str(id_of("A1")), "group_no": 2, "head_name": "示某新"},
    )
    li.phone.record("visit", Op.APPEND, {"household_id": made, "outcome": "met"})
    li.sync()
    assert li.phone.set_aside() == []
    row = li.phone.rows("household")[made]
    assert (row["cell_id"], row["placed_by"]) == (str(id_of("A1w")), "group")
    assert len(li.phone.rows("visit")) == 1


def test_a_wrong_visit_among_good_ones_blocks_none_and_says_why(
    carried: Callable[[str], Carried],
) -> None:
    li = carried("worker-a1w")
    li.sync()
    for wrong in ({"outcome": "inspected"}, {}, {"occurred_at": "x"}, {"companions": -1}, {}):
        li.visit("A1w-1", **wrong)
    li.sync()
    assert len(li.phone.rows("visit")) == 2
    assert [reason for _, _, reason in li.phone.set_aside()] == ["bad-visit"] * 3


@pytest.mark.parametrize("note", ["a\x00b", "cut \ud83d", float("nan"), float("inf")])
def test_half_an_emoji_in_a_note_sets_that_visit_aside_and_never_blocks_the_phone(
    carried: Callable[[str], Carried], note: Any
) -> None:
    li = carried("worker-a1w")
    li.sync()
    li.visit("A1w-1", note=note)
    good = li.visit("A1w-2", note="好")
    assert not li.sync().lost
    assert li.phone.waiting() == []
    assert [reason for _, _, reason in li.phone.set_aside()] == ["malformed"]
    assert good in li.phone.rows("visit")


def test_with_a_full_disk_pushes_wait_and_reads_go_on(county: SmallCounty, tmp_path: Path) -> None:
    full = replace(smallcounty.settings(county.url), min_free_bytes=1 << 60)
    with serving(full, county.clock) as url:
        li = Carried(county, url, "worker-a1w", tmp_path / "full.sqlite3")
        li.visit("A1w-1")
        summary = li.sync()
        assert summary.lost
        assert summary.retry_after == 120
        assert len(li.phone.waiting()) == 1
    assert county.sign_in("worker-a1w").get("/households")["total"] == 3


@pytest.mark.parametrize("verb", ["push", "pull"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (None, 415),
        ([], 400),
        ({}, 400),
        ({"device": "x"}, 400),
        ({"device": str(id_of("other"))}, 400),
    ],
)
def test_a_malformed_envelope_is_a_problem_and_nothing_happens(
    county: SmallCounty, verb: str, body: Any, status: int
) -> None:
    answer = county.sign_in("worker-a1w").call("POST", f"/sync/{verb}", json=body)
    assert answer.status_code in {status, 403}, answer.text
    assert answer.content_type == "application/problem+json"
