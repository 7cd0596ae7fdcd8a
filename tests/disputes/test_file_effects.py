"""What a move leaves in the file: agreements and their terms, outcomes of claims, dispositions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from server.db import DbRole, transaction
from server.disputes import service
from server.disputes.rules.agreed import followed_up_until
from server.ladder.calendar import LOCAL
from tests.disputes.conftest import Ladder
from tests.smallcounty import id_of

NOBODY = str(id_of("nobody"))
TERMS = [
    {"what": "付清三月工资", "due_on": "2026-04-10"},
    {"what": "补签\n合同", "due_on": "2026-03-20"},
]


@pytest.fixture
def wages(ladder: Ladder) -> str:
    """Unpaid wages, taken up by the village."""
    wages = ladder.register(
        "mediator-a1",
        "wages",
        village_id=str(id_of("A1")),
        parties=[
            {"id": str(id_of("li")), "side": "applicant", "kind": "outsider", "name": "示某甲"},
            {"id": str(id_of("boss")), "side": "respondent", "kind": "outsider"},
        ],
        claims=[{"content": "付清三月工资", "party": 0}, {"content": "道歉", "party": 0}],
    )
    ladder.act("mediator-a1", wages, "accept")
    return wages


def refused(ladder: Ladder, dispute: str, event: str, **fields: Any) -> dict[str, Any]:
    """What is wrong with an act."""
    body = {"id": str(uuid4()), "event": event, **fields}
    answer = ladder.desk("mediator-a1").post(f"/disputes/{dispute}/events", body, expect=422)
    errors: dict[str, Any] = answer["errors"]
    return errors


def test_a_written_agreement_with_terms_is_followed_to_its_end(ladder: Ladder, wages: str) -> None:
    terms = [{**TERMS[0], "party_id": str(id_of("boss"))}, TERMS[1]]
    outcomes = [{"claim": 1, "outcome": "solved"}, {"claim": 2, "outcome": "explained"}]
    settled = ladder.act(
        "mediator-a1", wages, "settle", terms=terms, form="written", outcomes=outcomes
    )
    # 30 days of the policy, and not before the last term is due.
    assert settled["follow_up_until"] >= "2026-04-10T16:00:00+00:00"
    told = ladder.read("township-a", wages)
    assert [c["outcome"] for c in told["claims"]] == ["solved", "explained"]
    (agreement,) = told["agreements"]
    assert (agreement["form"], agreement["effective_on"]) == ("written", "2026-03-02")
    assert agreement["confirm_by"] == "2026-04-01"
    assert agreement["event_id"] == told["events"][-1]["id"]
    assert [(t["n"], t["content"], t["due_on"]) for t in told["terms"]] == [
        (1, "付清三月工资", "2026-04-10"),
        (2, "补签 合同", "2026-03-20"),
    ]
    assert told["terms"][0]["party_id"] == str(id_of("boss"))
    assert told["events"][-1]["agreement"] == "1. 付清三月工资\n2. 补签 合同"

    assert ladder.act("mediator-a1", wages, "fulfil", term=2)["status"] == "settled"
    assert ladder.refusal("mediator-a1", wages, "fulfil", term=2) == "needs-term"
    assert ladder.refusal("mediator-a1", wages, "fulfil", term=3) == "needs-term"
    # That the terms are done is a fact where there are terms, and nobody's word.
    assert ladder.refusal("mediator-a1", wages, "close", terms_done=True) == "needs-terms-done"
    assert ladder.act("mediator-a1", wages, "fulfil", term=1)["status"] == "closed"
    assert ladder.kinds(wages)[-3:] == ["fulfil", "fulfil", "close"]
    told = ladder.read("county", wages)
    assert all(term["done_at"] for term in told["terms"])
    assert told["dispute"]["follow_up_until"] is None
    with transaction(ladder.county.worker) as session:
        assert service.verify_chain(session) == []


def test_an_oral_agreement_binds_when_it_is_reached(ladder: Ladder, wages: str) -> None:
    ladder.act("mediator-a1", wages, "settle", agreement="各退半尺")
    (agreement,) = ladder.read("county", wages)["agreements"]
    assert (agreement["form"], agreement["confirm_by"]) == ("oral", None)
    assert ladder.act("mediator-a1", wages, "close", terms_done=True)["status"] == "closed"


def test_both_sides_ask_the_court_once_and_the_file_says_when(ladder: Ladder, wages: str) -> None:
    ladder.act("mediator-a1", wages, "settle", agreement="各退半尺")
    assert ladder.refusal("mediator-a1", wages, "ask_court") == "needs-court-open"  # it is oral
    ladder.act("mediator-a1", wages, "reopen", why="改为书面")
    assert ladder.refusal("mediator-a1", wages, "ask_court") == "not-from-this-state"
    phone = ladder.phone("mediator-a1")
    for event, said in (("settle", {"agreement": "付清", "form": "written"}), ("ask_court", {})):
        ladder.county.clock.pass_time(minutes=10)
        phone.note("dispute_event", dispute_id=wages, event=event, **said)
    asked_at = ladder.county.clock.now
    ladder.county.clock.pass_time(days=1)
    assert [o["status"] for o in phone.deliver()] == ["applied"] * 2
    oral, written = sorted(ladder.read("county", wages)["agreements"], key=lambda a: a["form"])
    assert oral["confirmed_at"] is None
    assert datetime.fromisoformat(written["confirmed_at"]) == asked_at
    assert ladder.refusal("mediator-a1", wages, "ask_court") == "needs-court-open"
    ladder.act("mediator-a1", wages, "close", terms_done=True)
    assert ladder.refusal("township-a", wages, "ask_court") == "not-yours"


def test_a_new_agreement_stands_in_place_of_the_old_one(ladder: Ladder, wages: str) -> None:
    ladder.act("mediator-a1", wages, "settle", terms=TERMS)
    ladder.act("mediator-a1", wages, "reopen", why="对方反悔")
    ladder.act("mediator-a1", wages, "accept")
    ladder.act("mediator-a1", wages, "settle", terms=[{"what": "分期付清"}])
    told = ladder.read("county", wages)
    assert [t["n"] for t in told["terms"]] == [1, 2, 3]
    assert len(told["agreements"]) == 2
    assert ladder.refusal("mediator-a1", wages, "fulfil", term=1) == "needs-term"
    assert ladder.act("mediator-a1", wages, "fulfil", term=3)["status"] == "closed"


def test_offline_everything_comes_in_one_push(ladder: Ladder, wages: str) -> None:
    phone = ladder.phone("mediator-a1")

    def note(event: str, **fields: Any) -> None:
        ladder.county.clock.pass_time(minutes=10)
        phone.note("dispute_event", dispute_id=wages, event=event, **fields)

    note("mediate", place="村委会", present=4, why="第一次", party_id=str(id_of("li")))
    note("dispose", disposition="now", why="当场付清")
    note("settle", terms=[TERMS[0]], outcomes=[{"claim": 1, "outcome": "solved"}])
    note("fulfil", term=1)
    note("fulfil", term=1)  # twice: a note
    note("note", why="都走了")
    assert [o["status"] for o in phone.deliver()] == ["applied"] * 6
    told = ladder.read("county", wages)
    assert [(e["kind"], e["refused"]) for e in told["events"][2:]] == [
        *(("mediate", None), ("dispose", None), ("settle", None), ("fulfil", None)),
        *(("close", None), ("note", "not-from-this-state"), ("note", None)),
    ]
    session = told["events"][2]
    assert session["details"] == {"present": 4}
    assert session["why"] == "第一次\n地点 Place: 村委会"
    assert session["party_id"] == str(id_of("li"))
    assert told["dispute"]["disposition"] == "now"
    with transaction(ladder.county.worker) as db_session:
        assert service.verify_chain(db_session) == []


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("settle", {"agreement": "好", "outcomes": [{"claim": 3, "outcome": "solved"}]}),
        ("settle", {"terms": [{"what": "赔", "party_id": NOBODY}]}),
        ("note", {"why": "好", "party_id": NOBODY}),
        ("dispose", {"disposition": "joint_study", "offices": [NOBODY]}),
        (
            "dispose",
            {"disposition": "scheduled", "by_date": "2026-04-01", "owner_id": NOBODY},
        ),
    ],
)
def test_what_an_act_names_must_be_there(
    ladder: Ladder, wages: str, event: str, fields: dict[str, Any]
) -> None:
    field = next(
        name for name in ("outcomes", "terms", "party_id", "offices", "owner_id") if name in fields
    )
    assert refused(ladder, wages, event, **fields) == {field: "unknown"}
    phone = ladder.phone("mediator-a1")
    phone.note("dispute_event", dispute_id=wages, event=event, **fields)
    phone.note("dispute_event", dispute_id=wages, event="note", why="其他")
    assert [(o["status"], o.get("reason")) for o in phone.deliver()] == [
        ("quarantined", "bad-dispute-event"),
        ("applied", None),
    ]


def test_another_cases_party_is_none_of_this_one(ladder: Ladder, wages: str) -> None:
    party = {"id": str(id_of("wang")), "side": "applicant", "kind": "outsider"}
    ladder.register("mediator-a1", "other", village_id=str(id_of("A1")), parties=[party])
    told = refused(ladder, wages, "note", why="好", party_id=str(id_of("wang")))
    assert told == {"party_id": "unknown"}


def test_a_disposition_without_what_it_asks_for_is_none(ladder: Ladder, wages: str) -> None:
    half = {"disposition": "scheduled", "by_date": "2026-04-01"}
    assert ladder.refusal("mediator-a1", wages, "dispose", **half) == "needs-disposition"
    owner = str(id_of("user township-a"))
    told = ladder.act("mediator-a1", wages, "dispose", **half, owner_id=owner)
    assert (told["disposition"], told["status"]) == ("scheduled", "accepted")
    details = ladder.read("county", wages)["events"][-1]["details"]
    assert details == {"disposition": "scheduled", "by_date": "2026-04-01", "owner_id": owner}


def test_a_settled_case_stays_open_to_the_follow_up_as_long_as_a_term_runs() -> None:
    settled = datetime(2026, 3, 2, 9, tzinfo=LOCAL)
    assert followed_up_until(settled, 30, []) == settled + timedelta(days=30)
    assert followed_up_until(settled, 30, [date(2026, 3, 5)]) == settled + timedelta(days=30)
    late = followed_up_until(settled, 30, [date(2026, 3, 5), date(2026, 6, 30)])
    assert late == datetime(2026, 7, 1, tzinfo=LOCAL)


def test_whoever_helps_may_say_that_the_last_term_is_done(ladder: Ladder, wages: str) -> None:
    """The case closes all the same; the Office that holds it hears of it."""
    ladder.act("mediator-a1", wages, "escalate", why="村里办不了")
    ladder.act("township-a", wages, "join", to_office=str(id_of("office A1")), why="村里熟悉")
    ladder.act("township-a", wages, "settle", terms=[TERMS[0]])
    assert ladder.act("mediator-a1", wages, "fulfil", term=1)["status"] == "closed"
    last = ladder.read("county", wages)["events"][-1]
    assert (last["kind"], last["office_id"]) == ("close", str(id_of("office A1")))
    with transaction(ladder.county.worker) as session:
        assert service.verify_chain(session) == []
        told = session.execute(text("SELECT office_ids FROM notice WHERE kind = 'closed'"))
        assert [row.office_ids for row in told] == [[id_of("office A")]]


FILED = {
    "claim": "INSERT INTO claim (id, dispute_id, n, content) VALUES (:id, :case, 9, 'x')",
    "agreement": """
        INSERT INTO agreement (id, dispute_id, event_id, form, effective_on)
        SELECT :id, :case, id, 'oral', '2026-03-02' FROM dispute_event WHERE dispute_id = :case""",
    "term": """
        INSERT INTO term (id, dispute_id, agreement_id, n, content)
        SELECT :id, :case, id, 9, 'x' FROM agreement WHERE dispute_id = :case""",
}
BECAME = {"claim": "outcome", "agreement": "confirmed_at", "term": "done_at"}


@pytest.mark.parametrize("table", FILED)
@pytest.mark.parametrize("role", [DbRole.APP, DbRole.PUSH])
def test_behind_the_ladder_the_database_lets_nobody_write_without_a_move(
    ladder: Ladder, wages: str, table: str, role: DbRole
) -> None:
    ladder.act("mediator-a1", wages, "settle", terms=TERMS)
    ladder.county.clock.pass_time(minutes=1)
    by = ladder.county.identity("mediator-a1", role=role)
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction(by) as session,
    ):
        session.execute(text(FILED[table]), {"id": uuid4(), "case": wages})
    with transaction(by) as session:
        changed = session.execute(text(f"UPDATE {table} SET {BECAME[table]} = NULL"))
        assert changed.rowcount == 0  # type: ignore[attr-defined] # a CursorResult has it


@pytest.mark.parametrize("table", FILED)
def test_whoever_may_not_read_a_case_reads_nothing_of_its_file(
    ladder: Ladder, wages: str, table: str
) -> None:
    ladder.act("mediator-a1", wages, "settle", terms=TERMS)
    seen = {}
    for login in ("mediator-a1", "worker-a1w", "township-a", "county", "mediator-b1", "system"):
        with transaction(ladder.county.identity(login)) as session:
            seen[login] = session.scalar(text(f"SELECT count(*) FROM {table}")) or 0
    assert all(seen[login] for login in ("mediator-a1", "worker-a1w", "township-a", "county"))
    assert not any(seen[login] for login in ("mediator-b1", "system"))
