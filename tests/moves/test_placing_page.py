"""The page of unplaced households, as a browser without scripts has it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.console.township.moves import placing
from tests.moves.conftest import Mover
from tests.moves.test_pages import send
from tests.smallcounty import CELLS, VILLAGES, id_of

PAGE = "/map/unplaced"
LOST = ("张示例", "李示例")


@pytest.fixture
def lost(mover: Mover) -> list[str]:
    """Two households of village A1 that are in no cell; their ids."""
    for name in LOST:
        new = {"id": str(id_of(name)), "village_id": str(id_of("A1")), "head_name": name}
        mover.desk("township-a").post("/households", new)
    return [str(id_of(name)) for name in LOST]


def form(lost: list[str], **more: Any) -> dict[str, Any]:
    """The form with both of them ticked."""
    sent = {"under": VILLAGES["A1"], "household": lost, "way": "hand", "cell": CELLS["A1e"]}
    return {**sent, "why": "示例：村干部核实", **more}


def test_villages_lead_to_their_households_and_those_to_a_cell(
    mover: Mover, lost: list[str]
) -> None:
    assert f"under={VILLAGES['A1']}" in send(mover, PAGE).text
    page = send(mover, f"{PAGE}?under={VILLAGES['A1']}").text
    assert "既无坐标也无村组" in page
    assert "张**" in page
    assert "张示例" not in page
    done = send(mover, PAGE, form(lost))
    assert done.status_code == 303
    assert "已落格 2 户" in send(mover, done.location).text
    assert {mover.cell_of(UUID(one)) for one in lost} == {CELLS["A1e"]}
    again = send(mover, PAGE, form(lost))  # the answer was lost
    assert "done=0" in again.location


def test_what_is_wrong_is_told_and_nobody_is_placed(mover: Mover, lost: list[str]) -> None:
    cases: dict[str, tuple[dict[str, Any], int, str]] = {
        "nobody ticked": ({"household": []}, 422, "请先勾选住户"),
        "no cell": ({"cell": ""}, 422, "请选网格"),
        "no reason": ({"why": " "}, 422, "请写明原因"),
        "a novel": ({"why": "x" * 201}, 422, "请写明原因"),
        "no id": ({"household": ["no-id"]}, 422, "请按提示修改"),
        "an unknown way": ({"way": "guess"}, 422, "请按提示修改"),
        "an unknown cell": ({"cell": CELLS["A1e"][:12] + "999"}, 422, "没有这个网格"),
        "another village": ({"cell": CELLS["A2w"]}, 422, "不在该户所在的村"),
        "another township": ({"cell": CELLS["B1w"]}, 422, "不在该户所在的村"),
        "no suggestion": ({"way": "address"}, 422, "没有选网格"),
        "no point": ({"way": "point"}, 422, "既无坐标也无村组"),
        "somebody unknown": ({"household": [str(uuid4())]}, 404, "没有"),
        "no village": ({"under": "x" * 50}, 422, ""),
    }
    for case, (wrong, status, said) in cases.items():
        answer = send(mover, PAGE, form(lost, **wrong))
        assert answer.status_code == status, case
        assert said in answer.text, case
    assert {mover.cell_of(UUID(one)) for one in lost} == {None}


def test_an_answer_stands_where_the_form_stood(
    mover: Mover, lost: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the second page of a reason, what was ticked is there still after an error."""
    monkeypatch.setattr(placing, "PAGE", 1)
    place = f"{PAGE}?under={VILLAGES['A1']}&reason=no_place"
    first = send(mover, place).text
    (second,) = re.findall(r'href="(/map/unplaced[^"]*after=[^"]*)"', unescape(first))
    page = send(mover, second).text
    hidden = dict(re.findall(r'name="(under|reason|after)" value="([^"]+)"', page))
    (ticked,) = re.findall(r'name="household" value="([^"]+)"', page)
    refused = send(mover, PAGE, {**form([ticked], why=""), **hidden}).text
    assert re.search(f'value="{ticked}"[^>]* checked', refused)
    again = send(mover, PAGE, {**form([ticked], why=""), **hidden, "after": ""}).text
    (leads,) = re.findall(r'href="(/map/unplaced[^"]*after=[^"]*)"', unescape(again))
    assert f"under={VILLAGES['A1']}" in leads
    done = send(mover, PAGE, {**form([ticked]), **hidden}).location
    assert "reason=no_place" in done
    assert "<p>" not in send(mover, f"{place}&done=call%2012345").text.partition('class="done"')[2]


def test_others_places_are_not_shown(mover: Mover, lost: list[str]) -> None:
    assert lost
    for login in ("township-b", "worker-b1w", "mediator-a2"):
        assert "张" not in send(mover, f"{PAGE}?under={VILLAGES['A1']}", login=login).text, login
    assert send(mover, PAGE, form(lost), login="township-b").status_code == 404
    for login in ("worker-a1w", "mediator-a1", "county"):
        assert "张**" in send(mover, f"{PAGE}?under={VILLAGES['A1']}", login=login).text, login
