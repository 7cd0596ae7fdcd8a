"""The file of a new dispute: parties, claims, where exactly, and the same matter again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from server.codes import new_code
from server.db import DbRole, transaction
from server.disputes import service
from server.disputes.service import NewDispute
from server.ladder.policy import DEFAULT
from server.ladder.routing import Category, OfficeKind
from server.policies.service import load_policy
from tests.disputes.conftest import Ladder
from tests.disputes.test_registering import counting
from tests.smallcounty import START, id_of

CODE = new_code(bytes(range(16)))


def ask(ladder: Ladder, sql: str, **values: Any) -> list[Any]:
    """What stands in the database, behind everybody's back."""
    with transaction(ladder.county.worker) as session:
        session.execute(text("RESET ROLE"))
        return list(session.execute(text(sql), values))


def lost_wages(**more: Any) -> dict[str, Any]:
    """Thirty people were not paid; two of them speak for all."""
    return {
        "category": "unpaid_wages",
        "village_id": str(id_of("A1")),
        "people_concerned": 30,
        "size": "group",
        "spot": "示例工地东门",
        "channel": "proxy",
        "parties": [
            {"side": "applicant", "kind": "household", "household_id": str(id_of("A1w-1"))},
            {
                "side": "respondent",
                "kind": "outsider",
                "name": "示某乙",
                "telephone": "00012345678",
            },
            {"side": "third", "kind": "outsider"},
        ],
        "claims": [
            {"content": "付清三月工资", "party": 0},
            {"content": "补签合同"},
        ],
        **more,
    }


def test_a_case_is_written_down_whole(ladder: Ladder) -> None:
    wages = ladder.register("mediator-a1", "wages", **lost_wages())
    told = ladder.read("county", wages)
    assert told["dispute"]["people_concerned"] == 30
    assert told["dispute"]["channel"] == "proxy"
    assert told["spot"] == "示例工地东门"
    names = [(party["side"], party["name"]) for party in told["parties"]]
    assert names == [("applicant", None), ("respondent", "示**"), ("third", None)]
    claims = [(c["n"], c["content"], c["outcome"]) for c in told["claims"]]
    assert claims == [(1, "付清三月工资", None), (2, "补签合同", None)]
    assert told["claims"][0]["party_id"] == told["parties"][0]["id"]
    with transaction(ladder.county.worker) as session:
        assert service.verify_chain(session) == []


def test_what_is_said_of_people_is_sealed(ladder: Ladder) -> None:
    ladder.register("mediator-a1", "wages", **lost_wages())
    for table in ("dispute", "party", "claim", "dispute_event"):
        kept = str(ask(ladder, f"SELECT to_jsonb(t) FROM {table} t"))
        for word in ("东门", "示某乙", "00012345678", "工资"):
            assert word not in kept, (table, word)


WRONG: list[tuple[str, Any]] = [
    ("people_concerned", 0),
    ("people_concerned", 10**7),
    ("people_concerned", "30"),
    ("spot", "东" * 201),
    ("claims", [{"content": "赔"}] * 21),
    ("claims", [{"content": "字" * 501}]),
    ("claims", [{"content": " "}]),
    ("claims", [{"content": "赔", "party": 3}]),
    ("claims", [{"content": "赔", "party": -1}]),
    ("claims", [{"content": "赔", "name": "示某"}]),
    ("claims", "赔"),
    ("parties", [{"side": "third", "kind": "outsider"}] * 51),
    ("parties", [{"side": "third", "kind": "outsider", "id": "first"}]),
    ("parties", [{"side": "third", "kind": "outsider", "id": str(id_of("twice"))}] * 2),
    ("parties", [{"side": "third", "kind": "outsider", "code": "0000-0000"}]),
    ("parties", [{"side": "third", "kind": "household"}]),
    ("relation", "cousin"),
    ("relation", "same"),  # as what?
    ("start_level", "province"),
    ("start_level", "township"),  # why?
]


def test_a_wrong_field_is_named(ladder: Ladder) -> None:
    phone = ladder.phone("mediator-a1")
    for field, value in WRONG:
        wrong = {**lost_wages(), field: value}
        body = {"id": str(uuid4()), "story": "示例", **wrong}
        told = ladder.desk("mediator-a1").post("/disputes", body, expect=422)
        expected = {"relation": "related_id", "start_level": "start_level_why"}.get(field, field)
        errors = told["errors"].get("json", told["errors"])
        assert set(errors) in ({field}, {expected}), (field, value, told)
        phone.note("dispute", story="示例", **wrong)
        (outcome,) = phone.deliver()
        assert (outcome["status"], outcome["reason"]) == ("quarantined", "bad-dispute"), wrong
        assert ask(ladder, "SELECT count(*) FROM dispute") == [(0,)], (field, value)


