"""The published schemas say what the wire reads: whole requests, and single changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, validators

from sync.forms import Malformed
from sync.ids import uuid7
from sync.published import NAMES, schema
from sync.wire import MALFORMED, decode_pull, decode_push
from tests.smallcounty import SmallCounty

DEVICE, MID, ROW = (uuid7(1_770_000_000_000, k) for k in range(3))
CLOCK = {"wall": 1_770_000_000_000, "elapsed": 5, "boot": "b"}
CHANGE = {"mid": MID, "n": 1, "entity": "visit", "id": ROW, "op": "append", "set": {"a": 1}}
PUSH = {"device": DEVICE, "epoch": None, "clock": CLOCK}
UNSENT = {"changes": 3, "rejected": 0, "files": 1, "oldest": CLOCK, "at": CLOCK}
PULL = {"device": DEVICE, "epoch": "e", "cursor": None, "limit": 1, "schema": 1, "resync": ["ref"]}

# JSON knows one kind of number; the wire, as the schemas say in words, wants integers without ".0".
_CHECKER = Draft202012Validator.TYPE_CHECKER.redefine(
    "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
)
_Strict = validators.extend(  # type: ignore[no-untyped-call] # its types leave it untyped
    Draft202012Validator, type_checker=_CHECKER
)


def fits(name: str, body: Any) -> bool:
    """Whether a body is what the published schema of this name wants."""
    return bool(_Strict(schema(name)).is_valid(body))


# What breaks bodies: of every type, at every bound, and text that no database can hold.
STRANGE = st.sampled_from(
    [
        *(None, True, 0, 1, -1, 1.0, 2**53, 2**53 - 1, -(2**53), 100_000, 100_001),
        *(1_000_000, 1_000_001),
        *("", "x", "网" * 64, "b" * 65, "e" * 100, "e" * 101, "a" * 63, "a" * 64),
        *("\x00", "\ud83d", "😀", "visit\n", "Visit", "create", "patch", "append", "delete"),
        *(DEVICE, DEVICE + "\n", DEVICE.upper()),
        *([], ["ref"], ["\x00"], [1], [None] * 1001, ["c"] * 1000),
        *({}, {"a": 1}, {"a": "\x00"}, {"\ud83d": 1}, {"a": [{"b": "\udc00"}]}),
        *(CLOCK, {**CLOCK, "elapsed": -1}),
    ]
)


def broken(whole: dict[str, Any], inside: str | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies like this one with a few of their fields (or of `inside`) lost or made strange."""

    def spoil(fields: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
        lost = st.sets(st.sampled_from(sorted(fields)), max_size=2)
        strange = st.dictionaries(st.sampled_from([*sorted(fields), "mood"]), STRANGE, max_size=2)
        return st.builds(
            lambda lost, strange: {k: v for k, v in fields.items() if k not in lost} | strange,
            lost,
            strange,
        )

    spoilt = spoil(whole)
    if inside is None:
        return spoilt
    part = spoil(whole[inside])
    return spoilt | part.map(lambda fields: {**whole, inside: fields})


@given(broken(PULL))
def test_a_pull_is_read_if_and_only_if_it_fits(body: dict[str, Any]) -> None:
    cursor = body.get("cursor")
    if isinstance(cursor, str):  # only the server can tell whether it gave this one
        body = {**body, "cursor": None} if fits("pull", body) else body
    assert reads(decode_pull, body) == fits("pull", body)


@given(broken({**PUSH, "changes": []}, "clock"))
def test_the_envelope_of_a_push_is_read_if_and_only_if_it_fits(body: dict[str, Any]) -> None:
    assert reads(decode_push, body) == fits("push", body)


@given(broken({**PULL, "cursor": None, "unsent": UNSENT}, "unsent"))
def test_what_a_phone_tells_of_itself_is_read_if_and_only_if_it_fits(body: dict[str, Any]) -> None:
    assert reads(decode_pull, {**body, "cursor": None}) == fits("pull", {**body, "cursor": None})
    told: dict[str, Any] = {**PUSH, "changes": [], "unsent": body.get("unsent")}
    assert reads(decode_push, told) == fits("push", told)


@given(broken({**CHANGE, "was": {"a": None}, "at": CLOCK}, "at"))
def test_a_change_that_does_not_fit_is_set_aside_alone(change: dict[str, Any]) -> None:
    body = {**PUSH, "changes": [change]}
    assert reads(decode_push, body) == fits("push", body)
    if fits("push", body):
        sound = decode_push(body).changes[0].entity != MALFORMED
        assert sound == fits("change", change)


def test_depth_is_the_one_bound_that_a_schema_cannot_say() -> None:
    deep: Any = 1
    for _ in range(17):
        deep = [deep]
    change = {**CHANGE, "at": CLOCK, "set": {"a": deep}}
    assert fits("change", change)
    assert decode_push({**PUSH, "changes": [change]}).changes[0].entity == MALFORMED


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_of_its_draft(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))


def test_there_is_no_other_schema() -> None:
    with pytest.raises(KeyError):
        schema("../wire")


def test_the_server_publishes_them_to_whoever_asks(county: SmallCounty) -> None:
    client = county.app.test_client()
    listed = client.get("/api/v1/sync/schemas").get_json()["schemas"]
    assert set(listed) == set(NAMES)
    for name, url in listed.items():
        answer = client.get(url)
        assert answer.content_type == "application/schema+json"
        assert json.loads(answer.data) == schema(name)
    assert client.get("/api/v1/sync/schemas/wire").status_code == 404
    spec = client.get("/api/openapi.json").get_json()
    told = spec["paths"]["/api/v1/sync/push"]["post"]
    assert spec["openapi"].startswith("3.1")
    assert told["requestBody"]["content"]["application/json"]["schema"] == schema("push")
    assert told["responses"]["200"]["content"]["application/json"]["schema"] == schema("pushed")


def reads(decode: Any, body: Any) -> bool:
    """Whether the wire takes the whole body."""
    try:
        decode(body)
    except Malformed:
        return False
    return True
