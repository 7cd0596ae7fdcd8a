"""The limits and the calendar as pages: read by all, changed by the county after a look ahead."""

from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from server.db import transaction
from server.policies.service import ensure_policy
from tests.console.test_flow import words
from tests.smallcounty import PASSWORD, Desk, SmallCounty


@pytest.fixture
def numbered(county: SmallCounty) -> SmallCounty:
    """The small county with its policy and its calendar."""
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    return county


def ask(desk: Desk, path: str, form: Any = None) -> TestResponse:
    """What a browser is answered; with a form it is a POST."""
    headers = {"Authorization": f"Bearer {desk.tokens['access']}", "Accept": "text/html"}
    address = f"{path}{'&' if '?' in path else '?'}lang=zh"
    method = "GET" if form is None else "POST"
    return desk.client.open(address, method=method, data=form, headers=headers)


def filled(html: str) -> dict[str, str]:
    """The form as it stands on a page."""
    inside = html.split('method="post" action="/rules', 1)[1].split("</form>")[0]
    found = {}
    for tag, name, between in re.findall(
        r'(<(?:input|textarea)[^>]*name="([^"]+)"[^>]*>)([^<]*)', inside
    ):
        value = re.search(r'value="([^"]*)"', tag)
        found[name] = value[1] if value else between
    for name, options in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', inside, re.S
    ):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        found[name] = (chosen or re.findall(r'value="([^"]*)"', options))[0]
    return found


def test_everybody_reads_the_rules_and_only_the_county_is_offered_a_change(
    numbered: SmallCounty,
) -> None:
    for login in ("worker-a1w", "township-a", "county", "auditor"):
        desk = numbered.sign_in(login)
        answer = ask(desk, "/rules")
        assert answer.status_code == 200, login
        assert "现行：第 1 版" in answer.text
        assert ("/rules/edit/neighbours" in answer.text) == (login == "county")
        year = ask(desk, "/rules/calendar?year=2026")
        assert ('href="/rules/calendar/2026-03-03"' in year.text) == (login == "county")
        if login != "county":
            for path in ("/rules/edit/neighbours", "/rules/calendar/2026-03-03"):
                assert ask(desk, path).status_code == 403, login
                assert ask(desk, path, {"do": "save"}).status_code == 403, login
        assert ask(desk, "/rules/versions/1").status_code == 200
        assert ask(desk, "/rules/versions/99999999999").status_code == 404