def test_a_code_made_offline_is_kept_as_a_digest_alone(ladder: Ladder) -> None:
    party = {"side": "applicant", "kind": "outsider", "id": str(uuid4()), "code": CODE.lower()}
    phone = ladder.phone("worker-a1w")
    wages = phone.note("dispute", **lost_wages(story="示例", parties=[party]))
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    kept = ask(ladder, "SELECT party_id FROM party_code WHERE ended_at IS NULL")
    assert kept == [(UUID(party["id"]),)]
    told = str(ladder.read("county", wages))
    for table in (
        "dispute_event",
        "party",
        "party_code",
        "audit_act",
        "sync_receipt",
        "feed_entry",
    ):
        told += str(ask(ladder, f"SELECT to_jsonb(t) FROM {table} t"))
    assert CODE not in told.upper()


def test_who_starts_higher_says_why(ladder: Ladder) -> None:
    up = {"start_level": "township", "start_level_why": "村里是当事方的亲戚"}
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")), **up)
    told = ladder.read("county", wall)
    assert (told["dispute"]["start_level"], told["dispute"]["level"]) == ("township", "township")
    first = told["events"][0]
    assert (first["kind"], first["why"]) == ("register", "村里是当事方的亲戚")
    assert first["details"] == {"start_level": "township"}


def test_nobody_starts_lower_than_what_covers_the_parties(ladder: Ladder) -> None:
    parties = [
        {"side": "applicant", "kind": "household", "household_id": str(id_of("A1w-1"))},
        {"side": "respondent", "kind": "household", "household_id": str(id_of("B1w-1"))},
    ]
    low = {"start_level": "village", "start_level_why": "村里能办"}
    wall = ladder.register("mediator-a1", "wall", parties=parties, **low)
    assert ladder.read("county", wall)["dispute"]["level"] == "county"


def test_another_platforms_number_is_entered_once(ladder: Ladder) -> None:
    ref = {"external_ref": {"system": "12345", "id": "2026-0001"}, "channel": "hotline"}
    desk, body = ladder.desk("mediator-a1"), {"category": "other", "story": "示例"}
    new = {**body, **ref, "village_id": str(id_of("A1"))}
    wall = desk.post("/disputes", {"id": str(uuid4()), **new})["id"]
    assert ladder.read("county", wall)["dispute"]["external_ref"] == ref["external_ref"]
    again = desk.post("/disputes", {"id": str(uuid4()), **new}, expect=409)
    assert again["type"] == "/problems/already-there"


# ---------------------------------------------------------------------------- the same matter


def same_as(dispute: str, **more: Any) -> dict[str, Any]:
    """The same matter, brought again."""
    return {"related_id": dispute, "relation": "same", "village_id": str(id_of("A1")), **more}


