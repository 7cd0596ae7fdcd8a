"""The desk: what waits for whom, narrowed in words, paged, taken along.

Everything here works without JavaScript: forms, and pages after them.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZipFile

from sqlalchemy import event as listening

from server.db import db
from tests.console.cases import STORY, case, listed, look
from tests.disputes.conftest import Ladder, ladder, lending
from tests.disputes.offices import table

__all__ = ["ladder", "lending"]  # fixtures


def test_each_sees_what_waits_for_them_and_the_rest_by_a_click(ladder: Ladder) -> None:
    at_home = case(ladder)
    elsewhere = case(ladder, "b1", "mediator-b1", category="forest_and_land")
    risen = case(ladder, "risen")
    for login in ("mediator-a1", "township-a"):
        ladder.act(login, risen, "escalate", why="示例：两村的水渠")
    ours = {
        "mediator-a1": [at_home],
        "mediator-a2": [],
        "mediator-b1": [elsewhere],
        "township-a": [],
        "county": [risen],
    }
    reach = {
        "mediator-a1": {at_home, risen},
        "mediator-a2": set(),
        "township-a": {at_home, risen},
        "township-b": {elsewhere},
        "county": {at_home, elsewhere, risen},
    }
    for login, cases in ours.items():
        assert listed(look(ladder, login)) == cases, login
    for login, known in reach.items():
        assert set(listed(look(ladder, login, "/disputes?turn=all"))) == known, login
    assert "1 件（范围内在办 3 件）" in look(ladder, "county")
    assert "现在没有在办的纠纷" in look(ladder, "mediator-a2")
    assert "1 of 3 open in reach" in look(ladder, "county", "/disputes?lang=en")
    for login in ("worker-a1w", "auditor", "system"):
        look(ladder, login, expect=403)


def test_the_list_is_narrowed_in_words_and_never_by_a_name(ladder: Ladder) -> None:
    wages = case(ladder, "wages", category="unpaid_wages")
    quiet = case(ladder, "quiet")
    settled = case(ladder, "settled")
    ladder.act("mediator-a1", settled, "settle", agreement="示例：各退一步")
    asked = case(ladder, "asked")
    ladder.act("mediator-a1", asked, "accept")
    ladder.act("mediator-a1", asked, "extend", why="示例：等测绘")
    ladder.act("county", quiet, "supervise", kind="listed", until="2026-03-20", why="示例")
    ladder.act("mediator-a1", quiet, "alert", why="示例：扬言动手")
    found = {
        "": [wages, quiet, asked],
        "category=unpaid_wages": [wages],
        "next=accept": [wages, quiet],
        "next=answer_extension": [asked],
        "status=settled": [settled],
        "status=any": [wages, quiet, asked, settled],
        "due=soon": [wages, quiet],
        "due=overdue": [],
        "supervised=true": [quiet],
        "alerted=true": [quiet],
        "under=511921101": [],
        "under=511921100201": [wages, quiet, asked],
        "level=county": [],
        f"number={quiet[-8:].upper()}": [quiet],
        f"number={settled}": [settled],
        "number=示某乙": [],
        "number=00013800011": [],
        "q=院墙&name=示某乙": [wages, quiet, asked],
        "ended=settled&held_at=village&from=2026-03-01": [settled],
    }
    for query, cases in found.items():
        page = look(ladder, "mediator-a1", f"/disputes?turn=all&{query}")
        assert set(listed(page)) == set(cases), query
    assert listed(look(ladder, "township-a")) == [asked], "an extension waits for the one above"
    ladder.county.clock.pass_time(days=2)
    assert listed(look(ladder, "mediator-a1", "/disputes?due=overdue")) == [wages]
    assert listed(look(ladder, "mediator-a1"))[0] == wages, "the most pressing first"
    assert "已逾期 1 个工作日" in look(ladder, "mediator-a1")
    assert "督办中" in look(ladder, "mediator-a1").split("<tbody>")[1]
    page = look(ladder, "mediator-a1", "/disputes?overdue=true&under=511921")
    assert 'href="/disputes?under=511921">时限：已逾期' in page, "what narrows can be taken away"
    assert '<input type="hidden" name="overdue" value="true">' in page
    for query in ("status=nonsense", "page=0", "page=9999", "due=x", "under=x", "supervised=maybe"):
        look(ladder, "mediator-a1", f"/disputes?{query}", expect=422)


def test_the_list_is_taken_along_as_it_stands_there(ladder: Ladder) -> None:
    wages, other = case(ladder, "wages", category="unpaid_wages"), case(ladder, "other")
    ladder.act("mediator-a1", other, "escalate", why="示例")
    desk = ladder.desk("mediator-a1")
    for query, cases in (("", [wages]), ("?turn=all", [wages, other]), ("?number=nothing", [])):
        assert f'href="/disputes.xlsx{query}"' in look(ladder, "mediator-a1", f"/disputes{query}")
        answer = desk.open("GET", f"/disputes.xlsx{query}", headers={"Accept-Language": "zh"})
        assert answer.status_code == 200, answer.text
        with ZipFile(BytesIO(answer.data)) as book:
            rows = book.read("xl/worksheets/sheet1.xml").decode().split("<row ")[2:]
        assert [number in row for number, row in zip(map(_short, cases), rows, strict=True)] == [
            True for _ in cases
        ]
        assert STORY not in str(rows)
    taken = "SELECT what->>'rows' FROM audit_act WHERE action = 'export.read' ORDER BY id"
    assert [row[0] for row in table(ladder, taken)] == ["1", "2", "0"]


def _short(dispute: str) -> str:
    return dispute[-8:].upper()


def test_a_long_list_is_paged(ladder: Ladder) -> None:
    ladder.register_many("mediator-a1", 51)
    first, second = (look(ladder, "mediator-a1", f"/disputes?page={n}") for n in (1, 2))
    assert (len(listed(first)), len(listed(second))) == (50, 1)
    assert not set(listed(first)) & set(listed(second))
    assert 'rel="next"' in first
    assert 'rel="prev"' in second


def test_pages_ask_the_database_as_often_for_many_as_for_one(ladder: Ladder) -> None:
    first = case(ladder, "first")
    seen: list[str] = []

    def asked(address: str) -> int:
        ladder.desk("mediator-a1")
        seen.clear()
        listening.listen(db.engine, "before_cursor_execute", note)
        try:
            look(ladder, "mediator-a1", address)
        finally:
            listening.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    def note(*call: Any) -> None:
        seen.append(str(call[2]))

    short = asked("/disputes"), asked(f"/disputes/{first}")
    ladder.register_many("mediator-a1", 12)
    ladder.act("mediator-a1", first, "accept")
    for n in range(6):
        ladder.act("mediator-a1", first, "mediate", why=f"示例 {n}")
    long = asked("/disputes"), asked(f"/disputes/{first}")
    assert long == short
    assert short[0] <= 12, seen
    assert short[1] <= 30, seen
