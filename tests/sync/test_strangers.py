"""How a phone takes what no server should say, and a server that takes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from sync.line import LineLost, LineRefused, Verb
from sync.model import Op
from tests.sync.field import FieldLine, FieldPhone
from tests.sync.sample import LI, NORTH, SampleCounty


def visit(phone: FieldPhone, house: str, **more: Any) -> str:
    return phone.app.record("visit", Op.APPEND, {"house": house, "outcome": "met", **more})


class Stranger:
    """What answers in the place of the server: the login page of a hotel, a proxy, a fault."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Verb, dict[str, Any]]] = []

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((verb, body))
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


@pytest.mark.parametrize(
    "answer", [{}, {"next_n": "1", "outcomes": [], "server_time": 1}, {"error": "log in"}]
)
def test_an_answer_that_is_not_the_servers_is_none(
    county: SampleCounty, li: FieldPhone, answer: dict[str, Any]
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    visit(li, house)
    li.app.line = Stranger(answer)
    assert li.app.sync().lost
    assert (len(li.app.waiting()), set(li.app.rows("house"))) == (1, {house})


def test_a_page_without_its_buckets_is_no_page(county: SampleCounty, li: FieldPhone) -> None:
    county.write_house(NORTH)
    li.app.sync()
    page = {k: v for k, v in li.line.calls[-1][2].items() if k != "buckets"}
    li.app.line = Stranger(page)
    assert li.app.sync().lost
    assert len(li.app.rows("house")) == 1


def test_a_cursor_that_the_server_cannot_read_costs_a_full_pull_and_not_the_phone(
    county: SampleCounty, li: FieldPhone
) -> None:
    houses = {county.write_house(NORTH) for _ in range(2)}
    li.app.sync()
    county.delete_house(min(houses))
    li.app.line = Stranger(LineRefused(400, {}), LineLost("then the line broke"))
    assert (li.app.sync().alarms, set(li.app.rows("house"))) == (["cursor_refused"], houses)
    li.app.line = li.line
    li.app.sync()
    assert set(li.app.rows("house")) == {max(houses)}
    li.app.line = Stranger(LineRefused(404, {}))
    with pytest.raises(LineRefused):
        li.app.sync()


class Unwilling(FieldLine):
    """A server that answers every push with an error, and pulls as ever."""

    error: Exception

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        if verb == "push":
            raise self.error
        return super().call(verb, body)


def test_a_server_whose_disk_is_low_takes_nothing_and_still_gives_rows(
    county: SampleCounty, li: FieldPhone
) -> None:
    visit(li, county.new_id())
    house = county.write_house(NORTH)
    li.app.line = line = Unwilling(county, LI)
    line.error = LineLost("answered 503", retry_after=120, status=503)
    summary = li.app.sync()
    assert (summary.lost, summary.retry_after, summary.received) == (True, 120, 1)
    assert (set(li.app.rows("house")), len(li.app.waiting())) == ({house}, 1)
    assert [verb for verb, _, _ in line.calls] == ["pull"]


def test_a_push_that_the_server_cannot_read_keeps_no_rows_from_coming(
    county: SampleCounty, li: FieldPhone
) -> None:
    visit(li, county.new_id())
    house = county.write_house(NORTH)
    li.app.line = line = Unwilling(county, LI)
    line.error = LineRefused(400, {})
    with pytest.raises(LineRefused):
        li.app.sync()
    assert (set(li.app.rows("house")), len(li.app.waiting())) == ({house}, 1)


def test_a_line_without_an_answer_is_not_asked_twice(county: SampleCounty, li: FieldPhone) -> None:
    visit(li, county.new_id())
    li.app.line = stranger = Stranger(LineLost("no network"))
    assert li.app.sync().lost
    assert [verb for verb, _ in stranger.asked] == ["push"]


def test_a_status_of_a_later_server_leaves_a_change_waiting(
    county: SampleCounty, li: FieldPhone
) -> None:
    visit(li, county.write_house(NORTH))
    (change,) = li.app.waiting()
    outcome = {"mid": change["mid"], "status": "postponed"}
    answer = {"next_n": 2, "server_time": 1, "outcomes": [outcome]}
    li.app.line = Stranger(answer, LineLost("then the line broke"))
    assert li.app.sync().lost
    assert li.app.waiting() == [change]
    assert li.app.numbers()["waiting"] == 1


def test_a_push_that_is_too_large_for_its_way_is_halved(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    for _ in range(5):
        visit(li, house)

    class Narrow(FieldLine):
        def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
            if len(body.get("changes", ())) > 2:
                raise LineRefused(413, {})
            return super().call(verb, body)

    li.app.line = Narrow(county, LI)
    assert li.app.sync().pushed == 5
    assert county.visits(house) == 5
