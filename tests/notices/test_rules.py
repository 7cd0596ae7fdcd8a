"""What an answer means, when the next try is, where a webhook may stand."""

from __future__ import annotations

import ssl
from contextlib import suppress
from datetime import timedelta
from http.server import HTTPServer
from ipaddress import ip_address
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.notices.delivery.posting import post
from server.notices.delivery.rules import (
    GIVEN_UP,
    LONGEST_ANSWER,
    LONGEST_REST,
    Answer,
    Fate,
    fate_of,
    one_line,
    pause_of,
    rest_of,
)
from server.notices.errors import BadTarget
from server.notices.targets.rules import Endpoint, check_mail, may_be_reached, read_url
from server.settings import BadSettings, MailServer, Tls, from_environment
from tests.notices.authority import Authority
from tests.notices.receiver import receiving

KEY = "A" * 43 + "="
NEEDED = {
    "WANGGE_DATABASE_URL": "postgresql+psycopg2://wangge_app@/wangge",
    "WANGGE_SEAL_KEYS": f"k1:{KEY}",
    "WANGGE_BLIND_KEY": KEY,
}
seeds = st.integers().map(Random)


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (200, Fate.SENT),
        (204, Fate.SENT),
        (299, Fate.SENT),
        (100, Fate.REFUSED),
        (301, Fate.REFUSED),
        (307, Fate.REFUSED),
        (400, Fate.REFUSED),
        (401, Fate.REFUSED),
        (404, Fate.REFUSED),
        (410, Fate.GONE),
        (408, Fate.AWAY),
        (429, Fate.AWAY),
        (500, Fate.AWAY),
        (502, Fate.AWAY),
        (503, Fate.AWAY),
        (None, Fate.AWAY),
    ],
)
def test_the_status_alone_decides(status: int | None, fate: Fate) -> None:
    assert fate_of(Answer(status, "ok, gone, whatever")) is fate


@given(seeds)
def test_the_first_try_again_is_soon_and_there_are_some_in_seven_days(chance: Random) -> None:
    spent, tries = timedelta(0), 0
    while spent < GIVEN_UP:
        tries += 1
        spent += pause_of(tries, Fate.REFUSED, chance)
    assert 10 <= tries <= 16
    assert pause_of(1, Fate.REFUSED, chance) < timedelta(minutes=1)


@given(seeds, st.integers(1, 10**6))
def test_a_pause_is_never_nothing_and_short_where_the_endpoint_was_away(
    chance: Random, tries: int
) -> None:
    assert timedelta(seconds=20) < pause_of(tries, Fate.REFUSED, chance) < timedelta(hours=30)
    assert timedelta(seconds=20) < pause_of(tries, Fate.AWAY, chance) <= timedelta(hours=2)


@given(seeds, st.integers(1, 10**6), st.timedeltas(timedelta(0), timedelta(days=10**6)))
def test_an_endpoint_rests_for_what_it_asks_and_for_a_day_at_most(
    chance: Random, failures: int, asked: timedelta
) -> None:
    rest = rest_of(failures, asked, chance)
    assert min(asked, LONGEST_REST) <= rest <= LONGEST_REST


def test_those_who_failed_together_do_not_come_back_together() -> None:
    chance = Random(7)
    assert len({pause_of(3, Fate.REFUSED, chance) for _ in range(100)}) == 100


@given(st.text())
def test_what_is_kept_of_an_answer_is_one_short_line(said: str) -> None:
    kept = one_line(said)
    assert len(kept) <= LONGEST_ANSWER
    assert kept.isprintable()


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "::1", "fd00::1", "1.2.3.4", "2001::1"],
)
def test_a_receiver_may_stand_in_the_countys_own_net(address: str) -> None:
    assert may_be_reached(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 (refused)
        "224.0.0.1",
        "255.255.255.255",
        "fe80::1",
        "ff02::1",
        "::",
        "::ffff:169.254.169.254",
    ],
)
def test_and_not_where_no_receiver_is(address: str) -> None:
    assert not may_be_reached(ip_address(address))


