"""A day at the township: what is due, what differs, what was not taken; each a click or two.

Everything here works without JavaScript: forms, and pages after them.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from flask_babel import refresh
from sqlalchemy import event

from server.console.township.day import today
from server.console.township.day.board import quiet_phones
from server.console.township.day.content import corrections, fields_of
from server.db import db
from tests.disputes.conftest import Ladder
from tests.disputes.conftest import ladder as ladder
from tests.disputes.test_late import ACCEPT_BY, claimed, written
from tests.resident.conftest import lending as lending
from tests.smallcounty import PASSWORD, START, Desk, SmallCounty, id_of
from tests.syncing.people.desk import after_hours
from tests.syncing.people.letters import Sender, acts, run
from tests.syncing.people.test_conflicts import ELSEWHERE, THERE, meet, place

PAGE = {"Accept": "text/html"}
WALL = {"cell_id": str(id_of("A1w"))}


def look(desk: Desk, address: str = "/day", expect: int = 200) -> str:
    """A page as a browser gets it."""
    refresh()  # the language: a test's requests share one context of the application
    answer = desk.open("GET", address, headers=dict(PAGE))
    assert answer.status_code == expect, answer.text
    return str(answer.text)


def send(desk: Desk, address: str, **typed: Any) -> Any:
    """A form as a browser sends it."""
    return desk.open("POST", address, data=typed, headers=dict(PAGE))


def fields(page: str, address: str) -> dict[str, str]:
    """The fields of the form on a page that posts to this address, as they stand."""
    (form,) = [one for one in page.split("<form ")[1:] if f'action="{address}"' in one][:1]
    form = form.split("</form>")[0]
    found = re.findall(r'<input [^>]*name="([^"]+)"[^>]*value="([^"]*)"', form)
    return {name: unescape(value) for name, value in found}


def test_an_empty_day_says_what_its_emptiness_means(county: SmallCounty) -> None:
    for login in ("township-a", "mediator-a1", "county"):
        said = look(county.sign_in(login))
        assert "今天没有要您办的事。" in said, login
        assert ("没有两个值要定" in said) == (login != "mediator-a1"), login
    said = look(county.sign_in("township-a"), "/day?lang=en")
    assert "Nothing needs you today." in said
    assert "没有" not in said
    look(county.sign_in("worker-a1w"), expect=403)
    look(county.sign_in("system"), expect=403)
    look(county.sign_in("mediator-a1"), "/day?part=conflicts", expect=404)


def test_two_values_stand_side_by_side_and_one_click_decides(county: SmallCounty) -> None:
    meet(county)
    desk = county.sign_in("township-a")
    said = look(desk)
    for told in ("1 处两个值要您定", "示例worker-a1w", "办公端", "511921100201001", "146 米"):
        assert told in said, told
    assert "107.02" not in said  # where exactly is shown to whoever says why
    where = re.search(r'action="(/day/conflicts/[^"]+)"', said)
    assert where
    typed = fields(said, where[1])
    assert send(desk, f"{where[1]}/reveal").status_code == 422
    whole = send(desk, f"{where[1]}/reveal", reason="核对位置").text
    assert "107.022, 31.952（WGS-84）" in whole
    assert acts(county, "sync.conflict.reveal")[0][1] == "核对位置"
    answer = send(desk, where[1], keep="theirs", **typed)
    assert (answer.status_code, answer.location) == (303, "/day?done=theirs")
    assert place(county) == ELSEWHERE
    assert "改为手机上的值" in look(desk, answer.location)
    again = send(desk, where[1], keep="theirs", **typed)
    assert (again.status_code, again.location) == (303, "/day?done=theirs")
    assert len(acts(county, "sync.conflict.decide")) == 1
    late = send(county.sign_in("county"), where[1], keep="ours", **typed)
    assert late.status_code == 409
    assert "已由示例township-a" in late.text


def test_a_value_that_changed_while_one_looked_is_asked_about_anew(county: SmallCounty) -> None:
    meet(county)
    desk = county.sign_in("township-a")
    said = look(desk)
    where = re.search(r'action="(/day/conflicts/[^"]+)"', said)
    assert where
    moved = [107.023, 31.951, "wgs84", 5.0]
    desk.call("PATCH", f"/households/{id_of('A1w-1')}", json={"location": moved})
    stale = send(desk, where[1], keep="theirs", **fields(said, where[1]))
    assert stale.status_code == 409
    assert place(county) == moved
    anew = send(desk, where[1], keep="ours", **fields(stale.text, where[1]))
    assert anew.status_code == 303
    assert place(county) == moved != THERE


def test_a_record_is_put_right_and_taken_and_nothing_typed_is_lost(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    mid = phone.visit("A1w-1", outcome="inspected", weather="雨", note="门口见面")
    phone.send()
    desk = county.sign_in("township-a")
    here = f"/day/aside/{phone.device}/{mid}"
    assert here in look(desk)
    assert "门口见面" not in look(desk, here)
    assert "请填写这一项" in send(desk, f"{here}/reveal").text
    page = send(desk, f"{here}/reveal", reason="核对结果").text
    assert "示****" in page  # the household, not its id
    typed = fields(page, here) | {"now.outcome": "inspected", "now.note": "门口，他儿子"}
    refused = send(desk, here, do="release", **typed)
    assert refused.status_code == 409
    assert "门口，他儿子" in refused.text
    right = typed | {"now.outcome": "met", "out.weather": "on"}
    answer = send(desk, here, do="release", **right)
    assert (answer.status_code, answer.location) == (303, "/day?done=released")
    assert send(desk, here, do="release", **right).location == "/day?done=released"
    ((outcome,),) = run(county, "SELECT outcome FROM visit")
    assert outcome == "met"
    other = send(county.sign_in("county"), here, do="close", why="重复填写")
    assert other.status_code == 409
    assert "已由示例township-a" in other.text
    assert acts(county, "sync.reveal")[0][1] == "核对结果"


def test_a_record_is_closed_with_a_reason_that_its_author_reads(county: SmallCounty) -> None:
    phone, mid = after_hours(county)
    desk = county.sign_in("township-a")
    here = f"/day/aside/{phone.device}/{mid}"
    assert send(desk, here, do="close", why="一").status_code == 422
    assert send(desk, here, do="close", why="同一次走访填了两遍").location == "/day?done=closed"
    (decided,) = phone.desk.get("/sync/status")["decided"]
    assert decided["why"] == "同一次走访填了两遍"


def test_what_is_another_townships_is_not_there(county: SmallCounty) -> None:
    meet(county)
    phone, mid = after_hours(county, "worker-a1e")
    (one,) = county.sign_in("county").get("/sync/conflicts")["items"]
    other = county.sign_in("township-b")
    assert "今天没有要您办的事。" in look(other)
    for address in (f"/day/conflicts/{one['id']}", f"/day/aside/{phone.device}/{mid}"):
        look(other, address, expect=404)
        for suffix, typed in (
            ("/reveal", {"reason": "示例"}),
            ("", {"keep": "ours", "version": one["version"]}),
        ):
            assert send(other, address + suffix, **typed).status_code == 404, address


def test_whatever_is_sent_the_answer_is_a_page_and_nothing_happens(county: SmallCounty) -> None:
    meet(county)
    phone, mid = after_hours(county, "worker-a1e")
    desk = county.sign_in("township-a")
    (one,) = desk.get("/sync/conflicts")["items"]
    value, aside = f"/day/conflicts/{one['id']}", f"/day/aside/{phone.device}/{mid}"
    cases: list[tuple[str, dict[str, Any], int]] = [
        (value, {}, 422),
        (value, {"keep": "both", "version": one["version"]}, 422),
        (value, {"keep": "ours", "version": "0" * 16}, 409),
        (value, {"keep": "ours", "version": one["version"], "why": "x" * 201}, 422),
        (f"{value}/reveal", {"reason": "x" * 201}, 422),
        (f"/day/conflicts/{uuid4()}", {"keep": "ours", "version": "0" * 16}, 404),
        (aside, {"do": "close"}, 422),
        (aside, {"do": "close", "why": "x" * 201}, 422),
        (aside, {"do": "release", "op": "append", "was.outcome": "{"}, 422),
        (aside, {"do": "release", "op": "nonsense", "was.outcome": "[" * 5000}, 422),
        (aside, {"do": "release", "was.a": '"x"', "now.a": "y" * 300_000}, 413),
        (aside, {"do": "release", "was.made_up": '"x"', "now.made_up": "y"}, 422),
        (f"/day/aside/{phone.device}/{uuid4()}", {"do": "close", "why": "示例"}, 404),
    ]
    for address, typed, status in cases:
        answer = send(desk, address, **typed)
        assert answer.status_code == status, (address, str(typed)[:99], answer.text)
        assert "<html" in answer.text, (address, typed)
    assert place(county) == THERE
    assert run(county, "SELECT count(*) FROM sync_quarantine WHERE closed_at IS NULL") == [(1,)]
    assert run(county, "SELECT count(*) FROM sync_conflict WHERE decided IS NULL") == [(1,)]


def test_each_office_is_told_what_the_ladder_asks_of_it(ladder: Ladder) -> None:
    county, office = ladder.county, "mediator-a1"
    asked = ladder.register(office, "asked", **WALL)
    sent = ladder.register(office, "sent", **WALL)
    ladder.act(office, asked, "accept")
    ladder.act(office, asked, "extend", why="当事人外出")
    ladder.act(office, sent, "escalate", why="村里办不了")
    ladder.act("township-a", sent, "hand_down", why="村里可以办", to_office=str(id_of("office A1")))
    ladder.act(office, sent, "object", why="不在本村")
    below, above = look(county.sign_in(office)), look(county.sign_in("township-a"))
    assert "1 件等受理" in below
    assert "1 件延期等您批" not in below
    assert "1 件异议等您定" not in below
    assert "1 件延期等您批" in above
    assert "1 件异议等您定" in above
    assert "等受理" not in above.split("<h2")[0]
    assert f"/disputes/{asked}" in above
    assert "今天没有要您办的事。" in look(county.sign_in("township-b"))
    county.clock.now = ACCEPT_BY - timedelta(hours=8)
    assert "1 件今天到期或已逾期" in look(county.sign_in(office))


def test_a_record_in_time_that_came_late_is_told_above(ladder: Ladder) -> None:
    county = ladder.county
    walls = [ladder.register("mediator-a1", name, **WALL) for name in ("one", "two")]
    before = ACCEPT_BY - timedelta(hours=1)
    lost = claimed(written(ladder, before, walls[0], ("settle", {"agreement": "各退半尺"})))
    proved = ladder.phone("mediator-a1")
    proved.numbers = lost.numbers
    proved.note("dispute_event", dispute_id=walls[1], event="accept")
    county.clock.now = ACCEPT_BY
    assert ladder.climb() == 2
    county.clock.pass_time(hours=2)
    lost.deliver()
    proved.deliver()
    said = look(county.sign_in("township-a"))
    assert "1 件有迟到的记录" in said
    assert "1 件自动上报已撤销" in said
    assert "2 条办理记录晚到" in said
    county.clock.pass_time(days=3)
    assert "自动上报已撤销" not in look(county.sign_in("township-a")).split("<h2")[0]


def test_a_second_person_approves_with_their_password(county: SmallCounty) -> None:
    asked = {"act": "export.bulk", "what": {"export": "households"}, "reason": "年度归档"}
    first = county.sign_in("township-a")
    ids = [first.post("/approvals", asked)["id"]]
    ids.append(first.post("/approvals", {**asked, "what": {"export": "visits"}})["id"])
    desk = county.sign_in("county")
    run(county, "UPDATE login SET proved_at = NULL")
    assert "2 项审批等您定" in look(desk)
    here, other = (f"/day/approvals/{id_}" for id_ in ids)
    assert "这是您自己申请的" in look(first, here)
    assert send(first, here, do="approve", password=PASSWORD).status_code == 403
    assert send(desk, here, do="approve").status_code == 422
    assert send(desk, here, do="approve", password="not this").status_code == 422
    assert send(desk, here, do="approve", password=PASSWORD).location == "/day?done=approved"
    assert send(desk, here, do="approve").location == "/day?done=approved"
    assert send(desk, other, do="refuse").status_code == 422
    assert send(desk, other, do="refuse", why="不需要全部").location == "/day?done=refused"
    assert "不需要全部" in look(first, other)
    assert send(desk, f"/day/approvals/{uuid4()}", do="refuse", why="示例").status_code == 404


def test_the_day_asks_as_often_for_many_as_for_few(ladder: Ladder) -> None:
    def asked() -> int:
        seen: list[str] = []

        def note(*call: Any) -> None:
            seen.append(call[2])

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            look(desk)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    desk = ladder.county.sign_in("mediator-a1")
    ladder.register("mediator-a1", "first", **WALL)
    few = asked()
    ladder.register_many("mediator-a1", 7)
    assert "8 件等受理" in look(desk)
    assert asked() <= few + 2  # one more counts what is not shown
    assert "全部看" not in look(desk, "/day?part=accept")


def test_a_long_list_is_read_page_by_page_to_its_end(
    ladder: Ladder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(today, "PAGE", 4)
    ladder.register_many("mediator-a1", 10)
    desk = ladder.county.sign_in("mediator-a1")
    assert "还有 2，全部看" in look(desk)
    seen: list[str] = []
    for page, lines in (("1", 4), ("2", 4), ("3", 2), ("4", 0), ("99999999999", 4)):
        said = look(desk, f"/day?part=accept&page={page}")
        found = re.findall(r'class="what" href="(/disputes/[^"]+)"', said)
        assert len(found) == lines, page
        assert ("下一页" in said) == (page in {"1", "2", "99999999999"}), page
        assert "10 件等受理" in said
        seen += found if lines and page != "99999999999" else []
    assert len(set(seen)) == 10
    assert "第 5–8 行，共 10 行" in look(desk, "/day?part=accept&page=2")
    assert "page=99" in look(desk, "/day?part=accept&page=5000")  # the one before the last there is


def test_what_needs_nobody_does_not_stand_among_what_must_be_done(ladder: Ladder) -> None:
    county = ladder.county
    phones = [Sender(county, login) for login in ("worker-a1w", "worker-a1e")]
    for phone, home in zip(phones, ("A1w-1", "A1e-1"), strict=True):
        phone.visit(home)
    county.clock.pass_time(days=2)
    for phone in phones:
        phone.send()
    said = look(county.sign_in("township-a"))
    must, news = said.split('class="news"')[0], said.split('class="news"')[1].split("</p>")[0]
    assert "今天没有要您办的事。" in must
    assert "2 条走访晚到" not in must
    assert "2 条走访晚到" in news


def test_a_phone_is_asked_about_when_it_is_silent_or_keeps_something() -> None:
    def person(name: str, *phones: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "area": "示例", "phones": phones}

    def phone(heard: datetime, kept: int = 0, **more: Any) -> dict[str, Any]:
        told = {"heard_at": heard, "kept": kept, "received": 9, "revoked": False}
        return {**told, "unsent": None, **more}

    def holds(changes: int, since: datetime | None) -> dict[str, Any]:
        return {"changes": changes, "oldest_at": since, "told_at": lately}

    long_ago, lately = START - timedelta(days=7), START - timedelta(days=6, hours=23)
    people = [
        person("silent", phone(long_ago)),
        person("well", phone(long_ago), phone(lately)),
        person("keeps", phone(lately, 2)),
        person("gave it back", phone(long_ago, revoked=True)),
        person("never had one"),
        person("only looks", phone(long_ago, received=0)),
        person("gets nothing through", phone(lately, received=0, unsent=holds(4, long_ago))),
        person("never did anything", phone(long_ago, received=0, unsent=holds(0, None))),
        person("holds old ones", phone(lately, unsent=holds(2, long_ago))),
        person("holds new ones", phone(lately, unsent=holds(9, lately))),
        person("silent and holds", phone(long_ago, unsent=holds(1, lately))),
        person("said all is sent", phone(long_ago, unsent=holds(0, None))),
    ]
    asked = list(quiet_phones(people, START))
    told = [(p["name"], p["silent"], p["kept"], p["unsent"]) for p in asked]
    assert told == [
        ("silent", True, 0, None),
        ("keeps", False, 2, None),
        ("gets nothing through", False, 0, 4),
        ("holds old ones", False, 0, 2),
        ("silent and holds", True, 0, 1),
        ("said all is sent", True, 0, 0),
    ]
    assert [p["told_at"] for p in asked if p["unsent"]] == [lately] * 3


def test_only_what_was_changed_is_a_correction() -> None:
    said: dict[str, Any] = {
        "outcome": "inspected",
        "note": None,
        "companions": 2,
        "weather": "雨",
        "parties": [],
    }
    shown = {one.name: (one.how, one.removable) for one in fields_of("visit", "append", said, {})}
    assert shown == {
        "outcome": ("choice", False),
        "note": ("long", False),
        "companions": ("number", False),
        "weather": ("fixed", True),
        "parties": ("fixed", True),
    }
    form = {f"was.{one.name}": one.sent_text for one in fields_of("visit", "append", said, {})}
    same = {"now.outcome": "inspected", "now.note": "", "now.companions": "2"}
    assert corrections({**form, **same}) == {}
    changed = {
        "now.outcome": "met",
        "now.note": " 门口 ",
        "now.companions": "",
        "out.weather": "on",
    }
    assert corrections({**form, **changed}) == {
        "outcome": "met",
        "note": "门口",
        "companions": None,
        "weather": None,
    }
