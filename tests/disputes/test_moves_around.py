"""Around a case: Offices that help, supervision from above, and who steps aside."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from tests.disputes.conftest import Ladder
from tests.disputes.offices import holdings, open_office, present, table, told
from tests.disputes.test_walls import forge
from tests.smallcounty import id_of

A1, A, COUNTY = (str(id_of(f"office {name}")) for name in ("A1", "A", "county"))


@pytest.fixture
def wall(ladder: Ladder) -> str:
    """A case that village A1 has accepted."""
    dispute = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")))
    ladder.act("mediator-a1", dispute, "accept")
    return dispute


@pytest.fixture
def bureau(ladder: Ladder) -> str:
    """A county bureau that is not the lead Office."""
    return open_office(ladder, "bureau", "county", "county", "bureau", kind="bureau")


def joint(ladder: Ladder, dispute: str) -> list[tuple[Any, bool]]:
    rows = table(
        ladder,
        "SELECT office_id, ended_at IS NULL AS helps FROM joint_office WHERE dispute_id = :id",
        id=dispute,
    )
    return [tuple(row) for row in rows]


def supervised(ladder: Ladder, dispute: str) -> list[tuple[str, date, bool]]:
    rows = table(
        ladder,
        """
        SELECT kind, until, lifted_at IS NOT NULL AS lifted FROM supervision
         WHERE dispute_id = :id ORDER BY since, kind
        """,
        id=dispute,
    )
    return [tuple(row) for row in rows]


def test_an_office_helps_until_it_leaves_and_never_leads(ladder: Ladder, wall: str) -> None:
    helper = open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    ladder.act("mediator-a1", wall, "join", why="请村委会协助", to_office=helper)
    assert told(ladder, wall, "joined") == [{id_of("committee A1")}]
    assert ladder.refusal("mediator-a1", wall, "join", why="再请", to_office=helper) == (
        "needs-target-office"
    )
    assert ladder.act("clerk-a1", wall, "mediate", why="到场")["status"] == "in_mediation"
    [event] = [e for e in ladder.read("county", wall)["events"] if e["kind"] == "mediate"]
    assert event["office_id"] == helper
    assert ladder.refusal("clerk-a1", wall, "settle", agreement="示例") == "not-yours"
    assert ladder.refusal("clerk-a1", wall, "leave", why="办完", to_office=helper) == "not-yours"
    ladder.act("mediator-a1", wall, "leave", why="已不需要", to_office=helper)
    assert joint(ladder, wall) == [(id_of("committee A1"), False)]
    assert ladder.refusal("clerk-a1", wall, "mediate") == "not-yours"
    assert ladder.refusal("mediator-a1", wall, "leave", why="示", to_office=helper) == (
        "needs-joined-office"
    )


def test_a_helper_writes_in_its_own_name_alone(ladder: Ladder, wall: str, bureau: str) -> None:
    ladder.act("township-a", wall, "join", why="请县局协助", to_office=bureau)
    assert joint(ladder, wall) == [(id_of("bureau"), True)]
    ladder.county.clock.pass_time(hours=1)
    forge(ladder, "bureau", wall, "mediate", office=id_of("bureau"))
    with pytest.raises(DBAPIError, match="row-level security"):
        forge(ladder, "bureau", wall, "mediate", office=id_of("office A1"))


def test_the_helper_that_receives_the_case_leads_it(ladder: Ladder, wall: str) -> None:
    helper = open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    ladder.act("mediator-a1", wall, "join", why="请村委会协助", to_office=helper)
    ladder.act("mediator-a1", wall, "transfer", why="由村委会办", to_office=helper)
    assert joint(ladder, wall) == [(id_of("committee A1"), False)]
    assert ladder.act("clerk-a1", wall, "accept")["office_id"] == helper


@pytest.mark.parametrize("kind", ["tracked", "listed", "time_limited", "dynamic"])
def test_it_is_supervised_from_above_and_lifted_with_a_reason(
    ladder: Ladder, wall: str, kind: str
) -> None:
    given = {"why": "久拖未决", "kind": kind, "until": "2026-04-01"}
    assert ladder.refusal("mediator-a1", wall, "supervise", **given) == "not-yours"
    assert ladder.refusal("township-a", wall, "supervise", why="示", kind=kind) == (
        "needs-supervision"
    )
    ladder.act("township-a", wall, "supervise", **given)
    assert supervised(ladder, wall) == [(kind, date(2026, 4, 1), False)]
    assert told(ladder, wall, "supervised") == [{id_of("office A1")}]
    assert ladder.refusal("township-a", wall, "lift") == "needs-reason"
    assert ladder.refusal("mediator-a1", wall, "lift", why="示例") == "not-yours"
    ladder.act("township-a", wall, "lift", why="已推进")
    assert supervised(ladder, wall) == [(kind, date(2026, 4, 1), True)]
    assert ladder.refusal("township-a", wall, "lift", why="再解") == "needs-supervised"


def test_one_kind_is_lifted_and_the_other_stays(ladder: Ladder, wall: str) -> None:
    for kind in ("listed", "tracked"):
        given = {"why": "示例", "kind": kind, "until": "2026-04-01"}
        ladder.act("township-a", wall, "supervise", **given)
    ladder.act("county", wall, "lift", why="已推进", kind="listed")
    assert [(kind, lifted) for kind, _, lifted in supervised(ladder, wall)] == [
        ("listed", True),
        ("tracked", False),
    ]


def test_a_morning_of_moves_in_one_push_ends_as_one_by_one(ladder: Ladder, wall: str) -> None:
    helper = open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    phone = ladder.phone("township-a")
    until = {"kind": "listed", "until": "2026-04-01"}
    for event, given in (
        ("supervise", until),
        ("join", {"to_office": helper}),
        ("leave", {"to_office": helper}),
        ("join", {"to_office": helper}),
        ("lift", {}),
        ("escalate", {}),
        ("return", {}),
    ):
        ladder.county.clock.pass_time(minutes=5)
        phone.note("dispute_event", dispute_id=wall, event=event, why="示例", **given)
    assert [o["status"] for o in phone.deliver()] == ["applied"] * 7
    assert joint(ladder, wall) == [(id_of("committee A1"), False), (id_of("committee A1"), True)]
    assert [lifted for _, _, lifted in supervised(ladder, wall)] == [True]
    assert holdings(ladder, wall) == [
        ("village", "register", "escalate"),
        ("township", "escalate", "return"),
        ("village", "return", None),
    ]


def test_one_steps_aside_oneself_and_others_by_the_office_above(ladder: Ladder, wall: str) -> None:
    open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    mediator, clerk = (str(id_of(f"user {login}")) for login in ("mediator-a1", "clerk-a1"))
    assert ladder.refusal("mediator-a1", wall, "recuse", person=clerk) == "needs-person"
    ladder.act("township-a", wall, "recuse", person=clerk, why="亲属")
    phone = ladder.phone("mediator-a1")
    phone.note("dispute_event", dispute_id=wall, event="recuse", person=mediator)
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    rows = table(ladder, "SELECT user_id, found_by FROM recusal WHERE dispute_id = :id", id=wall)
    assert {(str(row.user_id), row.found_by) for row in rows} == {
        (clerk, "asked"),
        (mediator, "declared"),
    }
    ladder.county.clock.pass_time(minutes=5)
    phone.note("dispute_event", dispute_id=wall, event="mediate")
    assert [o["reason"] for o in phone.deliver()] == ["dispute-not-found"]
    assert ladder.desk("mediator-a1").call("GET", f"/disputes/{wall}").status_code == 404


def test_what_was_written_before_one_stepped_aside_is_a_note(ladder: Ladder, wall: str) -> None:
    phone = ladder.phone("mediator-a1")
    ladder.county.clock.pass_time(hours=1)
    phone.note("dispute_event", dispute_id=wall, event="settle", agreement="各退半尺")
    ladder.county.clock.pass_time(hours=1)
    ladder.act("township-a", wall, "recuse", person=str(id_of("user mediator-a1")), why="亲属")
    ladder.county.clock.pass_time(hours=1)
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    last = ladder.read("county", wall)["events"][-1]
    assert (last["kind"], last["intended"], last["refused"]) == ("note", "settle", "recused")
    assert present(ladder, wall).ended_at is None


def test_an_office_that_must_step_aside_is_passed_over_by_hand(ladder: Ladder, wall: str) -> None:
    given = {"why": "负责人是当事人", "to_office": A}
    assert ladder.refusal("township-a", wall, "pass_over", **given) == "needs-head-is-party"
    table(
        ladder,
        """
        INSERT INTO recusal (id, dispute_id, office_id, found_by, since)
        VALUES (gen_random_uuid(), :id, :office, 'account', now()) RETURNING id
        """,
        id=wall,
        office=A1,
    )
    ladder.county.clock.pass_time(minutes=5)
    assert ladder.refusal("township-a", wall, "pass_over", why="示", to_office=A1) == (
        "needs-target-office"
    )
    moved = ladder.act("township-a", wall, "pass_over", **given)
    assert (moved["level"], moved["status"]) == ("township", "registered")
    assert present(ladder, wall).climbed_from is None
    back = {"why": "示例", "to_office": A1}
    assert ladder.refusal("township-a", wall, "hand_down", **back) == "needs-target-office"
