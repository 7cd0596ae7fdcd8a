"""Who may act on a case: whoever holds it at that moment, whatever way and time it arrives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event as listening
from sqlalchemy import text

from server.db import DbRole, transaction
from server.disputes.service import NewEvent, append_events
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of

Given = tuple[str, dict[str, Any]]
AFTER_HANDING_OVER: list[Given] = [
    ("escalate", {"why": "村里办不了"}),
    ("accept", {}),
    ("settle", {"agreement": "各退半尺"}),
]


def history(ladder: Ladder, dispute: str) -> list[tuple[str, str | None, str | None]]:
    """(kind, as what it was meant, why it was refused) of each event."""
    events = ladder.read("county", dispute)["events"]
    return [(e["kind"], e["intended"], e["refused"]) for e in events]


def assign(ladder: Ladder, login: str, role: str, office: str) -> None:
    """Somebody serves an Office from the beginning on."""
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("""
                INSERT INTO assignment (id, user_id, role, office_id, valid_from)
                VALUES (gen_random_uuid(), :user, :role, :office, :at)
            """),
            {
                "user": id_of(f"user {login}"),
                "role": role,
                "office": id_of(office),
                "at": START - timedelta(days=30),
            },
        )


def leave(ladder: Ladder, login: str, after: timedelta) -> None:
    """Somebody's assignment ends so long after the start."""
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("UPDATE assignment SET valid_to = :at WHERE id = :id"),
            {"at": START + after, "id": id_of(f"assignment {login}")},
        )


@pytest.mark.parametrize("pushes", ["one push", "a push each"])
def test_who_has_handed_a_case_over_handles_it_no_more(ladder: Ladder, pushes: str) -> None:
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    phone = ladder.phone("mediator-a1")
    for event, given in AFTER_HANDING_OVER:
        ladder.county.clock.pass_time(minutes=5)
        phone.note("dispute_event", dispute_id=wall, event=event, **given)
        if pushes == "a push each":
            assert [o["status"] for o in phone.deliver()] == ["applied"]
    phone.deliver()
    assert history(ladder, wall)[1:] == [
        ("escalate", None, None),
        ("note", "accept", "not-yours"),
        ("note", "settle", "not-yours"),
    ]
    told = ladder.read("county", wall)["dispute"]
    assert (told["level"], told["status"]) == ("township", "registered")


@pytest.mark.parametrize("pushes", ["one push", "a push each"])
def test_who_takes_a_case_up_goes_on_with_it_at_once(ladder: Ladder, pushes: str) -> None:
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    phone = ladder.phone("township-a")
    for event, given in AFTER_HANDING_OVER:
        ladder.county.clock.pass_time(minutes=5)
        phone.note("dispute_event", dispute_id=wall, event=event, **given)
    outbox = phone.changes
    if pushes == "a push each":
        for change in outbox:
            phone.changes = [change]
            phone.deliver()
    else:
        phone.deliver()
    assert [kind for kind, _, _ in history(ladder, wall)] == [
        "register",
        "escalate",
        "accept",
        "settle",
    ]
    offices = [e["office_id"] for e in ladder.read("county", wall)["events"]]
    assert offices[1:] == [str(id_of("office A"))] * 3


def test_who_left_before_a_case_began_acts_on_nothing_of_it(ladder: Ladder) -> None:
    assign(ladder, "mediator-a2", "mediator", "office A1")
    leave(ladder, "mediator-a1", timedelta(hours=1))
    phone = ladder.phone("mediator-a1")
    for event in ("accept", "note"):
        phone.note("dispute_event", dispute_id=str(id_of("wall")), event=event, why="示例")
    ladder.county.clock.pass_time(hours=2)
    wall = ladder.register("mediator-a2", "wall", village_id=str(id_of("A1")))
    ladder.county.clock.pass_time(hours=1)
    assert [(o["status"], o["reason"]) for o in phone.deliver()] == [
        ("quarantined", "dispute-not-found")
    ] * 2
    assert ladder.kinds(wall) == ["register"]


