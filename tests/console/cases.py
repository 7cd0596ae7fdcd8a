"""A case at the desk: made, looked at and acted on, as a browser without a screen does."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import uuid4

from flask_babel import refresh

from tests.disputes.conftest import Ladder
from tests.smallcounty import id_of

PAGE = {"Accept": "text/html"}
STORY = "示例：院墙挡了邻居的水沟"
APPLICANT = {"side": "applicant", "kind": "household", "household_id": str(id_of("A1w-1"))}
RESPONDENT = {
    "side": "respondent",
    "kind": "outsider",
    "name": "示某乙",
    "telephone": "00013800011",
}


def look(ladder: Ladder, login: str, address: str = "/disputes", expect: int = 200) -> str:
    """A page as somebody's browser gets it."""
    refresh()  # the language: a test's requests share one context of the application
    answer = ladder.desk(login).open("GET", address, headers=dict(PAGE))
    assert answer.status_code == expect, (login, address, answer.text)
    return unescape(str(answer.text))


def send(ladder: Ladder, login: str, address: str, **typed: Any) -> Any:
    """A form as somebody's browser sends it; without an `id` it has one of its own."""
    refresh()
    typed.setdefault("id", str(uuid4()))
    return ladder.desk(login).open("POST", address, data=typed, headers=dict(PAGE))


def told(ladder: Ladder, login: str, address: str, expect: int, **typed: Any) -> str:
    """The page that answers a form."""
    answer = send(ladder, login, address, **typed)
    assert answer.status_code == expect, answer.text
    return unescape(str(answer.text))


def case(ladder: Ladder, name: str = "case", login: str = "mediator-a1", **more: Any) -> str:
    """A case at the village; its id."""
    village = str(id_of(login[-2:].upper()))
    parties = [APPLICANT, RESPONDENT] if village == str(id_of("A1")) else []
    fields = {"story": STORY, "village_id": village, "parties": parties, **more}
    return ladder.register(login, name, **fields)


def listed(page: str) -> list[str]:
    """The cases of a list, in its order."""
    return re.findall(r'class="row" href="/disputes/([^"]+)"', page)
