"""How often one may knock: by network, never by code; counted where all workers see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from server.codes import new_code
from server.worker import purge_old
from tests.resident.conftest import Residents

Knock = Callable[..., Any]


@pytest.fixture
def knock(residents: Residents) -> Knock:
    """Ten a minute from one network, fifteen in all; a proxy says from where."""
    app = residents.county.app
    known = app.extensions["wangge.settings"]
    app.extensions["wangge.settings"] = replace(
        known,
        address_header="X-Forwarded-For",
        resident_knocks=10,
        resident_knocks_in_all=15,
    )

    def once(
        address: str, code: str = new_code(bytes(16)), path: str = "/api/v1/resident/case"
    ) -> Any:
        form = {"data": {"code": code}} if path == "/r" else {"json": {"code": code}}
        return app.test_client().post(path, headers={"X-Forwarded-For": address}, **form)

    return once


def test_one_network_waits_while_others_come_in(residents: Residents, knock: Knock) -> None:
    code = residents.code(residents.quarrel())
    for n in range(10):
        assert knock(f"10.1.2.{n}").status_code == 404
    waits = knock("10.1.2.99", code)  # the right code makes no difference
    assert waits.status_code == 429
    assert waits.json["type"] == "/problems/knocked-too-often"
    assert waits.headers["Retry-After"] == "6"
    page = knock("10.1.2.99", code, "/r")
    assert (page.status_code, page.headers["Retry-After"]) == (429, "6")
    assert "查询过于频繁" in page.text
    assert knock("10.1.3.1", code).status_code == 200  # the owner, from elsewhere
    residents.county.clock.pass_time(seconds=6)
    assert knock("10.1.2.99", code).status_code == 200


def test_all_together_wait_but_a_few_looks_are_every_networks_own(
    residents: Residents, knock: Knock
) -> None:
    for n in range(7):  # ten of each come in: six of them the network's own, of fifteen in all
        for _ in range(30):
            knock(f"10.1.{n}.3")
    assert [knock("10.3.1.1").status_code for _ in range(7)] == [404] * 6 + [429]
    residents.county.clock.pass_time(seconds=4)
    assert knock("10.3.1.1").status_code == 404


def test_what_is_turned_away_counts_for_all_workers(residents: Residents, knock: Knock) -> None:
    for _ in range(11):
        knock("10.1.2.3")
    (left,) = residents.look(
        "SELECT count(*), min(length(source)) FROM knock WHERE kind = 'resident'"
    )
    assert left == (2, 0)  # one network, and all together: in the database, not in a process


def test_of_an_address_nothing_is_kept_and_no_digest_longer_than_a_day(
    residents: Residents, knock: Knock
) -> None:
    knock("10.1.2.3")
    (kept,) = residents.look(
        "SELECT string_agg(encode(source, 'escape'), '') FROM knock WHERE kind = 'resident'"
    )
    assert "10.1" not in kept[0]
    (before,) = residents.look("SELECT source FROM knock WHERE kind = 'resident'")
    residents.county.clock.pass_time(days=1, seconds=1)
    knock("10.1.2.3")
    (after,) = residents.look("SELECT source FROM knock WHERE kind = 'resident'")
    assert bytes(before[0]) != bytes(after[0])  # and no digest leads from one day to the next


def test_a_silent_server_forgets_as_well(residents: Residents, knock: Knock) -> None:
    wall = residents.quarrel()
    residents.send("request", residents.code(wall))
    knock("10.1.2.3")
    residents.county.clock.pass_time(hours=25)
    purge_old(residents.county.worker)
    assert residents.look("SELECT count(*) FROM knock WHERE kind = 'resident'") == [(0,)]
    assert residents.look("SELECT count(*) FROM resident_receipt") == [(1,)]
    residents.county.clock.pass_time(days=60)
    purge_old(residents.county.worker)
    assert residents.look("SELECT count(*) FROM resident_receipt") == [(0,)]


def test_a_clock_that_went_back_locks_nobody_out(residents: Residents, knock: Knock) -> None:
    knock("10.1.2.3")
    residents.county.clock.pass_time(hours=-1)
    assert knock("10.1.2.3").status_code == 404


def test_without_a_named_header_nobody_chooses_an_address(residents: Residents) -> None:
    app = residents.county.app
    known = app.extensions["wangge.settings"]
    app.extensions["wangge.settings"] = replace(known, resident_knocks=1)
    body = {"code": "x"}
    answers = [
        app.test_client().post(
            "/api/v1/resident/case", json=body, headers={"X-Forwarded-For": f"10.{n}.0.1"}
        )
        for n in range(2)
    ]
    assert [answer.status_code for answer in answers] == [404, 429]
