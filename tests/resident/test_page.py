"""The page at /r, as a phone without script and with any language reads it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from tests.resident.conftest import CANARIES, Residents

WHY = "答应的事没有办"


class Page(HTMLParser):
    """A page as a browser has it: its forms with their fields, and what is written on it."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer, self.forms, self.text, self.open = answer, [], "", []  # type: ignore[var-annotated]
        self.html = answer.get_data(as_text=True)
        self.feed(self.html)
        self.close()
        assert not self.open, "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on") or name == "style"]
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)
        if tag == "form":
            assert (given["method"], given["action"]) == ("post", "/r")
            self.forms.append({})
        if tag in ("input", "textarea", "button") and given.get("name"):
            keep = given.get("type") not in ("radio", "checkbox")
            self.forms[-1][given["name"]] = (given.get("value") or "") if keep else ""
        if tag == "script":
            assert given["src"] == "/r.js"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        self.text += text

    def form(self, verb: str) -> dict[str, str]:
        """The fields of one form, as they stand before anybody types."""
        (found,) = [form for form in self.forms if form["do"] == verb]
        return dict(found)


def post(residents: Residents, form: dict[str, str], expect: int = 200) -> Page:
    answer = residents.county.app.test_client().post("/r", data=form)
    assert answer.status_code == expect, answer.text
    return Page(answer)


def open_page(residents: Residents, **how: Any) -> Page:
    return Page(residents.county.app.test_client().get("/r", **how))


def test_a_code_is_typed_and_the_case_stands_there(residents: Residents) -> None:
    code = residents.code(residents.quarrel())
    form = open_page(residents).form("look")
    page = post(residents, {**form, "code": code.lower().replace("-", " ")})
    for said in (
        *("示例A1调解委员会", "000-0000000", "2026-04-01", "还有 22 个工作日"),
        *("村 ◉", "乡镇 ○", "已登记", "最迟 2026-03-05 受理"),
    ):
        assert said in page.text, said
    other, *acts = page.forms
    assert [form["do"] for form in acts] == ["request", "recusal", "withdraw", "refuse"]
    assert other.pop("lang") == "en"
    assert "Registered. The Office below" in post(residents, {**other, "lang": "en"}).text
    for canary in (*CANARIES, *residents.parties.values()):
        assert canary not in page.html


def test_a_resident_rates_and_asks_by_forms_alone(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    page = post(residents, {**post(residents, {"code": code}).form("request"), "why": WHY})
    assert "已收到" in page.text
    assert "2026-03-05" in page.text
    residents.ladder.act("mediator-a1", wall, "answer", why="<b>本周五</b>")
    page = post(residents, {"code": code})
    assert "&lt;b&gt;本周五" in page.html
    assert "应在此日前答复" not in page.text  # it has answered
    page = post(residents, {**page.form("answer"), "decision": "go"})
    assert "村 ●" in page.text
    residents.ladder.act("township-a", wall, "accept")
    residents.ladder.act("township-a", wall, "settle", agreement="各退半尺")
    form = post(residents, {"code": code}).form("rating")
    rated = {**form, "rating": "dissatisfied", "comment": WHY}
    assert "重新受理" in post(residents, rated).text
    post(residents, rated)  # the browser's back button, and again
    assert residents.ladder.kinds(wall).count("reopen") == 1


def test_the_county_is_the_last_level_and_the_page_says_what_is_next(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    for login in ("mediator-a1", "township-a"):
        residents.ladder.act(login, wall, "escalate", why="示例")
    page = post(residents, {"code": code, "lang": "en"})
    assert "You may go to court." in page.text
    assert "request" not in [form["do"] for form in page.forms]
    residents.county.clock.pass_time(days=30)  # fifteen to take it up, sixty to finish
    residents.ladder.climb()
    page = post(residents, {"code": code})
    for said in ("应在 2026-03-17 受理，现已超过，正在督办", "2026-03-17 ⚠ 已超过"):
        assert said in page.text, said
    assert "还有" in page.text.split("办理期限", 1)[1]  # that one has not passed


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({}, "查询我的案件"),
        ({"headers": {"Accept-Language": "en-GB,en;q=0.9"}}, "Follow my case"),
        ({"headers": {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.1"}}, "查询我的案件"),
        ({"headers": {"Accept-Language": "fr"}}, "查询我的案件"),
        ({"query_string": {"lang": "en"}}, "Follow my case"),
        ({"query_string": {"lang": "<script>"}}, "查询我的案件"),
    ],
)
def test_it_speaks_as_it_is_asked(residents: Residents, how: dict[str, Any], said: str) -> None:
    page = open_page(residents, **how)
    assert said in page.text
    other = {"查询我的案件": "en", "Follow my case": "zh"}[said]
    assert f"/r?lang={other}" in page.html
    assert ("查询" in page.text) is (other == "en")


def test_nothing_is_kept_framed_indexed_or_told(residents: Residents) -> None:
    code = residents.code(residents.quarrel())
    client = residents.county.app.test_client()
    for answer in (client.get("/r"), client.post("/r", data={"code": code})):
        headers = answer.headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]
        assert "Set-Cookie" not in headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
    for name, kind in (("/r.css", "text/css"), ("/r.js", "text/javascript")):
        answer = client.get(name)
        assert (answer.status_code, answer.mimetype) == (200, kind)
        assert "url(" not in answer.text
        assert "http" not in answer.text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 422),
        ({"code": ""}, 422),
        ({"code": "x" * 201}, 422),
        ({"code": "x\0"}, 400),
        ({"code": "x"}, 404),
        ({"code": "<script>alert(1)</script>"}, 404),
        ({"code": "x", "do": "close"}, 422),
        ({"code": "x", "do": "rating"}, 422),
        ({"code": "x", "do": "rating", "id": "1", "rating": "satisfied"}, 422),
        ({"code": "x" * 40_000}, 413),
    ],
)
def test_whatever_is_sent_the_answer_is_a_page(
    residents: Residents, form: dict[str, str], status: int
) -> None:
    page = post(residents, form, expect=status)
    assert "未能办理" in page.text
    assert page.forms[-1].keys() == {"do", "lang", "code"}
    assert "<script>" not in page.html


