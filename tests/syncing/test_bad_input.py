"""What no sound phone sends: each gets a clear problem or an outcome, and nothing of it is lost.

After every one of them a sound visit from the same phone goes through as if nothing had been.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from tests.smallcounty import Desk, SmallCounty, id_of

DEVICE = str(id_of("worker-a1w phone"))
CLOCK = {"wall": 1_772_413_200_000, "elapsed": 5_000, "boot": "boot-1"}
JSON = {"Content-Type": "application/json"}
ZIPPED = {**JSON, "Content-Encoding": "gzip"}

Answer = dict[str, Any]


class Li:
    """A worker whose phone writes what the story tells it to."""

    def __init__(self, county: SmallCounty) -> None:
        self.desk: Desk = county.sign_in("worker-a1w")
        self._url, self._numbers = county.url, count(1)

    def visit(self, n: int | None = None, **more: Any) -> Answer:
        """A sound change, but for what the story says."""
        fields = {"household_id": str(id_of("A1w-1")), "outcome": "met"}
        return {
            "mid": str(uuid4()),
            "n": next(self._numbers) if n is None else n,
            "entity": "visit",
            "id": str(uuid4()),
            "op": "append",
            "set": fields,
            "at": CLOCK,
            **more,
        }

    def push(self, *changes: Any, **more: Any) -> Any:
        """The answer to a push of these changes."""
        return self.send("push", json.dumps(envelope(*changes, **more)).encode(), JSON)

    def outcomes(self, *changes: Any) -> list[tuple[str, str | None]]:
        """What became of each, in the order of the answer: (status, reason)."""
        answer = self.push(*changes)
        assert answer.status_code == 200, answer.text
        return [(o["status"], o.get("reason")) for o in answer.json["outcomes"]]

    def send(self, verb: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """The answer to these very bytes."""
        return self.desk.call("POST", f"/sync/{verb}", data=body, headers=dict(headers))

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        engine = create_engine(self._url)
        with engine.begin() as connection:
            found = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return found

    def works_on(self) -> None:
        """A sound visit goes through, under the number at which the phone stood before."""
        change = self.visit()
        answer = self.push(change).json
        assert [o["status"] for o in answer["outcomes"]] == ["applied"]
        assert answer["next_n"] == change["n"] + 1


def envelope(*changes: Any, **more: Any) -> Answer:
    return {"device": DEVICE, "epoch": None, "clock": CLOCK, "changes": list(changes), **more}


@pytest.fixture
def li(county: SmallCounty) -> Li:
    return Li(county)


def check_problem(answer: Any, status: int, slug: str) -> None:
    """A problem that a program and a person can read, and that quotes nothing that was sent."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"] == f"/problems/{slug}"
    assert len(answer.data) < 1000


BOMB = gzip.compress(b"[" + b" " * 100_000_000, 9)
DEEP = b'{"device":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
WHOLE = gzip.compress(json.dumps(envelope()).encode())


@pytest.mark.parametrize(
    ("body", "headers", "status", "slug"),
    [
        pytest.param(BOMB, ZIPPED, 413, "too-large", id="bomb"),
        pytest.param(b" " * (9 << 20), JSON, 413, "too-large", id="nine-megabytes"),
        pytest.param(DEEP, JSON, 400, "bad-envelope", id="deep"),
        pytest.param(gzip.compress(DEEP), ZIPPED, 400, "bad-envelope", id="deep-zipped"),
        pytest.param(WHOLE[:-9], ZIPPED, 400, "malformed-body", id="cut-off"),
        pytest.param(WHOLE + b"x", ZIPPED, 400, "malformed-body", id="more-behind"),
        pytest.param(b"{}", ZIPPED, 400, "malformed-body", id="not-zipped"),
        pytest.param(gzip.compress(WHOLE), ZIPPED, 400, "bad-envelope", id="zipped-twice"),
        pytest.param(WHOLE, {**JSON, "Content-Encoding": "br"}, 400, "malformed-body", id="br"),
        pytest.param(b"", JSON, 400, "bad-envelope", id="empty"),
        pytest.param(b'{"device"', JSON, 400, "bad-envelope", id="half"),
        pytest.param(b"\xff\xfe{", JSON, 400, "bad-envelope", id="not-utf-8"),
        pytest.param(b'{"device":' + b"9" * 5000 + b"}", JSON, 400, "bad-envelope", id="digits"),
        pytest.param(b"NaN", JSON, 400, "bad-envelope", id="nan"),
        pytest.param(b"{}", {"Content-Type": "text/plain"}, 415, "not-json", id="text"),
    ],
)
def test_a_body_that_is_none_is_a_problem(
    li: Li, body: bytes, headers: Mapping[str, str], status: int, slug: str
) -> None:
    for verb in ("push", "pull"):
        check_problem(li.send(verb, body, headers), status, slug)
    li.works_on()


