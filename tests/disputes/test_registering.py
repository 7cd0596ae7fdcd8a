"""Registering: what a dispute names must be known, what is not there yet is nobody's fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, text

from server.db import DbRole, db, transaction
from server.disputes import service
from server.disputes.service import NewDispute
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of


def without(ladder: Ladder, sql: str) -> None:
    """Something is missing in the database."""
    with transaction(ladder.county.worker) as session:
        session.execute(text("RESET ROLE"))
        session.execute(text(sql))


@pytest.mark.parametrize(
    ("missing", "reason"), [("calendar_day", "calendar-missing"), ("policy_version", "no-policy")]
)
def test_what_the_server_lacks_sets_a_case_aside_whole_for_a_person(
    ladder: Ladder, missing: str, reason: str
) -> None:
    without(ladder, f"DELETE FROM {missing}")
    phone = ladder.phone("worker-a1w")
    phone.note("dispute", category="other", story="示例", village_id=str(id_of("A1")))
    assert [(o["status"], o["reason"]) for o in phone.deliver()] == [("quarantined", reason)]
    with transaction(ladder.county.worker) as session:
        assert session.scalar(text("SELECT count(*) FROM sync_quarantine")) == 1


def test_the_author_keeps_what_lies_in_a_colleagues_cell(ladder: Ladder) -> None:
    wall = ladder.register("worker-a1w", "wall", cell_id=str(id_of("A1e")))
    assert ladder.read("worker-a1w", wall)["dispute"]["cell_id"] == str(id_of("A1e"))
    desk = ladder.desk("worker-a1w")
    assert desk.get("/disputes")["total"] == 1
    phone = ladder.phone("worker-a1w")
    phone.note("dispute_event", dispute_id=wall, event="note", why="示例")
    other = phone.note("dispute", category="other", story="示例", cell_id=str(id_of("A1e")))
    phone.note("dispute_event", dispute_id=other, event="note", why="示例")
    assert [o["status"] for o in phone.deliver()] == ["applied"] * 3
    assert desk.get("/disputes")["total"] == 2


def test_who_serves_the_village_no_more_reads_not_even_the_own_ones(ladder: Ladder) -> None:
    wall = ladder.register("worker-a1w", "wall", cell_id=str(id_of("A1e")))
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("UPDATE assignment SET cell_id = :cell WHERE id = :id"),
            {"cell": id_of("B1w"), "id": id_of("assignment worker-a1w")},
        )
    ladder.county.clock.pass_time(hours=1)
    desk = ladder.desk("worker-a1w")
    assert desk.call("GET", f"/disputes/{wall}").status_code == 404
    assert desk.get("/disputes")["total"] == 0


def test_an_unknown_name_is_told_by_its_field(ladder: Ladder) -> None:
    desk = ladder.desk("mediator-a1")
    good = {"category": "other", "story": "示例", "village_id": str(id_of("A1"))}
    user = {"side": "applicant", "kind": "user", "user_id": str(uuid4())}
    office = {"side": "applicant", "kind": "office", "office_id": str(uuid4())}
    for wrong in ({"done_by": str(uuid4())}, {"related_id": str(uuid4())}):
        told = desk.post("/disputes", {"id": str(uuid4()), **good, **wrong}, expect=422)
        assert told["errors"] == dict.fromkeys(wrong, "unknown")
    for party in (user, office):
        told = desk.post("/disputes", {"id": str(uuid4()), **good, "parties": [party]}, expect=422)
        assert told["errors"] == {"parties": "unknown"}


def test_a_bad_id_on_a_phone_is_named_like_any_other_field(ladder: Ladder) -> None:
    phone = ladder.phone("mediator-a1")
    village = str(id_of("A1"))
    for wrong in ({"done_by": "nobody"}, {"occurred_at": "yesterday"}, {"occurred_at": 10**17}):
        phone.note("dispute", category="other", story="示例", village_id=village, **wrong)
    assert [(o["status"], o["reason"]) for o in phone.deliver()] == [
        ("quarantined", "bad-dispute")
    ] * 3


def test_a_day_of_many_disputes_costs_no_more_questions_than_one(ladder: Ladder) -> None:
    def asked(count: int) -> int:
        ladder.county.clock.pass_time(minutes=1)
        by = ladder.county.identity("mediator-a1", role=DbRole.PUSH)
        colleague = id_of("user worker-a1w")
        office = {"side": "third", "kind": "office", "office_id": id_of("office A")}
        fields = {"category": "other", "story": "示例", "village_id": id_of("A1")}
        whole = {**fields, "parties": [office]}
        new = [NewDispute(uuid4(), whole, by.now, by.now, done_by=colleague) for _ in range(count)]
        with transaction(by) as session, counting() as questions:
            service.register_disputes(session, by, new)
        return len(questions)

    ladder.county.sign_in("mediator-a1")
    assert asked(20) == asked(1)


@contextmanager
def counting() -> Iterator[list[str]]:
    """What the app asks the database meanwhile."""
    asked: list[str] = []

    def note(*args: Any) -> None:
        if args[2].lstrip().startswith(("SELECT", "WITH")):
            asked.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_an_office_with_none_but_strangers_to_its_level_counts_as_empty(ladder: Ladder) -> None:
    """A county officer or an administrator at the township's Office can do nothing there."""
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("UPDATE assignment SET role = :role WHERE id = :id"),
            {"role": "county_office", "id": id_of("assignment township-a")},
        )
        session.execute(
            text("""
                INSERT INTO assignment (id, user_id, role, office_id, valid_from)
                VALUES (gen_random_uuid(), :user, 'audit_admin', :office, :at)
            """),
            {
                "user": id_of("user auditor"),
                "office": id_of("office A"),
                "at": START - timedelta(days=1),
            },
        )
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    assert ladder.act("mediator-a1", wall, "escalate", why="示例")["level"] == "county"
