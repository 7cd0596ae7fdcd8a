"""My account: password, second factor, devices; proving oneself; joining with an invitation."""

from __future__ import annotations

import re
from dataclasses import replace

from server.access.factors.rules import code_of, decoded, step_at
from server.db import transaction
from tests.console.desks import OWN, Reader, hidden, reader, words
from tests.smallcounty import PASSWORD, SmallCounty, id_of

NEW = "a new password"
FACTOR = "/account/second-factor"


def enrol(county: SmallCounty, desk: Reader) -> tuple[str, list[str]]:
    """Enrol an authenticator by the pages; its secret, and the recovery codes."""
    begun = desk.send(FACTOR, act="enrol")
    secret = hidden(begun.text)["secret"]
    sent = desk.send(FACTOR, act="confirm", secret=secret, code=code_now(county, secret))
    codes = re.findall(r"<li><code>([^<]+)</code>", sent.text)
    county.clock.pass_time(minutes=1)  # a code counts once
    return secret, codes


def code_now(county: SmallCounty, secret: str) -> str:
    """What the authenticator shows."""
    return code_of(decoded(secret), step_at(county.clock.now))


def test_the_account_says_who_i_am_and_what_i_hold(county: SmallCounty) -> None:
    said = words(reader(county, "worker-a1w").get("/account").text)
    assert "示例worker-a1w" in said
    assert "网格员 · 负责人 示例A1w网格 511921100201001" in said
    assert "未启用" in said
    english = words(reader(county, "township-a").get("/account?lang=en", "en").text)
    assert "Township supervisor 示例A调解中心 511921100" in english


def test_another_password_and_other_devices_sign_in_again(county: SmallCounty) -> None:
    desk, other = reader(county, "mediator-a1"), reader(county, "mediator-a1")
    answer = desk.send("/account/password", old=PASSWORD, new=NEW, again=NEW)
    assert answer.status_code == 303
    assert "密码已更改" in desk.get(answer.location).text
    assert other.get("/account").location == "/sign-in?next=/account"
    assert other.sign_in("mediator-a1").status_code == 401
    assert other.sign_in("mediator-a1", NEW).status_code == 303


def test_a_password_that_cannot_be_is_told_beside_its_field(county: SmallCounty) -> None:
    desk = reader(county, "mediator-a1")
    for old, new, again, field in (
        ("", NEW, NEW, "old"),
        ("not mine", NEW, NEW, "old"),
        (PASSWORD, "short", "short", "new"),
        (PASSWORD, "mediator-a1", "mediator-a1", "new"),
        (PASSWORD, NEW, NEW + "x", "again"),
        (PASSWORD, "x" * 5000, "x" * 5000, "new"),
    ):
        answer = desk.send("/account/password", old=old, new=new, again=again)
        assert answer.status_code == 422, (old, new[:20])
        assert f'id="{field}-error"' in answer.text, (old, new[:20])
        assert new == "" or new not in answer.text.replace(desk.get("/account/password").text, "")
    assert reader(county).sign_in("mediator-a1").status_code == 303  # nothing has changed


def test_a_second_factor_is_enrolled_used_renewed_and_removed(county: SmallCounty) -> None:
    desk = reader(county, "county")
    secret, codes = enrol(county, desk)
    assert len(codes) == 10
    assert "还有 10 个备用码" in words(desk.get(FACTOR).text)

    county.clock.pass_time(minutes=30)
    other = reader(county)
    asked = other.sign_in("county", path="/account")
    assert asked.status_code == 401
    step = hidden(asked.text)
    wrong = other.send("/sign-in", **step, code="000000")
    assert wrong.status_code == 401
    step = {"challenge": hidden(wrong.text)["challenge"], "next": "/account"}
    assert other.send("/sign-in", **step, code=code_now(county, secret)).location == "/account"

    again = words(other.send(FACTOR, act="renew").text)
    assert "备用码" in again
    assert not any(code in again for code in codes)
    assert other.send(FACTOR, act="remove").location == "/account?done=factor"
    assert "未启用" in words(other.get("/account").text)
    assert desk.get("/account").status_code == 303  # signed in elsewhere: over


def test_a_wrong_first_code_shows_the_same_picture_again(county: SmallCounty) -> None:
    desk = reader(county, "county")
    begun = desk.send(FACTOR, act="enrol").text
    secret = hidden(begun)["secret"]
    (picture,) = re.findall(r'src="(data:image/svg\+xml[^"]+)"', begun)
    for code in ("", "000000", "x" * 500):
        wrong = desk.send(FACTOR, act="confirm", secret=secret, code=code)
        assert wrong.status_code == 422
        assert 'id="code-error"' in wrong.text
        assert picture in wrong.text
    right = desk.send(FACTOR, act="confirm", secret=secret, code=code_now(county, secret))
    assert right.status_code == 200
    for secret in ("", "!", "A" * 5000, "<script>"):
        answer = desk.send(FACTOR, act="confirm", secret=secret, code="000000")
        assert answer.status_code in {409, 422}
        assert "<script>" not in answer.text
    assert desk.send(FACTOR, act="nonsense").status_code == 422