def test_the_same_matter_joins_the_open_case(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    ladder.act("mediator-a1", wall, "accept")
    ladder.county.clock.pass_time(days=1)
    again = ladder.register("worker-a1w", "wall again", **same_as(wall))
    joined = ladder.read("county", again)
    assert (joined["dispute"]["status"], joined["dispute"]["related_id"]) == ("joined", wall)
    assert joined["dispute"]["due_at"] is None
    assert [e["kind"] for e in joined["events"]] == ["register", "merge"]
    assert [h["ended_how"] for h in joined["holdings"]] == ["merge"]
    told = ladder.read("county", wall)
    assert (told["dispute"]["status"], told["dispute"]["again"]) == ("accepted", 1)
    assert [e["kind"] for e in told["events"]] == ["register", "accept", "again"]
    assert told["events"][-1]["details"] == {"from": again}
    assert told["related"] == [
        {"id": again, "relation": "same", "status": "joined", "to_it": True},
    ]
    with transaction(ladder.county.worker) as session:
        assert service.verify_chain(session) == []
    assert ladder.climb() == 0


def test_what_joined_takes_along_what_names_it(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    second = ladder.register("mediator-a1", "second", **same_as(wall))
    third = ladder.register("mediator-a1", "third", **same_as(second))
    assert ladder.read("county", third)["dispute"]["related_id"] == wall
    assert ladder.read("county", wall)["dispute"]["again"] == 2


def test_a_phone_brings_a_matter_three_times_in_one_push(ladder: Ladder) -> None:
    phone = ladder.phone("worker-a1w")
    first = phone.note("dispute", category="other", story="示例", village_id=str(id_of("A1")))
    for _ in range(2):
        before = phone.changes[-1]["id"]
        phone.note("dispute", category="other", story="示例", **same_as(before))
    assert [o["status"] for o in phone.deliver()] == ["applied"] * 3
    assert ladder.read("county", first)["dispute"]["again"] == 2
    with transaction(ladder.county.worker) as session:
        assert service.verify_chain(session) == []


def test_a_matter_at_rest_is_not_joined(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    ladder.act("mediator-a1", wall, "withdraw", why="和好了")
    body = {"id": str(uuid4()), "category": "other", "story": "示例", **same_as(wall)}
    told = ladder.desk("mediator-a1").post("/disputes", body, expect=409)
    assert told["type"] == "/problems/matter-not-open"
    assert told["errors"] == {"related_id": "not_open"}
    phone = ladder.phone("worker-a1w")
    again = phone.note("dispute", category="other", story="示例", **same_as(wall))
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    case = ladder.read("county", again)
    assert (case["dispute"]["status"], case["dispute"]["relation"]) == (
        "registered",
        "follows_from",
    )
    assert case["events"][0]["details"] == {"relation": "same", "related_id": wall}
    assert ladder.read("county", wall)["dispute"]["again"] == 0


@pytest.mark.parametrize("other", ["nobody's", "another village's"])
def test_a_matter_that_the_author_does_not_know_is_answered_like_one_that_is_not(
    ladder: Ladder, other: str
) -> None:
    hidden = ladder.register("mediator-b1", "hidden", village_id=str(id_of("B1")))
    named = hidden if other == "another village's" else str(uuid4())
    body = {"id": str(uuid4()), "category": "other", "story": "示例", **same_as(named)}
    told = ladder.desk("mediator-a1").post("/disputes", body, expect=422)
    assert told["errors"] == {"related_id": "unknown"}
    phone = ladder.phone("worker-a1w")
    again = phone.note("dispute", category="other", story="示例", **same_as(named))
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    case = ladder.read("worker-a1w", again)
    assert (case["dispute"]["related_id"], case["dispute"]["relation"]) == (None, None)
    assert case["events"][0]["details"] == {"relation": "same", "related_id": named}
    assert ladder.kinds(hidden) == ["register"]


def test_it_does_not_join_itself(ladder: Ladder) -> None:
    own = str(uuid4())
    body = {"id": own, "category": "other", "story": "示例", **same_as(own)}
    told = ladder.desk("mediator-a1").post("/disputes", body, expect=422)
    assert told["errors"] == {"related_id": "unknown"}


def test_a_hundred_that_join_cost_no_more_questions_than_one(ladder: Ladder) -> None:
    wall = UUID(ladder.register("mediator-a1", "wall", village_id=str(id_of("A1"))))

    def asked(count: int) -> int:
        ladder.county.clock.pass_time(minutes=1)
        by = ladder.county.identity("mediator-a1", role=DbRole.PUSH)
        claims = [{"content": "示例"}]
        fields = {"category": "other", "story": "示例", "claims": claims, **same_as(str(wall))}
        new = [NewDispute(uuid4(), fields, by.now, by.now) for _ in range(count)]
        with transaction(by) as session, counting() as questions:
            service.register_disputes(session, by, new)
        return len(questions)

    ladder.county.sign_in("mediator-a1")
    assert asked(100) == asked(1)
    assert ladder.read("county", str(wall))["dispute"]["again"] == 101


# ----------------------------------------------------------------------------- who receives it


def routed(ladder: Ladder, kind: OfficeKind) -> None:
    """The county sends quarrels of neighbours to Offices of this kind."""
    policy = replace(DEFAULT, version="示例-2", routes={Category.NEIGHBOURS: kind})
    with transaction(ladder.county.worker) as session:
        load_policy(session, ladder.county.worker, policy, "示例")


def open_office(ladder: Ladder, login: str) -> UUID:
    """The village committee of A1, beside its mediation committee; somebody serves there."""
    office = id_of("committee A1")
    values = {
        "id": office,
        "area": id_of("A1"),
        "user": id_of(f"user {login}"),
        "at": START - timedelta(days=1),
    }
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("""
                INSERT INTO office (id, area_id, level, kind, name, public_telephone, lead)
                VALUES (:id, :area, 'village', 'village_committee', '示例村委会', '000', false)
            """),
            values,
        )
        session.execute(
            text("""
                INSERT INTO assignment (id, user_id, role, office_id, valid_from)
                VALUES (gen_random_uuid(), :user, 'mediator', :id, :at)
            """),
            values,
        )
    return office


def test_the_policy_names_the_kind_of_office_that_receives(ladder: Ladder) -> None:
    routed(ladder, OfficeKind.VILLAGE_COMMITTEE)
    committee = open_office(ladder, "mediator-a1")
    village = {"village_id": str(id_of("A1"))}
    wall = ladder.register("mediator-a1", "wall", **village)
    assert ladder.read("county", wall)["dispute"]["office_id"] == str(committee)
    car = ladder.register("mediator-a1", "car", category="traffic", **village)
    assert ladder.read("county", car)["dispute"]["office_id"] == str(id_of("office A1"))
    # Where there is none of that kind, the lead Office.
    there = ladder.register("mediator-a2", "there", village_id=str(id_of("A2")))
    assert ladder.read("county", there)["dispute"]["office_id"] == str(id_of("office A2"))


def test_the_named_kind_is_passed_over_where_its_people_are_parties(ladder: Ladder) -> None:
    routed(ladder, OfficeKind.VILLAGE_COMMITTEE)
    open_office(ladder, "mediator-a1")
    party = {"side": "respondent", "kind": "user", "user_id": str(id_of("user mediator-a1"))}
    where = {"village_id": str(id_of("A1")), "parties": [party]}
    complaint = ladder.register("worker-a1w", "complaint", **where)
    told = ladder.read("county", complaint)["dispute"]
    assert (told["level"], told["first_office_id"]) == ("township", str(id_of("office A")))
