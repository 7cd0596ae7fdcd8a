"""Codes of an authenticator, as the RFCs have them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from server.access.factors.rules import (
    STEP,
    as_typed,
    code_of,
    decoded,
    encoded,
    step_at,
    step_of,
    uri_of,
)
from tests.smallcounty import START

RFC_SECRET = b"12345678901234567890"


def test_codes_are_those_of_the_rfcs() -> None:
    """RFC 4226, appendix D, and RFC 6238, appendix B (SHA-1, eight digits)."""
    counted = ["755224", "287082", "359152", "969429", "338314"]
    counted += ["254676", "287922", "162583", "399871", "520489"]
    assert [code_of(RFC_SECRET, n) for n in range(10)] == counted
    timed = {59: "94287082", 1111111109: "07081804", 1111111111: "14050471"}
    timed |= {1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130"}
    for seconds, code in timed.items():
        assert code_of(RFC_SECRET, step_at(datetime.fromtimestamp(seconds, UTC)), 8) == code


@given(st.binary(min_size=20, max_size=20), st.integers(-3, 3))
def test_a_code_counts_one_step_around_its_own_and_never_again(secret: bytes, off: int) -> None:
    step = step_at(START)
    typed = code_of(secret, step)
    moment = START + timedelta(seconds=off * STEP)
    near = {code_of(secret, step + k) for k in (-3, -2, -1, 1, 2, 3)}
    if typed not in near:  # two steps may show one code
        assert step_of(secret, typed, moment, after=0) == (step if abs(off) <= 1 else None)
        assert step_of(secret, typed, moment, after=step) is None


@given(st.binary(min_size=20, max_size=20))
def test_a_secret_is_read_back_as_it_was_written(secret: bytes) -> None:
    assert decoded(encoded(secret)) == secret
    asked = urlsplit(uri_of(secret, "示例 & co", "Wangge"))
    assert (asked.scheme, asked.netloc) == ("otpauth", "totp")
    assert parse_qs(asked.query)["secret"] == [encoded(secret)]


@given(st.text(max_size=12))
def test_whatever_is_typed_is_six_digits_or_nothing(typed: str) -> None:
    read = as_typed(typed)
    assert read is None or (len(read) == 6 and read.isascii() and read.isdigit())


def test_a_code_may_be_typed_with_spaces_and_wide_digits() -> None:
    assert as_typed(" １２３ 456 ") == "123456"
    assert as_typed("12345") is None
    assert as_typed("²²²²²²") in {None, "222222"}
