"""One device gone wild is held back, by all workers together; everybody else goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.access import pace
from server.access.permissions import PERMISSIONS, SIGNED_IN
from tests.smallcounty import Desk, SmallCounty

AT_ONCE = 10  # exports a minute: each is worth twenty


@pytest.fixture
def bounded(county: SmallCounty) -> SmallCounty:
    known = county.app.extensions["wangge.settings"]
    county.app.extensions["wangge.settings"] = replace(known, device_knocks=AT_ONCE * 20)
    pace._seen.clear()
    return county


def taken(desk: Desk, tries: int) -> tuple[int, Any]:
    """How many exports were answered, and the first refusal."""
    for number in range(tries):
        answer = desk.call("GET", "/exports/cells.csv")
        answer.get_data()
        if answer.status_code != 200:
            return number, answer
    return tries, None


def test_a_device_that_asks_and_asks_waits_and_no_other_does(bounded: SmallCounty) -> None:
    wild, other = bounded.sign_in("county"), bounded.sign_in("county", "desk")
    free = AT_ONCE // 10
    answered, refusal = taken(wild, AT_ONCE + free + 1)
    assert answered == AT_ONCE + free
    assert refusal.status_code == 429
    assert refusal.json["type"] == "/problems/too-many"
    assert 1 <= int(refusal.headers["Retry-After"]) <= 60
    assert taken(other, 3) == (3, None), "the same person, another device"
    assert wild.call("GET", "/households").status_code == 200, "and what costs little goes on"
    bounded.clock.pass_time(minutes=1)
    assert taken(wild, 3) == (3, None), "later"


def test_another_worker_does_not_begin_anew(bounded: SmallCounty) -> None:
    """A process forgets what it saw; the count in the database stays."""
    wild = bounded.sign_in("county")
    assert taken(wild, 30)[1] is not None
    pace._seen.clear()  # as if the next request came to another process
    answered, refusal = taken(wild, 30)
    assert answered == AT_ONCE // 10, "no more than what each lets through by itself"
    assert refusal.status_code == 429


def test_what_is_heavy_is_something_that_one_may_do() -> None:
    assert set(pace.HEAVY) <= set(PERMISSIONS) | SIGNED_IN
