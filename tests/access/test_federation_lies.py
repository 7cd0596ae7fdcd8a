"""An identity provider that lies, is mixed up with another or is away; thieves of its answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Response

from server.access.federation import exchange
from tests.access.elsewhere import (
    at_home,
    away,
    in_,
    in_after,
    through,
    trouble,
)
from tests.access.keeping import acts, behind
from tests.access.provider import Provider, es256, said
from tests.smallcounty import SmallCounty


def test_tokens_that_are_not_ours_to_trust_open_nothing(
    county: SmallCounty, provider: Provider
) -> None:
    now = int(county.clock.now.timestamp())
    lies: dict[str, dict[str, Any]] = {
        "another's nonce": {"claims": {"nonce": "another"}},
        "no nonce": {"claims": {"nonce": None}},
        "nonces": {"claims": {"nonce": ["a", "b"]}},
        "for somebody else": {"claims": {"aud": "another"}},
        "for nobody": {"claims": {"aud": None}},
        "for several, made for another": {"claims": {"aud": ["wangge", "x"], "azp": "x"}},
        "for several, made for nobody": {"claims": {"aud": ["wangge", "x"]}},
        "made for another": {"claims": {"azp": "another"}},
        "by another": {"claims": {"iss": "https://other.example"}},
        "by nobody": {"claims": {"iss": None}},
        "over": {"claims": {"iat": now - 900, "exp": now - 61}},
        "for ever": {"claims": {"exp": None}},
        "of tomorrow": {"claims": {"iat": now + 86400, "exp": now + 90000}},
        "about nobody": {"claims": {"sub": None}},
        "about a number": {"claims": {"sub": 1001}},
        "about something": {"claims": {"sub": {"a": 1}}},
        "about two lines": {"claims": {"sub": "p-1001\n"}},
        "signed with another key": {"key": es256("other"), "header": {"kid": "k1"}},
        "a key that is not published": {"key": es256("other"), "header": {"kid": "other"}},
        "signed by nobody": {"token": unsigned},
        "signed with what is public": {"token": lambda token: mac_signed(token)},
        "cut": {"token": lambda token: token[:-20]},
        "empty": {"token": lambda token: ""},
        "no token": {"token": lambda token: "…"},
        "huge": {"token": lambda token: token + "A" * 200_000},
    }
    for name, lie in lies.items():
        lying(provider, **lie)
        desk = at_home(county)
        status, text = trouble(through(desk, provider))
        assert (status, "请重新登录" in text) == (401, True), name
        assert not in_(desk), name
        clear_knocks(county)
    lying(provider)
    assert in_after(county, provider)
    assert acts(county).count("session.refused") == len(lies)


def lying(provider: Provider, **lie: Any) -> None:
    """What the provider does from now on, and nothing of before."""
    honest: dict[str, Any] = {"claims": {}, "header": {}, "key": None, "token": str}
    for name, value in {**honest, **lie}.items():
        setattr(provider, name, value)


def unsigned(token: str) -> str:
    """The same with alg none."""
    _, body, _ = token.split(".")
    return f"{part({'alg': 'none'})}.{body}."


def mac_signed(token: str) -> str:
    """The same with the published key as a secret of HS256."""
    import hmac

    _, body, _ = token.split(".")
    text = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{body}"
    mac = hmac.digest(es256().as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def part(said: dict[str, str]) -> str:
    """One part of a token."""
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def clear_knocks(county: SmallCounty) -> None:
    """The next one comes from elsewhere."""
    behind(county, "DELETE FROM knock")


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(
    county: SmallCounty, provider: Provider
) -> None:
    desk, thief = at_home(county), at_home(county)
    back = provider.visit(away(desk))
    assert trouble(thief.get(back))[0] == 401  # the address was stolen; no cookie goes with it
    away(thief)
    assert trouble(thief.get(back))[0] == 401  # nor with a cookie of the thief's own
    assert desk.get(back).status_code == 303
    desk.send("/sign-out")
    assert trouble(desk.get(back))[0] == 401  # shown again

    # The thief's code, put into the victim's answer: the code was asked with another verifier.
    code = parse_qs(urlsplit(provider.visit(away(thief))).query)["code"][0]
    state = parse_qs(urlsplit(away(desk)).query)["state"][0]
    assert trouble(desk.get(f"/sign-in/provider/back?state={state}&code={code}"))[0] == 401
    assert not in_(desk)

    # The same slip, and a code that was used: the provider gives one token for it.
    back = provider.visit(away(desk))
    slip = desk.client.get_cookie("__Host-wangge_elsewhere")
    assert slip
    assert desk.get(back).status_code == 303
    desk.send("/sign-out")
    desk.client.set_cookie("__Host-wangge_elsewhere", slip.value)
    assert trouble(desk.get(back))[0] == 401

    back = provider.visit(away(desk))
    county.clock.pass_time(minutes=11)
    assert trouble(desk.get(back))[0] == 401  # too late


def test_what_is_no_answer_is_told_to_begin_again(county: SmallCounty, provider: Provider) -> None:
    desk = at_home(county)
    for query in ("", "code=x", "state=x", "error=access_denied", "iss=x"):
        assert trouble(desk.get(f"/sign-in/provider/back?{query}"))[0] == 401, query
    state = parse_qs(urlsplit(away(desk)).query)["state"][0]
    for query in ("", "&code=", "&error=access_denied", "&code=x&iss=https://other.example"):
        away(desk)
        state = parse_qs(urlsplit(away(desk)).query)["state"][0]
        asked = provider.asked.count("/token")
        assert trouble(desk.get(f"/sign-in/provider/back?state={state}{query}"))[0] == 401, query
        assert provider.asked.count("/token") == asked, query  # mixed up: told to nobody
    state = parse_qs(urlsplit(away(desk)).query)["state"][0]
    for slip in ("", "x", "x.y", "é.ü", "." * 3000):
        desk.client.set_cookie("__Host-wangge_elsewhere", slip)
        answer = desk.get(f"/sign-in/provider/back?state={state}&code=x")
        assert trouble(answer)[0] == 401, slip[:5]
    for challenge in ("", "x.y", "é", "A" * 9000):
        answer = desk.send("/sign-in/provider", challenge=challenge, code="123456")
        assert trouble(answer)[0] == 401, challenge[:5]
    foreign = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site"}
    assert desk.client.post("/sign-in/provider", headers=foreign).status_code == 403
    # Where it leads afterwards is ours alone.
    for there in ("https://example.org", "//example.org", "/\\example.org"):
        assert through(desk, provider, there).location == "/", there


def test_a_provider_that_says_who_it_is_must_say_it(
    county: SmallCounty, provider: Provider
) -> None:
    provider.about = {"authorization_response_iss_parameter_supported": True}
    desk = at_home(county)
    back = provider.visit(away(desk))
    assert trouble(desk.get(back))[0] == 401
    back = provider.visit(away(desk))
    assert desk.get(f"{back}&iss={provider.issuer}").status_code == 303


def test_while_the_provider_is_away_a_password_still_signs_in(
    county: SmallCounty, provider: Provider
) -> None:
    desk = at_home(county)
    back = provider.visit(away(desk))
    broken: dict[str, Callable[[], Any]] = {
        "down": said(503, {}),
        "no JSON": said(200, "<html>"),
        "a list": said(200, []),
        "deep": said(200, "[" * 100_000),
        "huge": said(200, " " * 400_000),
        "elsewhere": lambda: redirected(provider),
    }
    for name, answer in broken.items():
        provider.broken = answer
        status, text = trouble(desk.get(back))
        assert (status, "请用密码登录" in text) == (503, True), name
        back = provider.visit(away(desk))
    provider.broken = None
    county.clock.pass_time(minutes=11)  # what it said of itself was kept till now
    for about in (
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://other.example/token"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://[::1"},
    ):
        provider.about = about
        status, text = trouble(desk.get("/sign-in/provider"))
        assert (status, "请用密码登录" in text) == (503, True), about
    assert desk.sign_in("township-a").status_code == 303
    assert in_(desk)


def test_a_provider_that_never_ends_is_cut(
    county: SmallCounty, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, over = at_home(county), Event()
    back = provider.visit(away(desk))

    def drip() -> Iterator[bytes]:
        while not over.wait(0.02):
            yield b" "

    provider.broken = lambda: Response(drip(), content_type="application/json")
    monkeypatch.setattr(exchange, "SECONDS", 0.3)
    try:
        assert trouble(desk.get(back))[0] == 503
    finally:
        over.set()


def redirected(provider: Provider) -> Any:
    """A token endpoint that points elsewhere: nobody goes there."""
    from flask import redirect

    return redirect(f"{provider.issuer}/jwks")


def test_a_provider_that_is_down_is_said_to_be(county: SmallCounty, provider: Provider) -> None:
    settings = county.app.extensions["wangge.settings"]
    gone = replace(provider.settings, issuer="http://127.0.0.1:1")
    county.app.extensions["wangge.settings"] = replace(settings, oidc=gone)
    answer = at_home(county).get("/sign-in/provider")
    assert trouble(answer)[0] == 503
    assert answer.headers["Retry-After"]
    assert 'name="password"' in answer.text


def test_a_new_key_is_looked_for_once_a_minute(county: SmallCounty, provider: Provider) -> None:
    assert in_after(county, provider)
    provider.published = [es256("k2")]
    desk = at_home(county)
    assert trouble(through(desk, provider))[0] == 401  # asked but now
    county.clock.pass_time(seconds=61)
    assert in_after(county, provider)
    assert provider.asked.count("/jwks") == 2