@pytest.mark.parametrize(
    ("device", "status", "slug"),
    [
        (str(id_of("worker-a1e phone")), 403, "other-device"),
        ("0199c0de-0000-7000-8000-000000000001", 403, "other-device"),
        ("", 400, "bad-envelope"),
        (DEVICE.upper(), 400, "bad-envelope"),
    ],
)
def test_nobody_delivers_under_another_device(
    county: SmallCounty, li: Li, device: str, status: int, slug: str
) -> None:
    county.sign_in("worker-a1e")
    change = li.visit()
    check_problem(li.push(change, device=device), status, slug)
    check_problem(li.desk.call("POST", "/sync/pull", json={"device": device}), status, slug)
    assert li.outcomes(change) == [("applied", None)]
    assert li.ask("SELECT count(*) FROM sync_receipt") == [(1,)]


NO_NUMBERS: list[Any] = [0, -1, 2**53, 2**64, 10**40, 1.0, True, "1", None, float("nan")]


def test_a_number_that_is_none_refuses_the_envelope_with_its_place(li: Li) -> None:
    for n in NO_NUMBERS:
        sound = li.visit()
        answer = li.push(sound, {**li.visit(n=2), "n": n})
        check_problem(answer, 400, "bad-envelope")
        assert list(answer.json["errors"]) == ["changes[1].n"], n
        assert li.outcomes(sound) == [("applied", None)], n


@pytest.mark.parametrize("n", [2, 1_000_000, 2**53 - 1])
def test_behind_a_hole_nothing_is_taken_and_the_phone_hears_from_where_to_send(
    li: Li, n: int
) -> None:
    far = li.visit(n=n)
    answer = li.push(far).json
    assert (answer["outcomes"], answer["next_n"]) == ([], 1)
    li.works_on()
    assert li.ask("SELECT count(*) FROM visit") == [(1,)]


def test_one_mid_twice_in_a_push_takes_effect_once(li: Li) -> None:
    change, other = li.visit(), li.visit()
    again = {**change, "n": other["n"]}
    last = li.visit()
    assert li.outcomes(change, change, again, last) == [
        ("applied", None),
        ("duplicate", None),
        ("duplicate", None),
        ("applied", None),
    ]
    assert li.ask("SELECT count(*) FROM visit") == [(2,)]


def test_one_number_for_two_changes_loses_neither(li: Li) -> None:
    first, second = li.visit(n=1), li.visit(n=1)
    assert li.outcomes(first, second) == [("applied", None), ("applied", "device_reset")]
    assert li.ask("SELECT count(*) FROM visit") == [(2,)]


def test_one_row_twice_in_a_push_is_made_once_and_the_second_is_kept(li: Li) -> None:
    first, second = li.visit(), li.visit()
    second["id"] = first["id"]
    assert li.outcomes(first, second) == [("applied", None), ("quarantined", "id_taken")]
    assert li.ask("SELECT reason FROM sync_quarantine") == [("id_taken",)]


def test_changes_out_of_order_are_taken_in_order(li: Li) -> None:
    house = str(uuid4())
    fields = {"village_id": str(id_of("A1")), "group_no": 1, "head_name": "示某新"}
    made = li.visit(entity="household", op="create", id=house, set=fields)
    visit = li.visit(set={"household_id": house, "outcome": "met"})
    last = li.visit()
    answer = li.push(last, visit, made).json
    assert [o["mid"] for o in answer["outcomes"]] == [made["mid"], visit["mid"], last["mid"]]
    assert {o["status"] for o in answer["outcomes"]} == {"applied"}
    assert answer["next_n"] == 4


