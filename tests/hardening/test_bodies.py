"""Bodies and addresses that no sane client sends: one clear refusal each, and nothing is lost."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from server.bodies import MAX_DEPTH, SaidTwice, StrictJson, TooDeep, check_depth
from tests.smallcounty import SmallCounty

reader = StrictJson(Flask("a reader"))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def depth_of(value: Any) -> int:
    """How many lists and objects are around the innermost value, the plain way."""
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@given(JSON, st.integers(0, 70), st.booleans())
def test_depth_is_counted_as_a_reader_would_meet_it(
    value: Any, around: int, as_bytes: bool
) -> None:
    """Brackets within texts are no depth, whatever stands escaped beside them."""
    for k in range(around):
        value = [value, "]}"] if k % 2 else {'["{\\': value}
    text = json.dumps(value, ensure_ascii=False)
    try:
        check_depth(text.encode("utf-8", "surrogatepass") if as_bytes else text)
    except TooDeep:
        assert depth_of(value) > MAX_DEPTH
    else:
        assert depth_of(value) <= MAX_DEPTH


def test_the_deepest_that_is_taken_and_the_first_that_is_not() -> None:
    assert reader.loads(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    for deeper in (MAX_DEPTH + 1, 900, 1_000_000):  # the reader's own limit lies between these
        with pytest.raises(TooDeep):
            reader.loads(b"[" * deeper + b"]" * deeper)


def test_a_name_said_twice_is_refused_at_any_depth() -> None:
    for twice in (b'{"a":1,"a":1}', b'[{"b":{"a":1,"c":2,"a":3}}]', b'{"a":1,"\\u0061":2}'):
        with pytest.raises(SaidTwice):
            reader.loads(twice)
    assert reader.loads(b'{"a":{"a":1}}') == {"a": {"a": 1}}


BAD: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "deep": (b'{"a":' * 100 + b"1" + b"}" * 100, {}, 400, "too-deep"),
    "never closed": (b"[" * 1_000_000, {}, 400, "too-deep"),
    "quotes never closed": (b"[" * 100 + b'"' + b'\\"' * 1_000_000, {}, 400, "too-deep"),
    "a name twice": (b'{"login":"a","login":"b"}', {}, 400, "said-twice"),
    "NaN": (b'{"login": NaN}', {}, 400, "malformed-body"),
    "minus infinity": (b'{"login": -Infinity}', {}, 400, "malformed-body"),
    "1e999": (b'{"login": 1e999}', {}, 400, "malformed-body"),
    "more than 64 bits": (b'{"login": 9223372036854775808}', {}, 400, "malformed-body"),
    "5,000 digits": (b'{"login": ' + b"9" * 5000 + b"}", {}, 400, "malformed-body"),
    "half a pair, as bytes": (
        b'{"login": "\xed\xa0\x80", "password": "x", "device": {"name": "x"}}', {}, 400,
        "malformed-body",
    ),
    "deep, and no UTF-8": (
        # read as bytes, the first half of U+2241 is a quotation mark
        ('["\u2241",' + "[" * 900 + "]" * 901).encode("utf-16-be"), {}, 400, "malformed-body",
    ),
    "UTF-16": ('{"login": "x"}'.encode("utf-16"), {}, 400, "malformed-body"),
    "a long text": (b'{"login": "' + b"x" * 1_000_000 + b'"}', {}, 422, "invalid"),
    "a long list": (b'{"login": [' + b"1," * 500_000 + b"1]}", {}, 422, "invalid"),
    "many names": (
        b"{" + b",".join(b'"n%d":1' % k for k in range(100_000)) + b"}", {}, 422, "invalid",
    ),
    "gzip in gzip": (
        gzip.compress(gzip.compress(b"{}")), {"Content-Encoding": "gzip"}, 400, "malformed-body",
    ),
    "gzip twice, said": (
        gzip.compress(gzip.compress(b"{}")), {"Content-Encoding": "gzip, gzip"}, 400,
        "malformed-body",
    ),
    "a bomb": (
        gzip.compress(b" " * (64 << 20)), {"Content-Encoding": "gzip"}, 413, "too-large",
    ),
    "a bomb behind a body": (
        gzip.compress(b"{}") + gzip.compress(b" " * (64 << 20)), {"Content-Encoding": "gzip"},
        400, "malformed-body",
    ),
    "larger than we read": (b" " * ((8 << 20) + 1), {}, 413, "too-large"),
}  # fmt: skip


def test_each_bad_body_is_one_clear_refusal(county: SmallCounty) -> None:
    client = county.app.test_client()
    for name, (body, headers, status, slug) in BAD.items():
        answer = client.post(
            "/api/v1/sessions", data=body, headers={"Content-Type": "application/json", **headers}
        )
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), (
            f"{name}: {answer.text[:300]}"
        )
        assert (answer.json or {})["type"] == f"/problems/{slug}", name
        assert len(answer.data) < 4096, f"{name}: the answer quotes what was sent"


def test_a_phone_sends_none_of_it_either(county: SmallCounty) -> None:
    phone = county.sign_in("worker-a1w")
    deep_utf16 = ('["\u2241",' + "[" * 900 + "1" + "]" * 901).encode("utf-16-be")
    deep = b'{"a":' * 100 + b"1" + b"}" * 100
    for body in (deep, b'{"device":"a","device":"b"}', b"[" * 10**6, deep_utf16):
        for verb in ("push", "pull"):
            headers = {"Content-Type": "application/json"}
            answer = phone.call("POST", f"/sync/{verb}", data=body, headers=headers)
            assert answer.status_code == 400, (verb, body[:40])
            assert (answer.json or {})["type"] == "/problems/bad-envelope"


def test_each_bad_address_is_one_clear_refusal(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    asked = {
        "long": ("/households?village=" + "1" * 9000, 414),
        "many": ("/households?" + "&".join(f"a{k}=1" for k in range(2000)), 414),
        "the same, often": ("/households?" + "limit=1&" * 200, 414),
        "NUL in a name": ("/households?vill%00age=1", 400),
        "half a pair": ("/households?village=%ed%a0%80", 422),
        "no utf-8": ("/households?village=%ff", 422),
        "a path of a mile": ("/households/" + "a" * 9000, 404),
        "up and up": ("/../../../../etc/passwd", 404),
    }
    for name, (path, status) in asked.items():
        answer = desk.call("GET", path)
        assert answer.status_code == status, f"{name}: {answer.text[:300]}"
        assert answer.content_type == "application/problem+json", name


def test_headers_of_any_length_are_no_trouble(county: SmallCounty) -> None:
    client = county.app.test_client()
    for name in ("Authorization", "X-Request-Id", "Accept-Language", "If-None-Match", "Accept"):
        for value in ("x" * 60_000, "Bearer " + "a," * 5000, "\u00ff" * 100, "*;q=1e999", ""):
            answer = client.get("/api/v1/households", headers={name: value})
            assert answer.status_code == 401, (name, value[:20], answer.text[:200])
            assert len(answer.headers["X-Request-Id"]) <= 64
