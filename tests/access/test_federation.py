"""Signing in at the county's identity provider: who it is, and what it counts for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from server.access.federation import service
from server.db import transaction
from server.settings import BadSettings, from_environment
from tests.access.elsewhere import (
    SUBJECT,
    at_home,
    away,
    in_,
    in_after,
    through,
    trouble,
)
from tests.access.keeping import acts, behind
from tests.access.provider import HOME, Provider, es256, rs256
from tests.cli.keyboard import Keyboard, environment
from tests.console.desks import hidden, reader
from tests.console.test_account import code_now, enrol
from tests.smallcounty import SmallCounty, id_of


def test_who_was_linked_signs_in_at_the_provider_and_comes_to_where_they_wanted(
    county: SmallCounty, provider: Provider
) -> None:
    desk = at_home(county)
    assert "示例身份平台" in desk.get("/sign-in").text
    url = away(desk, "/account/devices?done=device")
    asked = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    assert (asked["code_challenge_method"], asked["scope"]) == ("S256", "openid")
    assert asked["nonce"] != asked["state"]
    kept = desk.client.get_cookie("__Host-wangge_elsewhere")
    assert kept
    assert (kept.http_only, kept.secure, kept.same_site) == (True, True, "Lax")
    answer = desk.get(provider.visit(url))
    assert (answer.status_code, answer.location) == (303, "/account/devices?done=device")
    assert "示例township-a" in desk.get("/account").text
    assert desk.client.get_cookie("__Host-wangge_elsewhere") is None
    assert acts(county)[-2:] == ["user.link", "session.open"]

    # Another day in the same browser is the same device; with another kind of key, and our secret
    # in the form, as well.
    desk.send("/sign-out")
    provider.about = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    provider.published = [es256(), rs256()]
    provider.key, provider.header = rs256(), {"kid": "r1"}
    county.clock.pass_time(hours=10)
    assert through(desk, provider).location == "/account"
    (devices,) = behind(county, "SELECT count(*) AS n FROM device")
    assert devices.n == 1


def test_nobody_is_guessed_and_who_is_disabled_stays_out(
    county: SmallCounty, provider: Provider
) -> None:
    desk = at_home(county)
    provider.claims = {
        "preferred_username": "county",
        "email": "county@wangge.example",
        "name": "示例county",
    }
    for subject in ("county", "<b>p</b>", "P-1001"):
        provider.subject = subject
        answer = through(desk, provider)
        status, text = trouble(answer)
        assert (status, subject in text) == (403, True), subject
        assert "<b>" not in answer.text
    assert not in_(desk)
    (seen, *_) = behind(
        county, "SELECT what FROM audit_act WHERE action = 'session.unlinked' ORDER BY id"
    )
    assert seen.what == {"issuer": provider.issuer, "subject": "county"}

    provider.subject = SUBJECT
    waiting = provider.visit(away(desk))
    behind(county, "UPDATE user_account SET active = false WHERE login = 'township-a'")
    assert trouble(desk.get(waiting))[0] == 403
    behind(county, "UPDATE user_account SET active = true WHERE login = 'township-a'")
    assert in_after(county, provider)


def test_who_is_unlinked_is_out_at_once(county: SmallCounty, provider: Provider) -> None:
    desk = at_home(county)
    desk.sign_in("township-a")
    secret, _ = enrol(county, desk)
    step = hidden(through(at_home(county), provider).text)
    with transaction(county.worker) as session:
        service.unlink(session, "township-a", provider.issuer, SUBJECT)
    assert not in_(desk)
    assert trouble(through(desk, provider))[0] == 403
    late = desk.send("/sign-in/provider", **step, code=code_now(county, secret))
    assert trouble(late)[0] == 403
    assert not in_(desk)


def test_our_own_code_is_asked_unless_theirs_counts(
    county: SmallCounty, provider: Provider
) -> None:
    own = at_home(county)
    own.sign_in("township-a")
    secret, _ = enrol(county, own)
    desk = at_home(county)
    provider.claims = {"amr": ["pwd", "sms"], "acr": "x"}  # not what the county counts
    step = through(desk, provider)
    assert (step.status_code, in_(desk)) == (401, False)
    assert 'action="/sign-in/provider"' in step.text
    assert "密码正确" not in step.text
    sent = hidden(step.text)
    assert trouble(desk.send("/sign-in/provider", **sent, code="000000"))[0] == 401
    assert trouble(desk.send("/sign-in", **sent, code=code_now(county, secret)))[0] == 401
    good = desk.send("/sign-in/provider", **sent, code=code_now(county, secret))
    assert good.location == "/account"
    assert in_(desk)
    again = desk.send("/sign-in/provider", **sent, code=code_now(county, secret))
    assert again.status_code == 401  # a code counts once

    counted: tuple[dict[str, Any], ...] = ({"amr": ["pwd", "otp"]}, {"acr": "otp"})
    for claims in counted:
        provider.claims = claims
        assert in_after(county, provider), claims
    odd: tuple[dict[str, Any], ...] = ({"amr": "otp"}, {"amr": [["otp"]]}, {"acr": ["otp"]})
    for claims in odd:
        provider.claims = claims
        assert through(at_home(county), provider).status_code == 401, claims

    step = through(at_home(county), provider)
    county.clock.pass_time(minutes=6)
    sent = {**hidden(step.text), "code": code_now(county, secret)}
    assert trouble(at_home(county).send("/sign-in/provider", **sent))[0] == 401  # too late


def test_a_second_factor_there_is_one_where_the_role_asks_for_it(
    county: SmallCounty, provider: Provider
) -> None:
    settings = county.app.extensions["wangge.settings"]
    county.app.extensions["wangge.settings"] = replace(settings, second_factor=True)
    desk = at_home(county)
    through(desk, provider)
    assert desk.get("/account/devices").location == "/account/second-factor"
    provider.claims = {"amr": ["otp"]}
    through(desk, provider)
    assert desk.get("/account/devices").status_code == 200


def test_a_sensitive_act_wants_a_sign_in_that_the_provider_says_was_now(
    county: SmallCounty, provider: Provider
) -> None:
    now = county.clock.now
    sensitive = "/account/second-factor"
    for said_at, fresh in (
        (None, False),
        (now - timedelta(hours=1), False),
        (now + timedelta(hours=1), False),
        (now - timedelta(minutes=9), True),
    ):
        provider.claims = {"auth_time": int(said_at.timestamp())} if said_at else {}
        desk = at_home(county)
        through(desk, provider)
        led = desk.send(sensitive, act="enrol")
        assert (led.status_code == 307) is not fresh, said_at
    county.clock.pass_time(minutes=2)  # eleven since they proved it there
    assert desk.send(sensitive, act="enrol").status_code == 307
    odds: tuple[Any, ...] = (True, "now", 1e300, -1, {})
    for odd in odds:
        provider.claims = {"auth_time": odd}
        assert through(desk, provider).status_code == 303, odd
        assert desk.send(sensitive, act="enrol").status_code == 307, odd
    asked = parse_qs(urlsplit(away(desk, more="&anew=1")).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    assert "anew=1" in desk.get("/prove?next=/account").text


def test_who_has_too_many_devices_says_which_one_goes(
    county: SmallCounty, provider: Provider
) -> None:
    for n in range(8):
        county.sign_in("township-a", f"phone {n}")
    desk = at_home(county)
    step = through(desk, provider)
    assert step.status_code == 409
    assert 'name="code"' not in step.text
    goes = str(id_of("township-a phone 3"))
    assert goes in step.text
    sent = hidden(step.text)
    for odd in ("x", str(id_of("county phone 1"))):
        assert desk.send("/sign-in/provider", **sent, instead_of=odd).location != "/account", odd
    assert desk.send("/sign-in/provider", **sent, instead_of=goes).location == "/account"
    assert in_(desk)


def test_without_a_provider_there_is_no_such_door(county: SmallCounty) -> None:
    desk = reader(county)
    assert "/sign-in/provider" not in desk.get("/sign-in").text
    assert desk.get("/sign-in/provider").status_code == 404
    assert desk.get("/sign-in/provider/back?code=x").status_code == 404
    assert desk.send("/sign-in/provider", challenge="x").status_code == 404


def test_linking_is_done_at_the_keyboard_and_kept(county: SmallCounty, tmp_path: Path) -> None:
    keyboard = Keyboard(environment(county.url, tmp_path))
    unset = keyboard.type("user", "link", "county", "--subject", "p-7", expect=2)
    assert "--issuer" in unset
    keyboard.environment |= {
        "WANGGE_PUBLIC_URL": HOME,
        "WANGGE_OIDC_ISSUER": "https://id.example",
        "WANGGE_OIDC_CLIENT_ID": "wangge",
        "WANGGE_OIDC_CLIENT_SECRET": "secret",
    }
    for _ in range(2):  # twice is once
        assert "county p-7" in keyboard.type("user", "link", "county", "--subject", "p-7")
    assert "另一用户" in keyboard.fails("user", "link", "system", "--subject", "p-7")
    assert "没有这个用户" in keyboard.fails("user", "link", "nobody", "--subject", "p-8")
    for bad in ("", "示例", "a b", "x" * 256):
        assert "1–255" in keyboard.fails("user", "link", "county", "--subject", bad), bad
    assert "p-7" in keyboard.type("user", "links")
    assert "没有关联" in keyboard.fails("user", "unlink", "system", "--subject", "p-7")
    keyboard.type("user", "unlink", "county", "--subject", "p-7")
    assert "p-7" not in keyboard.type("user", "links")
    assert acts(county)[-2:] == ["user.link", "user.unlink"]


def test_a_provider_is_set_up_whole_or_not_at_all(tmp_path: Path) -> None:
    known = environment("postgresql+psycopg2://postgres@/x", tmp_path)
    assert from_environment(known).oidc is None
    whole = {
        "WANGGE_PUBLIC_URL": HOME,
        "WANGGE_OIDC_ISSUER": "https://id.example",
        "WANGGE_OIDC_CLIENT_ID": "wangge",
        "WANGGE_OIDC_CLIENT_SECRET": "hidden",
        "WANGGE_OIDC_FACTORS": "mfa, otp,",
    }
    made = from_environment({**known, **whole})
    assert made.oidc
    assert made.oidc.factors == {"mfa", "otp"}
    assert "hidden" not in repr(made)
    for name in list(whole)[:4]:
        if name != "WANGGE_OIDC_ISSUER":
            with pytest.raises(BadSettings, match=name):
                from_environment({**known, **whole, name: ""})
    for issuer in ("http://id.example", "id.example", "https://", "https://id.example/?a=b"):
        with pytest.raises(BadSettings, match="WANGGE_OIDC_ISSUER"):
            from_environment({**known, **whole, "WANGGE_OIDC_ISSUER": issuer})