def test_a_body_of_another_kind_gets_the_page_too(residents: Residents) -> None:
    client = residents.county.app.test_client()
    for kind, body in (("application/json", b'{"code": "x"}'), ("multipart/form-data", b"--x")):
        answer = client.post("/r", data=body, content_type=kind)
        assert answer.status_code == 422
        assert Page(answer).forms


def test_no_code_is_told_from_another_by_the_page(residents: Residents) -> None:
    wall = residents.quarrel()
    lost = residents.code(wall)
    residents.code(wall)
    told = {
        post(residents, {"code": code}, 404).html.replace(f'value="{code}"', "")
        for code in (lost, "x", lost[:-1] + "3")
    }
    assert len(told) == 1


def test_what_was_typed_is_not_lost_when_it_cannot_be_done(residents: Residents) -> None:
    wall = residents.quarrel()
    form = post(residents, {"code": residents.code(wall)}).form("withdraw")
    residents.ladder.act("mediator-a1", wall, "accept")
    residents.ladder.act("mediator-a1", wall, "settle", agreement="各退半尺")
    page = post(residents, {**form, "why": "已经和好了"}, expect=409)
    assert "已经和好了" in page.text
    assert page.form("look")["code"] == form["code"]


def test_the_three_dots_are_where_it_has_been(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    residents.ladder.act("mediator-a1", wall, "escalate", why="示例")
    assert "村 ● ─ 乡镇 ◉ ─ 县 ○" in post(residents, {"code": code}).text
    residents.ladder.act("township-a", wall, "accept")
    residents.ladder.act("township-a", wall, "settle", agreement="各退半尺")
    assert "村 ● ─ 乡镇 ● ─ 县 ○" in post(residents, {"code": code}).text
    field = residents.quarrel("field", start_level="township", start_level_why="示例")
    page = post(residents, {"code": residents.code(field, login="township-a")})
    assert "村 ○ ─ 乡镇 ◉ ─ 县 ○" in page.text


def test_a_long_reason_in_lines_is_taken_as_the_browser_counts_it(residents: Residents) -> None:
    wall = residents.quarrel()
    form = post(residents, {"code": residents.code(wall)}).form("request")
    assert "已收到" in post(residents, {**form, "why": "一\r\n" * 999 + "二三"}).text


def test_an_old_phone_reads_every_colour(residents: Residents) -> None:
    """A browser that knows no variables would show white words on a white button."""
    assert "var(" not in residents.county.app.test_client().get("/r.css").text


def test_the_page_names_what_is_missing(residents: Residents) -> None:
    wall = residents.quarrel()
    form = post(residents, {"code": residents.code(wall)}).form("recusal")
    assert "请填写或更正：理由。" in post(residents, {**form, "why": " "}, 422).text
    said = post(residents, {**form, "do": "rating", "comment": "不行"}, 422).text
    assert "correct: Your rating." in said
    assert "不行" in said
    assert "查询码。" in post(residents, {"code": ""}, 422).text
