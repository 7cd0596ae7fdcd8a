"""What a phone holds of the file, and that older apps hold what they always did."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.disputes.conftest import Ladder
from tests.smallcounty import id_of

SINCE_1 = (
    *("id", "rev", "category", "story", "status", "level", "office_name", "due_at", "accept_by"),
    *("handle_by", "village_id", "cell_id", "channel", "size", "occurred_at", "recorded_at"),
    *("received_at", "done_by", "recorded_by", "related_id"),
)


def pull(ladder: Ladder, login: str, schema: int) -> dict[str, dict[str, dict[str, Any]]]:
    """What a phone of this schema is sent from nothing: entity → id → row."""
    phone = ladder.county.sign_in(login)
    asked = {"device": phone.tokens["device_id"], "schema": schema, "limit": 5000}
    answer = phone.post("/sync/pull", asked, expect=200)
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for bucket in answer["put"].values():
        for entity, packed in bucket.items():
            for row in packed["rows"]:
                rows.setdefault(entity, {})[row[0]] = dict(zip(packed["cols"], row, strict=True))
    return rows


@pytest.fixture
def wages(ladder: Ladder) -> str:
    """A case with all that a file may hold, noted on a phone."""
    phone = ladder.phone("worker-a1w")
    wages = phone.note(
        "dispute",
        category="neighbours",
        story="示例：院墙",
        village_id=str(id_of("A1")),
        people_concerned=4,
        spot="两家之间",
        parties=[{"id": str(id_of("li")), "side": "applicant", "kind": "outsider"}],
        claims=[{"content": "拆墙", "party": 0}, {"content": "道歉"}],
    )
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    return wages


def settle(ladder: Ladder, wages: str) -> None:
    """The mediator settles it, offline."""
    phone = ladder.phone("mediator-a1")
    terms = [
        {"what": "拆墙", "due_on": "2026-04-10", "party_id": str(id_of("li"))},
        {"what": "道歉"},
    ]
    done = [{"claim": 1, "outcome": "solved"}]
    phone.note("dispute_event", dispute_id=wages, event="settle", terms=terms, outcomes=done)
    phone.note("dispute_event", dispute_id=wages, event="fulfil", term=2)
    assert [o["status"] for o in phone.deliver()] == ["applied"] * 2


def test_a_phone_holds_the_file(ladder: Ladder, wages: str) -> None:
    row = pull(ladder, "mediator-a1", 3)["dispute"][wages]
    assert (row["people_concerned"], row["spot"], row["again"]) == (4, "两家之间", 0)
    assert row["claims"] == [
        {"n": 1, "party_id": str(id_of("li")), "outcome": None},
        {"n": 2, "party_id": None, "outcome": None},
    ]
    assert row["claim_texts"] == ["拆墙", "道歉"]
    assert row["terms_due"] is None
    settle(ladder, wages)
    rows = pull(ladder, "mediator-a1", 3)
    row = rows["dispute"][wages]
    assert row["claims"][0]["outcome"] == "solved"
    due = [{"n": 1, "due_on": "2026-04-10", "party_id": str(id_of("li"))}]
    assert row["terms_due"] == due
    assert row["follow_up_until"] > row["received_at"]
    settled = next(e for e in rows["dispute_event"].values() if e["kind"] == "settle")
    assert settled["agreement"] == "1. 拆墙\n2. 道歉"
    assert settled["details"]["outcomes"] == [{"claim": 1, "outcome": "solved"}]


def test_what_waits_for_an_answer_stands_beside_the_case(ladder: Ladder, wages: str) -> None:
    ladder.act("mediator-a1", wages, "accept")
    ladder.act("mediator-a1", wages, "request", party_id=str(id_of("li")))
    ladder.act("mediator-a1", wages, "extend", why="等家人回来")
    row = pull(ladder, "mediator-a1", 3)["dispute"][wages]
    assert row["request_answer_by"]
    assert row["extension_answer_by"]
    ladder.act("mediator-a1", wages, "answer", why="再调一次")
    ladder.act("township-a", wages, "decline_extension", why="抓紧")
    row = pull(ladder, "mediator-a1", 3)["dispute"][wages]
    assert (row["request_answer_by"], row["extension_answer_by"]) == (None, None)


@pytest.mark.parametrize("schema", [1, 2])
def test_an_older_app_gets_what_it_knows(ladder: Ladder, wages: str, schema: int) -> None:
    settle(ladder, wages)
    rows = pull(ladder, "mediator-a1", schema)
    assert tuple(rows["dispute"][wages]) == SINCE_1
    (event, *_) = rows["dispute_event"].values()
    assert "details" not in event
    assert ("proof" in event) is (schema == 2)


def test_an_older_app_goes_on_writing_as_it_did(ladder: Ladder) -> None:
    """Nothing that it could leave out before is needed now."""
    phone = ladder.phone("worker-a1w")
    wall = phone.note("dispute", category="other", story="示例", cell_id=str(id_of("A1w")))
    phone.note("dispute_event", dispute_id=wall, event="note", why="示例")
    mediator = ladder.phone("mediator-a1")
    assert [o["status"] for o in phone.deliver()] == ["applied"] * 2
    mediator.note("dispute_event", dispute_id=wall, event="settle", agreement="和好")
    assert [o["status"] for o in mediator.deliver()] == ["applied"]
    told = ladder.read("county", wall)
    assert [a["form"] for a in told["agreements"]] == ["oral"]


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("fulfil", {"term": 1}),
        ("supervise", {"kind": "listed", "until": "2026-04-01", "why": "督办"}),
        ("settle", {"outcomes": [{"claim": 1, "outcome": "solved"}]}),
    ],
)
def test_an_illegal_move_with_all_its_fields_becomes_a_note(
    ladder: Ladder, wages: str, event: str, fields: dict[str, Any]
) -> None:
    phone = ladder.phone("mediator-a1")
    phone.note("dispute_event", dispute_id=wages, event=event, **fields)
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    last = ladder.read("county", wages)["events"][-1]
    assert (last["kind"], last["intended"]) == ("note", event)
    assert last["details"] == {name: fields[name] for name in fields if name != "why"}


@pytest.mark.parametrize(
    "set_",
    [
        {"event": "settle", "terms": {"what": "赔"}},
        {"event": "settle", "terms": [None]},
        {"event": "settle", "outcomes": [[1, "solved"]]},
        {"event": "dispose", "offices": "all"},
        {"event": "hand_down", "to_office": 7},
        {"event": ["settle"]},
        {"event": {}},
        {},
    ],
)
def test_nonsense_is_set_aside_alone(ladder: Ladder, wages: str, set_: dict[str, Any]) -> None:
    phone = ladder.phone("mediator-a1")
    phone.note("dispute_event", dispute_id=wages, **set_)
    phone.note("dispute", category="other", story="示例", claims=[[]], village_id=str(uuid4()))
    phone.note("dispute_event", dispute_id=wages, event="note", why="示例")
    assert [(o["status"], o.get("reason")) for o in phone.deliver()] == [
        ("quarantined", "bad-dispute-event"),
        ("quarantined", "bad-dispute"),
        ("applied", None),
    ]
