"""A day at the township: what is due, what differs, what was not taken; each done in a click or two.

Everything here works without JavaScript: forms, and pages after them.
"""

from __future__ import annotations

import re
from typing import Any

from flask_babel import refresh

from tests.smallcounty import Desk, SmallCounty
from tests.syncing.people.test_conflicts import ELSEWHERE, meet, place

PAGE = {"Accept": "text/html"}


def look(desk: Desk, address: str = "/day", expect: int = 200) -> str:
    """A page as a browser gets it."""
    refresh()  # the language: a test's requests share one context of the application
    answer = desk.open("GET", address, headers=dict(PAGE))
    assert answer.status_code == expect, answer.text
    return str(answer.text)


def send(desk: Desk, address: str, **typed: Any) -> Any:
    """A form as a browser sends it."""
    return desk.open("POST", address, data=typed, headers=dict(PAGE))


def test_an_empty_day_says_what_its_emptiness_means(county: SmallCounty) -> None:
    for login in ("township-a", "mediator-a1", "county"):
        said = look(county.sign_in(login))
        assert "今天没有要您办的事。" in said, login
        assert ("没有两个值要定" in said) == (login != "mediator-a1"), login
    assert "nothing" in look(county.sign_in("county"), "/day?lang=en").lower()
    assert look(county.sign_in("worker-a1w"), expect=403)


def test_two_values_stand_side_by_side_and_one_click_decides(county: SmallCounty) -> None:
    meet(county)
    desk = county.sign_in("township-a")
    said = look(desk)
    assert "1 处两个值要您定" in said
    assert "示例worker-a1w" in said
    assert "办公端" in said
    assert "511921100201001" in said
    assert "146 米" in said
    assert "107.02" not in said
    where = re.search(r'action="(/day/conflicts/[^"]+)"', said)
    version = re.search(r'name="version" value="(\w+)"', said)
    assert where and version
    answer = send(desk, where[1], keep="theirs", version=version[1])
    assert (answer.status_code, answer.location) == (303, "/day?done=theirs")
    assert place(county) == ELSEWHERE
    assert "改为手机上的值" in look(desk, answer.location)
    again = send(desk, where[1], keep="theirs", version=version[1])
    assert again.status_code == 303
    other = county.sign_in("county")
    late = send(other, where[1], keep="ours", version=version[1])
    assert late.status_code == 409
    assert "已由示例township-a" in late.text
