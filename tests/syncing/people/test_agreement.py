"""The phone's numbers and the server's are the same, whatever was lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from server.demo.web import serving
from sync.model import Op
from tests import smallcounty
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.test_phones import Carried

SAME = {
    "acknowledged": "received",
    "counted": "counted",
    "set_aside": "set_aside",
    "rejected": "rejected",
    "next_n": "next_n",
}


@pytest.fixture
def li(county: SmallCounty, tmp_path: Path) -> Iterator[Carried]:
    """A worker with a phone, before a real server."""
    with serving(smallcounty.settings(county.url), county.clock) as url:
        carried = Carried(county, url, "worker-a1w", tmp_path / "li.sqlite3")
        carried.sync()
        yield carried
        carried.phone.close()


def write_something(li: Carried, chance: Random) -> None:
    """A good visit, one that nobody can take, one that is too large, or an edit."""
    kind = chance.choice(["good", "good", "wrong", "elsewhere", "large", "edit"])
    if kind == "edit":
        fields = {"people": chance.randrange(9)}
        li.phone.record("household", Op.PATCH, fields, id=str(id_of("A1w-2")))
    elif kind == "wrong":
        li.visit("A1w-1", outcome="inspected")
    else:
        note = {"large": "长" * 30_000}.get(kind)
        li.visit("B1e-1" if kind == "elsewhere" else "A1w-1", note=note)


def agree(county: SmallCounty, li: Carried) -> dict[str, Any]:
    """The phone's status as the server has it; asserts that both say the same."""
    status = county.sign_in("worker-a1w").get("/sync/status")
    (seen,) = status["phones"]
    mine = li.phone.numbers()
    assert {name: mine[name] for name in SAME} == {name: seen[SAME[name]] for name in SAME}
    assert mine["waiting"] == seen["unsent"]["changes"] == 0
    return dict(seen)


def test_after_any_losses_both_count_the_same(county: SmallCounty, li: Carried) -> None:
    chance = Random(20260302)
    for _ in range(12):
        county.clock.pass_time(minutes=3)
        for _ in range(chance.randrange(4)):
            write_something(li, chance)
        li.road.loses = chance.choices(["", "ask", "answer"], [3, 1, 2], k=4)
        li.sync()
    li.road.loses = []
    assert not li.sync().lost
    seen = agree(county, li)
    assert min(seen[n] for n in ("counted", "set_aside", "rejected")) > 0, "the story is too tame"
    assert seen["received"] == seen["counted"] + seen["set_aside"] + seen["rejected"]


def test_what_a_person_decided_moves_no_number_of_the_phone_and_is_told_beside_it(
    county: SmallCounty, li: Carried
) -> None:
    li.visit("A1w-1", outcome="inspected")
    li.visit("A1w-2", outcome="inspected")
    li.sync()
    agree(county, li)
    desk = county.sign_in("township-a")
    first, second = desk.get("/sync/quarantine")["items"]
    path = "/sync/quarantine/{device_id}/{mid}"
    desk.post(f"{path.format(**first)}/release", {"corrections": {"outcome": "met"}}, expect=200)
    desk.post(f"{path.format(**second)}/close", {"why": "重复填写"}, expect=200)
    county.clock.pass_time(minutes=1)
    li.sync()
    seen = agree(county, li)
    assert (seen["set_aside"], seen["open"], seen["released"], seen["closed"]) == (2, 0, 1, 1)
    assert set(li.phone.rows("visit")) == {first["row_id"]}  # it came back by the pull
    told = county.sign_in("worker-a1w").get("/sync/status")["decided"]
    assert {one["mid"]: one["how"] for one in told} == {
        first["mid"]: "released",
        second["mid"]: "closed",
    }


def test_a_supervisors_numbers_are_the_phones_too(county: SmallCounty, li: Carried) -> None:
    li.visit("A1w-1")
    li.visit("A1w-1", outcome="inspected")
    li.sync()
    seen = agree(county, li)
    workers = county.sign_in("township-a").get("/sync/status/workers")["items"]
    (worker,) = [worker for worker in workers if worker["login"] == "worker-a1w"]
    assert worker["phones"] == [seen]