def test_a_number_without_end_is_the_fault_of_its_change_alone(li: Li) -> None:
    wrong, sound = li.visit(set={"companions": 77}), li.visit()
    body = json.dumps(envelope(wrong, sound)).replace(": 77}", ": " + "7" * 5000 + "}")
    answer = li.send("push", body.encode(), JSON)
    assert answer.status_code == 200, answer.text
    told = [(o["status"], o.get("reason")) for o in answer.json["outcomes"]]
    assert told == [("quarantined", "malformed"), ("applied", None)]


@pytest.mark.parametrize(
    ("flaw", "outcome"),
    [
        ({"entity": "user_account"}, ("quarantined", "unknown_entity")),
        ({"entity": "hole"}, ("quarantined", "hole")),
        ({"entity": "malformed"}, ("quarantined", "malformed")),
        ({"op": "patch"}, ("quarantined", "op_not_allowed")),
        ({"op": "delete"}, ("quarantined", "malformed")),
        ({"id": "x"}, ("quarantined", "malformed")),
        ({"set": {"a": float("nan")}}, ("quarantined", "malformed")),
        ({"set": {"a": 10**400}}, ("quarantined", "bad-visit")),
        ({"set": {"note": "a\x00"}}, ("quarantined", "malformed")),
        ({"set": {"\ud83d": 1}}, ("quarantined", "malformed")),
        ({"set": {"household_id": {"a": [1]}, "outcome": "met"}}, ("quarantined", "bad-visit")),
        ({"set": json.loads("[" * 200 + "]" * 200)}, ("quarantined", "malformed")),
        ({"set": {"note": "长" * 22_000}}, ("rejected", "too_large")),
        ({"at": {**CLOCK, "wall": 2**53 - 1, "boot": "b"}}, ("applied", None)),
        ({"at": {**CLOCK, "wall": -(2**53), "boot": "b"}}, ("quarantined", "malformed")),
    ],
)
def test_one_wrong_change_is_answered_and_the_others_go_through(
    li: Li, flaw: Answer, outcome: tuple[str, str | None]
) -> None:
    before, wrong, after = li.visit(), {**li.visit(), **flaw}, li.visit()
    assert li.outcomes(before, wrong, after) == [("applied", None), outcome, ("applied", None)]
    kept = int(outcome[0] == "quarantined")
    assert li.ask("SELECT count(*) FROM sync_quarantine") == [(kept,)]


WRONG_PULLS: list[tuple[Answer, str]] = [
    ({"limit": 0}, "limit"),
    ({"limit": 10**9}, "limit"),
    ({"schema": -1}, "schema"),
    ({"cursor": "A" * 300_000}, "cursor"),
    ({"cursor": {"c:1": 0}}, "cursor"),
    ({"resync": ["c"] * 1001}, "resync"),
    ({"resync": ["a\x00"]}, "resync[0]"),
    ({"epoch": "e" * 101}, "epoch"),
]


def test_a_wrong_pull_is_a_problem_with_its_place(li: Li) -> None:
    for asked, place in WRONG_PULLS:
        answer = li.desk.call("POST", "/sync/pull", json={"device": DEVICE, **asked})
        check_problem(answer, 400, "bad-envelope")
        assert list(answer.json["errors"]) == [place], asked


def test_a_bucket_that_is_not_ones_own_cannot_be_asked_for(li: Li) -> None:
    foreign = f"c:{id_of('B1w')}"
    page = li.desk.post("/sync/pull", {"device": DEVICE, "resync": [foreign]}, expect=200)
    assert foreign not in page["put"]
    assert foreign not in page["buckets"]


def test_too_many_changes_are_refused_and_can_be_sent_in_parts(li: Li) -> None:
    changes = [li.visit() for _ in range(1001)]
    check_problem(li.push(*changes), 400, "bad-envelope")
    assert li.outcomes(*changes[:2]) == [("applied", None)] * 2