def test_who_must_have_one_is_led_to_it_from_everywhere(county: SmallCounty) -> None:
    settings = county.app.extensions["wangge.settings"]
    county.app.extensions["wangge.settings"] = replace(settings, second_factor=True)
    desk = reader(county, "township-a")
    assert desk.get("/account/devices").location == FACTOR
    assert "您的角色" in desk.get(FACTOR).text
    enrol(county, desk)
    assert desk.get("/account/devices").status_code == 200


def test_a_sensitive_form_goes_on_after_the_proof_as_it_was_sent(county: SmallCounty) -> None:
    desk = reader(county, "county")
    county.clock.pass_time(minutes=11)
    asked = desk.send(FACTOR, act="enrol")
    assert (asked.status_code, asked.location) == (307, "/prove?next=%2Faccount%2Fsecond-factor")
    form = desk.send(asked.location, act="enrol")
    assert "您填写的内容都在" in form.text
    carried = hidden(form.text)
    assert carried == {"act": "enrol", "prove_on": "1"}

    wrong = desk.send(asked.location, **carried, prove_password="not mine")
    assert wrong.status_code == 422
    assert hidden(wrong.text) == carried
    right = desk.send(asked.location, **carried, prove_password=PASSWORD)
    assert (right.status_code, right.location) == (307, FACTOR)
    assert "secret" in hidden(desk.send(FACTOR, **carried, prove_password=PASSWORD).text)


def test_a_proof_by_itself_goes_to_a_page_of_ours_alone(county: SmallCounty) -> None:
    desk = reader(county, "county")
    for there in ("https://example.org/", "//example.org", "/\\example.org", "javascript:1", ""):
        answer = desk.client.post(
            "/prove", query_string={"next": there}, data={"prove_password": PASSWORD}, headers=OWN
        )
        assert (answer.status_code, answer.location) == (303, "/"), there
    assert desk.send("/prove?next=/map%3Fx=1", prove_password=PASSWORD).location == "/map?x=1"


def test_a_proof_asks_for_the_code_too(county: SmallCounty) -> None:
    desk = reader(county, "county")
    secret, _codes = enrol(county, desk)
    county.clock.pass_time(minutes=11)
    path = "/prove?next=/account"
    assert "prove_code" in desk.get(path).text
    assert desk.send(path, prove_password=PASSWORD).status_code == 422
    given = {"prove_password": PASSWORD, "prove_code": f" {code_now(county, secret)} "}
    assert desk.send(path, **given).location == "/account"


def test_a_device_is_stopped_by_its_user_alone(county: SmallCounty) -> None:
    phone = county.sign_in("worker-a1w", device="phone").tokens["device_id"]
    county.sign_in("worker-b1w", device="theirs")
    desk = reader(county, "worker-a1w")
    page = desk.get("/account/devices").text
    assert page.count("停用这台") == 1  # not this one
    assert "现在这一台" in page
    for device, reason, status in (
        ("x", "lost", 422),
        (phone, "for fun", 422),
        ("", "", 422),
        (str(id_of("worker-b1w theirs")), "lost", 404),
        (str(id_of("nobody's")), "lost", 404),
    ):
        assert desk.send("/account/devices", device=device, reason=reason).status_code == status
    for _twice in range(2):
        stopped = desk.send("/account/devices", device=phone, reason="lost")
        assert stopped.status_code == 303
    assert "phone ·" in words(desk.get(stopped.location).text)


def test_an_invitation_becomes_a_password_once(county: SmallCounty) -> None:
    invited = county.sign_in("system").post(f"/users/{id_of('user worker-a1w')}/invitation", None)
    code = invited["code"]
    new = reader(county)
    for typed, password, again, field in (
        ("", NEW, NEW, "code"),
        ("nonsense", NEW, NEW, "code"),
        (code, "short", "short", "new"),
        (code, "", "", "new"),
        (code, NEW, "something else", "again"),
    ):
        refused = new.send("/invitation", code=typed, new=password, again=again)
        assert refused.status_code == 422, typed
        assert f'id="{field}-error"' in refused.text, (typed, password)
    joined = new.send("/invitation", code=f" {code.lower()} ", new=NEW, again=NEW)
    assert joined.location == "/sign-in?as=worker-a1w"
    assert 'value="worker-a1w"' in new.get(joined.location).text
    assert new.sign_in("worker-a1w", NEW).status_code == 303
    assert new.send("/invitation", code=code, new=NEW, again=NEW).status_code == 422


def test_guessing_is_slowed_down_and_says_when_to_come_again(county: SmallCounty) -> None:
    desk = reader(county, "county")
    told = [desk.send("/prove", prove_password="not mine") for _ in range(11)]
    assert told[-1].status_code == 429
    assert int(told[-1].headers["Retry-After"]) > 0
    assert "prove_password" in told[-1].text


def test_forms_of_another_site_are_refused_everywhere(county: SmallCounty) -> None:
    desk = reader(county, "county")
    foreign = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site"}
    for path in ("/account/password", FACTOR, "/account/devices", "/prove", "/invitation"):
        answer = desk.client.post(path, data={"act": "enrol"}, headers=foreign)
        assert answer.status_code == 403, path
    with transaction(county.identity("county")) as session:
        from server.access.factors import service

        assert not service.standing(session, id_of("user county")).on