def test_a_name_that_leads_there_is_not_called() -> None:
    answer = post(Endpoint(False, "169.254.169.254", 80, "/"), {}, b"{}", 1)
    assert answer.status is None
    assert "not for webhooks" in answer.said


def test_a_name_that_is_none_is_a_failure_like_others() -> None:
    answer = post(Endpoint(False, "nobody.invalid", 80, "/"), {}, b"{}", 5)
    assert answer.status is None
    assert "resolved" in answer.said


def test_a_certificate_that_nobody_vouches_for_is_refused_and_the_countys_own_is_not(
    authority: Authority,
) -> None:
    with receiving() as receiver:
        endpoint = securely(receiver.server, authority.serving())
        refused = post(endpoint, {}, b"{}")
        assert (refused.status, receiver.heard) == (None, [])
        assert "certificate" in refused.said
        authority.trust()
        assert post(endpoint, {}, b"{}").status == 204
        other = post(Endpoint(True, "127.0.0.2", endpoint.port, "/"), {}, b"{}", 1)
        assert other.status is None


def securely(server: HTTPServer, context: ssl.SSLContext) -> Endpoint:
    """The same server, from now on over TLS alone."""
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return Endpoint(True, "127.0.0.1", server.server_port, "/")


def test_a_url_is_taken_apart() -> None:
    assert read_url("https://example.cn", ()) == Endpoint(True, "example.cn", 443, "/")
    assert read_url("https://Example.cn:8443/a?b=c", ()) == Endpoint(
        True, "example.cn", 8443, "/a?b=c"
    )
    assert read_url("http://relay.county/x", ["relay.county"]) == Endpoint(
        False, "relay.county", 80, "/x"
    )


@given(st.text())
def test_whatever_is_typed_is_an_address_or_a_named_error(typed: str) -> None:
    for read in (lambda: read_url(typed, ()), lambda: check_mail(typed)):
        with suppress(BadTarget):
            read()


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 587, Tls.START)),
        ("smtp://u:p%40@mail.example:25", MailServer("mail.example", 25, Tls.START, "u", "p@")),
        ("smtps://mail.example", MailServer("mail.example", 465, Tls.WHOLE)),
        ("smtp+plain://10.0.0.5", MailServer("10.0.0.5", 25, Tls.NONE)),
        ("", None),
    ],
)
def test_the_mail_server_is_read_from_its_url(url: str, server: MailServer | None) -> None:
    assert from_environment({**NEEDED, "WANGGE_SMTP_URL": url}).mail_server == server


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WANGGE_SMTP_URL", "mail.example:25"),
        ("WANGGE_SMTP_URL", "http://mail.example"),
        ("WANGGE_SMTP_URL", "smtp://@:1"),
        ("WANGGE_SMTP_URL", "smtp://mail.example:port"),
        ("WANGGE_SMTP_URL", "smtp://[::1"),
        ("WANGGE_MAIL_FROM", "nobody"),
        ("WANGGE_MAIL_FROM", "a@b\r\nBcc: c@d"),
        ("WANGGE_MAIL_FROM", "网格@example.cn"),
        ("WANGGE_PUBLIC_URL", "wangge.example"),
        ("WANGGE_PUBLIC_URL", "javascript:alert(1)"),
    ],
)
def test_a_setting_that_cannot_be_is_named_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name) as told:
        from_environment({**NEEDED, name: value})
    assert value not in str(told.value)


def test_a_public_url_ends_without_a_stroke() -> None:
    settings = from_environment({**NEEDED, "WANGGE_PUBLIC_URL": "https://wangge.example/"})
    assert settings.public_url == "https://wangge.example"
    assert from_environment({**NEEDED, "WANGGE_PUBLIC_URL": ""}).public_url is None


def test_no_password_of_a_mail_server_is_printed() -> None:
    settings = from_environment({**NEEDED, "WANGGE_SMTP_URL": "smtp://u:geheim@mail.example"})
    assert "geheim" not in repr(settings)