def test_an_act_meant_for_an_earlier_holding_is_kept_as_a_note(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    phone = ladder.phone("mediator-a1")
    ladder.county.clock.pass_time(hours=1)
    phone.note("dispute_event", dispute_id=wall, event="accept")
    ladder.county.clock.pass_time(hours=1)
    ladder.act("mediator-a1", wall, "settle", agreement="示例")
    ladder.act("mediator-a1", wall, "reopen", why="未履行")
    ladder.county.clock.pass_time(hours=1)
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    assert history(ladder, wall)[-1] == ("note", "accept", "before-this-holding")
    assert ladder.read("county", wall)["dispute"]["status"] == "registered"
    phone.note("dispute_event", dispute_id=wall, event="accept")
    phone.deliver()
    assert ladder.read("county", wall)["dispute"]["status"] == "accepted"


@pytest.mark.parametrize("pushes", ["one push", "a push each"])
def test_a_day_without_a_net_ends_the_same_in_one_push_or_many(ladder: Ladder, pushes: str) -> None:
    phone = ladder.phone("mediator-a1")
    village = str(id_of("A1"))
    ditch = phone.note("dispute", category="neighbours", story="示例", village_id=village)
    acts: list[Given] = [
        ("settle", {"agreement": "共用"}),
        ("reopen", {"why": "未履行"}),
        ("accept", {}),
        *AFTER_HANDING_OVER,
    ]
    for event, given in acts:
        ladder.county.clock.pass_time(hours=1)
        phone.note("dispute_event", dispute_id=ditch, event=event, **given)
    ladder.county.clock.pass_time(days=1)
    outbox = phone.changes
    for change in outbox if pushes == "a push each" else ():
        phone.changes = [change]
        phone.deliver()
    if pushes == "one push":
        phone.deliver()
    assert history(ladder, ditch) == [
        *((kind, None, None) for kind in ("register", "settle", "reopen", "accept", "escalate")),
        ("note", "accept", "not-yours"),
        ("note", "settle", "not-yours"),
    ]


def test_who_did_it_must_be_somebody(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    note = {"id": str(uuid4()), "event": "note", "why": "示例", "done_by": str(uuid4())}
    told = ladder.desk("mediator-a1").post(f"/disputes/{wall}/events", note, expect=422)
    assert told["errors"] == {"done_by": "unknown"}
    phone = ladder.phone("mediator-a1")
    colleague = str(id_of("user worker-a1w"))
    for done_by in (str(uuid4()), "nobody", colleague):
        phone.note("dispute_event", dispute_id=wall, event="note", done_by=done_by)
    assert [(o["status"], o.get("reason")) for o in phone.deliver()] == [
        ("quarantined", "bad-dispute-event"),
        ("quarantined", "bad-dispute-event"),
        ("applied", None),
    ]


def test_a_party_with_an_account_is_nobody_to_the_case_by_that_alone(ladder: Ladder) -> None:
    """Parties act through the resident's door, not through an account of their work."""
    party = {"side": "applicant", "kind": "user", "user_id": str(id_of("user mediator-b1"))}
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")), parties=[party])
    for event in ("note", "withdraw"):
        act = {"id": str(uuid4()), "event": event, "why": "示例"}
        ladder.desk("mediator-b1").post(f"/disputes/{wall}/events", act, expect=404)
    phone = ladder.phone("mediator-b1")
    phone.note("dispute_event", dispute_id=wall, event="withdraw", why="示例")
    assert [o["reason"] for o in phone.deliver()] == ["dispute-not-found"]


def test_an_extension_long_overdue_counts_from_its_grant(ladder: Ladder) -> None:
    """At the county a case waits for years; the days before are in no calendar any more."""
    forest = ladder.register(
        "mediator-a1", "forest", category="forest_and_land", village_id=str(id_of("A1"))
    )
    for step in (100, 200):
        ladder.climb(START + timedelta(days=step))
    with transaction(ladder.county.worker) as session:
        session.execute(text("RESET ROLE"))
        session.execute(text("DELETE FROM calendar_day WHERE day < '2027-11-01'"))
    ladder.county.clock.now = START + timedelta(days=365 * 2)  # Wednesday, 1 March 2028
    ladder.act("county", forest, "accept")
    ladder.act("county", forest, "extend", why="示例")
    told = ladder.act("county", forest, "grant_extension")
    assert told["level"] == "county"
    assert told["due_at"] > (ladder.county.clock.now + timedelta(days=30)).isoformat()


def test_an_extension_beyond_the_calendar_says_so(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    ladder.act("mediator-a1", wall, "accept")
    ladder.act("mediator-a1", wall, "extend", why="示例")
    with transaction(ladder.county.worker) as session:
        session.execute(text("RESET ROLE"))
        session.execute(text("DELETE FROM calendar_day WHERE day > '2026-04-15'"))
    act = {"id": str(uuid4()), "event": "grant_extension"}
    told = ladder.desk("township-a").post(f"/disputes/{wall}/events", act, expect=409)
    assert told["type"] == "/problems/calendar-missing"


def test_a_push_of_many_acts_asks_no_more_than_one_of_few(ladder: Ladder) -> None:
    counts = []
    cases = ladder.register_many("mediator-a1", 45)
    for some in (cases[:5], cases[5:]):
        by = ladder.county.identity("mediator-a1", role=DbRole.PUSH, device="browser")
        fields = [{"dispute_id": str(id_), "event": "escalate", "why": "示例"} for id_ in some]
        new = [NewEvent(uuid4(), said, by.now, by.now) for said in fields]
        asked: list[str] = []
        with transaction(by) as session:

            def count(*args: Any, asked: list[str] = asked) -> None:
                asked.append(args[2])

            listening.listen(session.connection(), "before_cursor_execute", count)
            append_events(session, by, new)
        counts.append(len(asked))
    few, many = counts
    assert many == few < 20
