"""What every page has around it: the door, the bar by role, the language, errors in words."""

from __future__ import annotations

import gzip
import re

from server.console.frame import assets
from server.db import transaction
from server.policies.service import ensure_policy
from tests.console.desks import OWN, reader, words
from tests.smallcounty import PASSWORD, SmallCounty

BARS = {  # who finds what in the bar
    "worker-a1w": ("记走访", "规则与日历", "我的账户"),
    "mediator-a1": ("今日", "纠纷", "卡在哪里", "规则与日历", "我的账户"),
    "township-a": ("今日", "地图", "纠纷", "卡在哪里", "规则与日历", "我的账户"),
    "county": ("今日", "地图", "纠纷", "卡在哪里", "规则与日历", "我的账户"),
    "system": ("规则与日历", "我的账户"),
    "auditor": ("规则与日历", "我的账户"),
}


def test_the_bar_names_what_is_open_to_the_role_and_leads_there(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    for login, names in BARS.items():
        desk = reader(county, login)
        (bar,) = re.findall(r"<nav aria-label.*?</nav>", desk.get("/account").text, re.S)
        assert tuple(words(bar).split()) == names, login
        for path in re.findall(r'href="([^"]+)"', bar):
            assert desk.get(path).status_code == 200, (login, path)


def test_whoever_is_not_signed_in_comes_to_the_door_and_then_where_they_wanted(
    county: SmallCounty,
) -> None:
    stranger = reader(county)
    led = stranger.get("/account/devices?done=device")
    assert led.status_code == 303
    form = stranger.get(led.location).text
    assert 'name="next" value="/account/devices?done=device"' in form
    script = county.app.test_client().get("/account")
    assert (script.status_code, script.mimetype) == (401, "application/problem+json")


def test_a_sign_in_that_fails_keeps_the_name_and_never_says_which_it_was(
    county: SmallCounty,
) -> None:
    said = set()
    for login, password in (
        ("county", "wrong"),
        ("nobody", PASSWORD),
        ("", ""),
        ("x" * 5000, "y" * 5000),
        ("<b>", "\x01"),
    ):
        answer = reader(county).sign_in(login, password)
        assert answer.status_code == 401, login[:20]
        assert "<b>" not in answer.text
        assert "wangge=" not in str(answer.headers.getlist("Set-Cookie")), "no session"
        said.add(re.sub(r'value="[^"]*"|autofocus="[^"]*"', "", answer.text).replace(" ", ""))
    assert len(said) == 1
    assert 'value="county"' in reader(county).sign_in("county", "wrong").text


def test_a_link_cannot_send_people_elsewhere_after_signing_in(county: SmallCounty) -> None:
    for there in ("https://example.org", "//example.org", "/\\example.org", "x", "", "/a\nb"):
        assert reader(county).sign_in("county", path=there).location == "/", there
    assert reader(county).sign_in("county", path="/map?of=x").location == "/map?of=x"


def test_a_form_of_another_site_signs_nobody_in_or_out(county: SmallCounty) -> None:
    desk = reader(county, "county")
    sent = {"login": "county", "password": PASSWORD}
    for foreign in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://example.org"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ):
        for path in ("/sign-in", "/sign-out"):
            headers = {"Accept": "text/html", **foreign}
            answer = desk.client.post(path, data=sent, headers=headers)
            assert answer.status_code == 403, (path, foreign)
    assert desk.get("/account").status_code == 200


def test_signing_out_ends_the_session_not_the_cookie_alone(county: SmallCounty) -> None:
    desk = reader(county, "county")
    cookie = desk.client.get_cookie("wangge")
    assert cookie
    assert desk.send("/sign-out").location == "/sign-in"
    desk.client.set_cookie("wangge", cookie.value)
    assert desk.get("/account").status_code == 303


def test_a_browser_that_was_revoked_by_mistake_can_be_signed_in_on_anew(
    county: SmallCounty,
) -> None:
    desk, other = reader(county, "county"), reader(county, "county")
    (device,) = re.findall(r'name="device" value="([^"]+)"', desk.get("/account/devices").text)
    assert desk.send("/account/devices", device=device, reason="lost").status_code == 303
    assert "此终端已停用" in other.get("/account").text
    assert other.get("/account").status_code == 303
    assert other.sign_in("county").status_code == 303
    assert other.get("/account").status_code == 200


def test_the_language_is_chosen_kept_and_else_the_browsers(county: SmallCounty) -> None:
    desk = reader(county)
    assert 'lang="zh-CN"' in desk.get("/sign-in", lang="fr").text
    assert 'lang="en"' in desk.get("/sign-in", lang="en").text
    chosen = desk.get("/sign-in?lang=en").text
    assert "User name" in chosen
    assert "User name" in desk.get("/sign-in").text  # kept
    assert "用户名" in desk.get("/sign-in?lang=zh").text
    assert "用户名" in desk.get("/sign-in?lang=xx").text


def test_what_goes_wrong_is_a_page_for_people_and_a_problem_for_scripts(
    county: SmallCounty,
) -> None:
    desk = reader(county, "worker-a1w")
    refused = desk.get("/map")
    assert refused.status_code == 403
    assert "您没有此项权限" in words(refused.text)
    assert refused.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for path in ("/map", "/account/devices/nothing"):
        told = desk.client.get(path, headers={"Accept": "application/json"})
        assert told.mimetype == "application/problem+json"


def test_a_browser_never_gets_a_problem_to_read(county: SmallCounty) -> None:
    desk = reader(county, "county")
    nobody = "00000000-0000-7000-8000-000000000000"
    for path, status in (
        ("/nothing", 404),
        ("/r/nothing", 404),
        ("/sign-out", 405),
        (f"/api/v1/attachments/{nobody}/content", 404),
    ):
        answer = desk.get(path)
        assert (answer.status_code, answer.mimetype) == (status, "text/html"), path
        assert "没有办成" in answer.text
        assert desk.client.get(path).mimetype == "application/problem+json", path

    def broken() -> str:
        raise RuntimeError("示例")

    view, county.app.view_functions["account.account"] = (
        county.app.view_functions["account.account"],
        broken,
    )
    try:
        answer = desk.get("/account")
    finally:
        county.app.view_functions["account.account"] = view
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert "服务器出错，已记录" in words(answer.text)
    assert "请求编号" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_whose_session_is_over_comes_back_to_a_page_not_to_a_forms_address(
    county: SmallCounty,
) -> None:
    desk = reader(county)
    case = "/disputes/00000000-0000-7000-8000-000000000000"
    for form, back in (
        ("/sign-out", "/"),
        ("/account/password", "/account/password"),
        (f"{case}/note", f"{case}/note"),
        (f"{case}/files/add", case),
        (f"{case}/parties/{case[10:]}/reveal", case),
    ):
        came = {**OWN, "Referer": f"http://localhost{case}?done=note"}
        led = desk.client.post(form, headers=came).location
        assert led == f"/sign-in?next={back}", form
    elsewhere = {**OWN, "Referer": "https://example.org/map"}
    assert desk.client.post(f"{case}/files/add", headers=elsewhere).location == "/sign-in?next=/"


def test_a_form_without_end_is_refused(county: SmallCounty) -> None:
    desk = reader(county, "county")
    huge = desk.send("/account/password", old="x" * 300_000)
    many = desk.client.post(
        "/account/password", data={f"f{n}": "" for n in range(3000)}, headers=OWN
    )
    assert huge.status_code == 413
    assert many.status_code in {413, 422}


def test_styles_and_scripts_are_kept_for_ever_zipped_and_by_their_digest(
    county: SmallCounty,
) -> None:
    client = county.app.test_client()
    path = assets.asset("frame/wangge.css")
    plain = client.get(path)
    zipped = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert "immutable" in plain.headers["Cache-Control"]
    assert gzip.decompress(zipped.data) == plain.data
    assert client.get("/static/0123456789ab/frame/wangge.css").location == path
    for path in ("/static/x/../views.py", "/static/x/frame", "/static/x/..%2f..%2fapp.py"):
        assert client.get(path).status_code in {404, 308}, path