def test_a_category_is_changed_after_a_look_at_what_it_means(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("county")
    form = filled(ask(desk, "/rules/edit/neighbours").text)
    assert form["village_handle_n"] == "30"
    form |= {"village_handle_n": "7", "valid_from": "2026-03-09", "do": "preview"}
    looked = ask(desk, "/rules/edit/neighbours", form)
    assert looked.status_code == 200
    told = words(looked.text)
    assert "2026年3月9日 收到的一件新案件" in told
    assert "2026年4月8日 2026年3月16日" in told  # thirty days on, and seven
    assert desk.get("/policies")["latest"] == 1
    form = filled(looked.text) | {"reason": "邻里宜快", "do": "save"}
    saved = ask(desk, "/rules/edit/neighbours", form)
    assert saved.status_code == 303, words(saved.text)
    after = ask(desk, saved.headers["Location"])
    assert "新版已保存" in after.text
    assert "第 2 版将于 2026年3月9日 生效" in words(after.text)
    assert desk.get("/policies/2")["policy"]["overrides"]["neighbours"] == {
        "village": {"accept": "3 working_days", "handle": "7 days"}
    }
    assert ask(desk, "/rules/edit/neighbours", form).status_code == 303  # sent twice
    assert desk.get("/policies")["latest"] == 2


def test_what_was_changed_after_the_look_is_looked_at_again(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("county")
    form = filled(ask(desk, "/rules/edit/all").text) | {"village_accept_n": "5", "do": "preview"}
    form = filled(ask(desk, "/rules/edit/all", form).text)
    form |= {"village_accept_n": "9", "reason": "示例", "do": "save"}
    assert ask(desk, "/rules/edit/all", form).status_code == 200
    assert desk.get("/policies")["latest"] == 1


def test_what_category_has_like_all_others_is_not_named_for_it(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("county")
    form = filled(ask(desk, "/rules/edit/unpaid_wages").text)
    for level, accept, handle in (("village", 3, 30), ("township", 3, 30), ("county", 15, 60)):
        form |= {f"{level}_accept_n": str(accept), f"{level}_handle_n": str(handle)}
    form |= {"county_accept_unit": "days", "do": "preview"}
    form = filled(ask(desk, "/rules/edit/unpaid_wages", form).text)
    form |= {"reason": "与一般相同", "do": "save"}
    assert ask(desk, "/rules/edit/unpaid_wages", form).status_code == 303
    assert "unpaid_wages" not in desk.get("/policies/2")["policy"]["overrides"]


def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("county")
    good = filled(ask(desk, "/rules/edit/neighbours").text) | {"do": "preview"}
    cases: dict[str, tuple[dict[str, str], int, str]] = {
        "no number": ({"village_handle_n": "x"}, 422, "village_handle_n"),
        "nothing": ({"village_handle_n": ""}, 422, "village_handle_n"),
        "huge": ({"county_handle_n": "3000"}, 422, "county_handle_n"),
        "very long": ({"township_accept_n": "9" * 9000}, 422, "township_accept_n"),
        "a unit that is none": ({"village_accept_unit": "weeks"}, 422, "village_accept_n"),
        "a kind that is none": ({"routes": "court"}, 422, "routes"),
        "a level that is none": ({"starts": "province"}, 422, "starts"),
        "no day": ({"valid_from": "soon"}, 422, "valid_from"),
        "no name": ({"version": " "}, 422, "version"),
        "a negative span": ({"follow_up_days": "-1"}, 422, "follow_up_days"),
        "past the last of all days": ({"valid_from": "9999-12-31"}, 409, "trouble"),
        "received on it": ({"received": "9999-12-31"}, 409, "trouble"),
        "received when": ({"received": "2026-02-30"}, 422, "received"),
        "yesterday": ({"valid_from": "2026-03-01"}, 409, "trouble"),
        "a known name": ({"version": "default-1", "village_handle_n": "9"}, 409, "trouble"),
        "nothing at all": (dict.fromkeys(good, ""), 422, "version"),
    }
    for name, (wrong, status, field) in cases.items():
        sent = {**good, **wrong}
        answer = ask(desk, "/rules/edit/neighbours", sent)
        assert answer.status_code == status, (name, words(answer.text))
        assert f'id="{field}' in answer.text, name
        assert (field == "trouble") or f'href="#{field}"' in answer.text, name
        assert filled(answer.text)["extension_max_days"] == sent["extension_max_days"], name
    assert ask(desk, "/rules/edit/quarrel").status_code == 404
    assert ask(desk, "/rules/edit/all", good | {"reason": "a\0b"}).status_code == 400
    day = {"working": "no", "reason": "a\0b"}
    assert ask(desk, "/rules/calendar/2026-03-05", day).status_code == 400
    assert desk.get("/policies")["latest"] == 1


def test_a_reason_and_a_proof_are_asked_for_and_anothers_change_is_told(
    numbered: SmallCounty,
) -> None:
    desk = numbered.sign_in("county")

    def looked(n: str) -> dict[str, str]:
        form = filled(ask(desk, "/rules/edit/medical").text) | {"county_handle_n": n}
        return filled(ask(desk, "/rules/edit/medical", {**form, "do": "preview"}).text)

    form = looked("50") | {"do": "save"}
    bare = ask(desk, "/rules/edit/medical", form)
    assert (bare.status_code, "请写明理由" in bare.text) == (422, True)
    other = looked("40") | {"reason": "另一人", "version": "other", "do": "save"}
    seen = filled(ask(desk, "/rules/edit/medical", {**other, "do": "preview"}).text)
    other |= {"seen": seen["seen"]}
    assert ask(desk, "/rules/edit/medical", other).status_code == 303
    late = ask(desk, "/rules/edit/medical", form | {"reason": "示例", "do": "save"})
    assert (late.status_code, "填写期间" in late.text) == (409, True)
    assert desk.get("/policies")["newest"] == 2
    told = filled(late.text)
    assert (told["county_handle_n"], told["reason"]) == ("50", "示例")  # what was typed is there
    told |= {"version": "both", "do": "preview"}
    told = filled(ask(desk, "/rules/edit/medical", told).text) | {"do": "save"}
    assert ask(desk, "/rules/edit/medical", told).status_code == 303
    numbered.clock.pass_time(minutes=11)
    form = looked("45") | {"version": "later", "do": "preview"}
    form = filled(ask(desk, "/rules/edit/medical", form).text) | {"reason": "示例", "do": "save"}
    old = ask(desk, "/rules/edit/medical", form)
    assert (old.status_code, 'name="password"' in old.text) == (403, True)
    wrong = ask(desk, "/rules/edit/medical", {**form, "password": "not this"})
    assert (wrong.status_code, "not this" in wrong.text) == (wrong.status_code, False)
    assert wrong.status_code in (401, 403, 422)
    right = ask(desk, "/rules/edit/medical", {**form, "password": PASSWORD})
    assert right.status_code == 303, words(right.text)


def test_two_who_change_the_rules_before_a_version_to_come_hear_of_each_other(
    numbered: SmallCounty,
) -> None:
    desk = numbered.sign_in("county")

    def looked(about: str, day: str, label: str) -> dict[str, str]:
        form = filled(ask(desk, f"/rules/edit/{about}").text)
        form |= {"village_handle_n": "9", "valid_from": day, "version": label, "do": "preview"}
        seen = filled(ask(desk, f"/rules/edit/{about}", form).text)
        return seen | {"do": "save", "reason": "示例"}

    assert ask(desk, "/rules/edit/medical", looked("medical", "2026-06-01", "x")).status_code == 303
    one, other = looked("pollution", "2026-04-01", "a"), looked("traffic", "2026-04-02", "b")
    assert ask(desk, "/rules/edit/pollution", one).status_code == 303
    late = ask(desk, "/rules/edit/traffic", other)
    assert (late.status_code, "填写期间有了第 3 版" in words(late.text)) == (409, True)
    assert desk.get("/policies")["newest"] == 3
    assert ask(desk, "/rules/edit/traffic", filled(late.text) | {"do": "save"}).status_code == 303
    # Each changes what will hold on its first day: what the other one saved stays, and what is to
    # come in June does not come before.
    first, *later = (desk.get(f"/policies/{n}")["policy"]["overrides"] for n in (1, 3, 4))
    changed = [{one for one in of if of[one] != first.get(one)} for of in later]
    assert changed == [{"pollution"}, {"pollution", "traffic"}]


def test_a_year_says_its_days_in_words_and_whether_it_is_published(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("county")
    year = ask(desk, "/rules/calendar?year=2026").text
    assert '2026年2月14日 调休上班"' in year
    assert "2026年1月1日 放假 元旦" in year
    assert "尚未公布" not in year
    assert "尚未公布" in ask(desk, "/rules/calendar?year=2027").text
    assert "日历中还没有这一年" in ask(desk, "/rules/calendar?year=1999").text
    for wrong in ("20261", "x", "-1", "0", "1969", "３０００"):
        assert ask(desk, f"/rules/calendar?year={wrong}").status_code == 404


def test_a_day_is_changed_knowing_that_no_deadline_moves(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("county")
    before = ask(desk, "/rules/calendar/2026-03-05")
    told = words(before.text)
    assert "一件也不变" in told
    assert "村级最迟受理：2026年3月9日 → 2026年3月10日" in told
    cases: dict[str, tuple[dict[str, str], str]] = {
        "no reason": ({"working": "no"}, "reason"),
        "blank": ({"working": "no", "reason": " "}, "reason"),
        "long": ({"working": "no", "reason": "x" * 501}, "reason"),
        "neither": ({"reason": "示例"}, "working"),
        "maybe": ({"working": "maybe", "reason": "示例"}, "working"),
        "a long name": ({"working": "no", "reason": "示例", "name": "x" * 51}, "name"),
    }
    for name, (form, field) in cases.items():
        answer = ask(desk, "/rules/calendar/2026-03-05", form)
        assert answer.status_code == 422, name
        assert f'href="#{field}"' in answer.text, name
    form = {"working": "no", "reason": "县里庙会", "name": "庙会"}
    for _ in range(2):
        saved = ask(desk, "/rules/calendar/2026-03-05", form)
        assert saved.status_code == 303
    year = ask(desk, saved.headers["Location"]).text
    assert "已改。" in year
    assert "2026年3月5日 放假 庙会 县里改过" in year
    for day in ("2026-02-30", "2026-3-5", "today", "2099-01-01"):
        assert ask(desk, f"/rules/calendar/{day}").status_code == 404, day
        assert ask(desk, f"/rules/calendar/{day}", form).status_code in (404, 409), day


def test_the_pages_speak_english_too(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("county")
    for path in (
        "/rules",
        "/rules/edit/neighbours",
        "/rules/edit/all",
        "/rules/calendar/2026-03-05",
    ):
        headers = {"Authorization": f"Bearer {desk.tokens['access']}", "Accept": "text/html"}
        text = desk.client.get(f"{path}?lang=en", headers=headers).text
        seen = words(text.split("<main", 1)[1])
        chinese = re.findall("[\u3400-\u9fff]+", seen)
        assert chinese == [], path
