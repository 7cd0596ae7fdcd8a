"""What the wire takes and what it refuses."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.cursors import Unreadable, decode_cursor, encode_cursor
from sync.digest import EMPTY, digest
from sync.forms import Malformed
from sync.ids import uuid7
from sync.model import Change, Cursor, Head, Instant, Op, Outcome, Page, Pull, Push, Pushed, Status
from sync.wire import (
    MALFORMED,
    decode_pull,
    decode_push,
    encode_page,
    encode_pull,
    encode_push,
    encode_pushed,
)

DEVICE = "01900000-0000-7000-8000-00000000000a"
MID = "01900000-0000-7000-8000-000000000001"
ROW = "01900000-0000-7000-8000-000000000002"
CLOCK = {"wall": 1_770_000_000_000, "elapsed": 5, "boot": "b"}
TIME = datetime(2026, 5, 1, tzinfo=UTC)


def change(**more: Any) -> dict[str, Any]:
    whole = {"mid": MID, "n": 1, "entity": "visit", "id": ROW, "op": "append", "set": {"a": 1}}
    return {**whole, "at": CLOCK, **more}


def push_body(*changes: Any, **more: Any) -> dict[str, Any]:
    return {"device": DEVICE, "epoch": None, "clock": CLOCK, "changes": list(changes), **more}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("网格ab 1", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=8,
)
UUIDS = st.uuids().map(str)
FIELDS = st.dictionaries(st.text("abc", min_size=1), JSON, max_size=3)
INSTANTS = st.builds(
    Instant, st.integers(-(2**53) + 1, 2**53 - 1), st.integers(0, 2**53 - 1), st.text("ab0-")
)
CHANGES = st.builds(
    Change,
    UUIDS,
    st.integers(1, 2**53 - 1),
    st.from_regex(r"[a-z]{1,9}", fullmatch=True),
    UUIDS,
    st.sampled_from(Op),
    FIELDS,
    INSTANTS,
    FIELDS,
)
CURSORS = st.builds(
    Cursor,
    st.dictionaries(st.text("cvu:0123456789", max_size=20), st.integers(0, 2**63 - 1)),
    st.none() | UUIDS,
)


@given(
    st.builds(Push, UUIDS, st.none() | UUIDS, INSTANTS, st.lists(CHANGES, max_size=3).map(tuple))
)
def test_a_push_comes_out_as_it_went_in(push: Push) -> None:
    assert decode_push(json.loads(json.dumps(encode_push(push)))) == push


@given(
    st.builds(
        Pull,
        UUIDS,
        st.none() | UUIDS,
        CURSORS,
        st.integers(1, 100_000),
        st.integers(1, 9),
        st.lists(st.text("cv:0", max_size=9), max_size=3).map(tuple),
    )
)
def test_a_pull_comes_out_as_it_went_in(pull: Pull) -> None:
    assert decode_pull(json.loads(json.dumps(encode_pull(pull)))) == pull


def test_a_newer_phone_may_say_more_than_we_understand() -> None:
    body = push_body(change(mood="fine"), battery=3)
    assert decode_push(body).changes[0].set == {"a": 1}
    assert decode_pull({"device": DEVICE, "sort": "asc"}) == Pull(DEVICE)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("body", []),
        ("device", push_body(device="phone-1")),
        ("device", push_body(device=DEVICE.upper())),
        ("epoch", push_body(epoch=3)),
        ("clock", push_body(clock=None)),
        ("clock.wall", push_body(clock={**CLOCK, "wall": True})),
        ("clock.elapsed", push_body(clock={**CLOCK, "elapsed": -1})),
        ("clock.boot", push_body(clock={**CLOCK, "boot": "b" * 65})),
        ("changes", push_body(changes={})),
        ("changes", push_body(*[change()] * 1001)),
        ("changes[0]", push_body("visit")),
        ("changes[1].mid", push_body(change(), change(mid=None))),
        ("changes[0].n", push_body(change(n=0))),
        ("changes[0].n", push_body(change(n=1.0))),
    ],
)
def test_a_malformed_envelope_is_refused_with_its_place(path: str, body: Any) -> None:
    with pytest.raises(Malformed) as refused:
        decode_push(body)
    assert refused.value.path == path


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("flaw", "body"),
    [
        ("op", change(op="delete")),
        ("op", change(op=["append"])),
        ("entity", change(entity="Visit; --")),
        ("id", change(id="7")),
        ("set", change(set=[1])),
        ("set.a", change(set={"a": float("nan")})),
        ("set.a[1].b", change(set={"a": [0, {"b": float("inf")}]})),
        ("set.a", change(set={"a": "nul \x00"})),
        ("set.*", change(set={"half \ud800": 1})),
        ("was.a", change(was={"a": "\udfff"})),
        ("set.a" + "[0]" * 16, change(set={"a": deep(40)})),
        ("at", change(at=None)),
    ],
)
def test_one_change_with_a_flaw_is_kept_whole_and_blocks_nothing(flaw: str, body: Any) -> None:
    sound = change(mid=ROW, n=2)
    kept, other = decode_push(push_body(body, sound)).changes
    assert (kept.entity, kept.mid, kept.id, kept.n) == (MALFORMED, MID, MID, 1)
    assert kept.set["flaw"].startswith(f"{flaw}: ")
    assert kept.set["text"].isascii()
    assert "\x00" not in kept.set["text"]
    assert "mid" in json.loads(kept.set["text"])
    assert other.entity == "visit"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("limit", {"limit": 0}),
        ("schema", {"schema": "1"}),
        ("resync", {"resync": "c:1"}),
        ("resync[0]", {"resync": [1]}),
        ("cursor", {"cursor": {"c:1": 4}}),
        ("cursor", {"cursor": "c:1"}),
    ],
)
def test_a_malformed_pull_is_refused_with_its_place(path: str, body: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as refused:
        decode_pull({"device": DEVICE, **body})
    assert refused.value.path == path


@given(CURSORS)
def test_a_cursor_comes_back_as_it_was_given(cursor: Cursor) -> None:
    text = encode_cursor(cursor)
    assert decode_cursor(text) == cursor
    assert text.replace("-", "").replace("_", "").isalnum()


def pack(value: Any) -> str:
    return urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "网格",
        "AAAA",
        pack({}),
        pack([{}, None])[:-6],
        pack([{"c:1": -1}, None]),
        pack([{"c:1": True}, None]),
        pack([{"c:1": 2**63}, None]),
        pack([{"c" * 101: 1}, None]),
        pack([{"\ud800": 1}, None]),
        pack([{"c\x00": 1}, None]),
        pack([{}, 7]),
        pack([{}, "made up"]),
        pack("0" * 2_000_000),
        "A" * 300_000,
        urlsafe_b64encode(zlib.compress(b"[" * 200_000)).decode(),
    ],
)
def test_what_is_no_cursor_of_ours_is_refused_and_never_unpacked_without_end(text: str) -> None:
    with pytest.raises(Unreadable):
        decode_cursor(text)


def test_the_answers_have_the_words_of_the_protocol() -> None:
    pushed = Pushed(3, (Outcome(MID, Status.MERGED, None, {"a": 1}),), TIME)
    assert encode_pushed(pushed) == {
        "next_n": 3,
        "outcomes": [{"mid": MID, "status": "merged", "row": {"a": 1}}],
        "server_time": 1_777_593_600_000,
    }
    page = Page(
        "e", Cursor(), 3, False, TIME,
        put={"c:1": {"house": (("id", "rev", "note"), ((ROW, 7, "x"),))}},
        gone={"c:1": {"visit": (MID,)}},
        drop=("c:2",),
        buckets={"c:1": Head(7, 1, EMPTY)},
    )  # fmt: skip
    body = encode_page(page)
    assert body["put"] == {
        "c:1": {"house": {"cols": ["id", "rev", "note"], "rows": [[ROW, 7, "x"]]}}
    }
    assert body["del"] == {"c:1": {"visit": [MID]}}
    assert body["buckets"] == {"c:1": {"n": 1, "h": EMPTY}}
    assert json.loads(json.dumps(body)) == body


def test_the_digest_is_what_the_database_computes() -> None:
    """`select md5('house' || id::text || seq::text)` of two rows, their first 16 digits XORed."""
    one, two = ("house", ROW, 7), ("visit", MID, 12)
    assert digest([]) == (0, EMPTY)
    assert digest([one]) == (1, "0df7a036bc117b6c")
    assert digest([one, two]) == digest([two, one]) != digest([one])


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_ids_are_of_version_7_and_sort_by_time(ms: int, rand: int) -> None:
    id_ = uuid7(ms, rand)
    assert (id_[14], id_[19] in "89ab") == ("7", True)
    assert int(id_.replace("-", "")[:12], 16) == ms
    assert uuid7(ms, 0) <= id_ <= uuid7(ms, 2**74 - 1)
