"""Where a case goes between the Offices: down, back, across, up, and who is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from server.db import transaction
from server.disputes.errors import MoveRefused
from server.ladder.policy import DEFAULT, Granter
from server.ladder.routing import Level
from server.policies.service import load_policy
from tests.disputes.conftest import Ladder
from tests.disputes.offices import (
    by_code,
    holdings,
    leave_office,
    open_office,
    party_of,
    present,
    table,
    told,
)
from tests.smallcounty import START, id_of

A1, A, COUNTY = (str(id_of(f"office {name}")) for name in ("A1", "A", "county"))


@pytest.fixture
def wall(ladder: Ladder) -> str:
    """A quarrel in village A1 between two households of its west cell."""
    sides = (("A1w-1", "applicant"), ("A1w-2", "respondent"))
    parties = [
        {"side": side, "kind": "household", "household_id": str(id_of(home))}
        for home, side in sides
    ]
    return ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")), parties=parties)


@pytest.fixture
def at_the_county(ladder: Ladder, wall: str) -> str:
    """The same, sent up twice: the county holds it."""
    ladder.act("mediator-a1", wall, "escalate", why="村里办不了")
    ladder.act("township-a", wall, "escalate", why="镇里办不了")
    return wall


def test_the_county_hands_a_case_down_and_stays_answerable(
    ladder: Ladder, at_the_county: str
) -> None:
    down = ladder.act("county", at_the_county, "hand_down", why="由镇办理", to_office=A)
    assert (down["level"], down["status"], down["office_id"]) == ("township", "registered", A)
    held = present(ladder, at_the_county)
    assert (str(held.sent_by), held.climbed_from) == (COUNTY, None)
    assert held.objection_by.date().isoformat() == "2026-03-09"  # five working days, at midnight
    assert held.due_at == min(held.accept_by, held.handle_by)
    assert told(ladder, at_the_county, "handed_down") == [{id_of("office A")}]
    ladder.act("township-a", at_the_county, "settle", agreement="各退半尺")
    assert told(ladder, at_the_county, "settled") == [{id_of("office A"), id_of("office county")}]


def test_an_objection_that_is_upheld_sends_it_back_and_it_goes_down_once_more_elsewhere(
    ladder: Ladder, at_the_county: str
) -> None:
    ladder.act("county", at_the_county, "hand_down", why="由镇办理", to_office=A)
    assert ladder.refusal("township-a", at_the_county, "object") == "needs-reason"
    ladder.act("township-a", at_the_county, "object", why="不属本镇职责")
    assert told(ladder, at_the_county, "objection") == [{id_of("office county")}]
    assert ladder.refusal("township-a", at_the_county, "object", why="再说一次") == (
        "needs-objection-time"
    )
    assert ladder.refusal("township-a", at_the_county, "uphold_objection") == "not-yours"
    back = ladder.act("county", at_the_county, "uphold_objection")
    assert (back["level"], back["office_id"]) == ("county", COUNTY)
    again = {"why": "请镇办理", "to_office": A}
    assert ladder.refusal("county", at_the_county, "hand_down", **again) == "needs-target-office"
    ladder.act("county", at_the_county, "hand_down", why="由村办理", to_office=A1)
    ladder.act("mediator-a1", at_the_county, "object", why="村里办不了")
    ladder.act("county", at_the_county, "uphold_objection")
    third = {**again, "to_office": open_office(ladder, "third", "A1", "village", "clerk-a1")}
    assert ladder.refusal("county", at_the_county, "hand_down", **third) == "needs-first-down"
    assert holdings(ladder, at_the_county)[2:] == [
        ("county", "escalate", "hand_down"),
        ("township", "hand_down", "uphold_objection"),
        ("county", "uphold_objection", "hand_down"),
        ("village", "hand_down", "uphold_objection"),
        ("county", "uphold_objection", None),
    ]


def test_an_objection_has_its_time_and_is_dismissed_with_a_reason(
    ladder: Ladder, at_the_county: str
) -> None:
    ladder.act("county", at_the_county, "hand_down", why="由镇办理", to_office=A)
    ladder.act("township-a", at_the_county, "object", why="不属本镇职责")
    assert ladder.refusal("county", at_the_county, "dismiss_objection") == "needs-reason"
    ladder.act("county", at_the_county, "dismiss_objection", why="属地办理")
    assert told(ladder, at_the_county, "objection_decided") == [{id_of("office A")}]
    assert ladder.refusal("county", at_the_county, "uphold_objection") == "needs-objection-open"
    assert ladder.act("township-a", at_the_county, "accept")["level"] == "township"
    wet = ladder.register("mediator-a1", "wet", category="pollution", village_id=str(id_of("A1")))
    ladder.act("mediator-a1", wet, "escalate", why="示例")
    ladder.act("township-a", wet, "return", why="请村里先办")
    ladder.county.clock.now = START + timedelta(days=7, hours=16)
    assert ladder.refusal("mediator-a1", wet, "object", why="迟了") == "needs-objection-time"


def test_what_came_up_is_returned_to_where_it_came_from_once(ladder: Ladder, wall: str) -> None:
    assert ladder.refusal("mediator-a1", wall, "return", why="示例") == "needs-came-up"
    ladder.climb(START + timedelta(days=20))
    ladder.county.clock.now = START + timedelta(days=20)
    assert ladder.refusal("township-a", wall, "return") == "needs-reason"
    back = ladder.act("township-a", wall, "return", why="村里尚可调解")
    assert (back["level"], back["office_id"]) == ("village", A1)
    assert told(ladder, wall, "returned") == [{id_of("office A1")}]
    ladder.act("mediator-a1", wall, "escalate", why="确实办不了")
    assert ladder.refusal("township-a", wall, "return", why="再试") == "needs-first-down"
    assert ladder.refusal("township-a", wall, "hand_down", why="示", to_office=A1) == (
        "needs-first-down"
    )


def test_it_is_not_returned_to_an_office_without_anybody(ladder: Ladder, wall: str) -> None:
    ladder.act("mediator-a1", wall, "escalate", why="村里办不了")
    leave_office(ladder, "mediator-a1")
    ladder.county.clock.pass_time(hours=1)
    assert ladder.refusal("township-a", wall, "return", why="请村里办") == "needs-came-up"
    assert ladder.refusal("township-a", wall, "hand_down", why="示", to_office=A1) == (
        "needs-target-office"
    )


def test_across_it_goes_once_and_back_by_an_objection(ladder: Ladder, wall: str) -> None:
    other = open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    moved = ladder.act("mediator-a1", wall, "transfer", why="涉及村务", to_office=other)
    assert (moved["level"], moved["office_id"]) == ("village", other)
    assert told(ladder, wall, "transferred") == [{id_of("committee A1")}]
    assert ladder.refusal("clerk-a1", wall, "transfer", why="示", to_office=A1) == (
        "needs-first-transfer"
    )
    ladder.act("clerk-a1", wall, "object", why="属调解委员会")
    back = ladder.act("mediator-a1", wall, "uphold_objection")
    assert back["office_id"] == A1
    assert ladder.refusal("mediator-a1", wall, "transfer", why="示", to_office=other) == (
        "needs-target-office"
    )
    # The Office above moves it whatever was said before.
    third = open_office(ladder, "third A1", "A1", "village", "third-a1")
    moved = ladder.act("township-a", wall, "transfer", why="由第三家办", to_office=third)
    assert (moved["office_id"], str(present(ladder, wall).sent_by)) == (third, A)


UNFIT: list[tuple[str, str, str]] = [
    ("hand_down", "county", "office B"),  # does not cover the place
    ("hand_down", "county", "office B1"),
    ("hand_down", "county", "office county"),  # itself
    ("hand_down", "county", "office A2"),
    ("transfer", "county", "office A"),  # another level
    ("transfer", "county", "nowhere"),
    ("join", "county", "office county"),
    ("join", "county", "office B"),
]


@pytest.mark.parametrize(("event", "login", "office"), UNFIT)
def test_an_office_that_cannot_have_it_does_not_get_it(
    ladder: Ladder, at_the_county: str, event: str, login: str, office: str
) -> None:
    given = {"why": "示例", "to_office": str(id_of(office))}
    assert ladder.refusal(login, at_the_county, event, **given) == "needs-target-office"
    phone = ladder.phone(login)
    phone.note("dispute_event", dispute_id=at_the_county, event=event, **given)
    phone.note("dispute_event", dispute_id=at_the_county, event=event, why="示例")
    assert [o["status"] for o in phone.deliver()] == ["applied", "applied"]
    last = ladder.read("county", at_the_county)["events"][-2:]
    assert [(e["intended"], e["refused"]) for e in last] == [(event, "needs-target-office")] * 2


def test_an_extension_is_answered_by_the_office_above_or_declined(
    ladder: Ladder, wall: str
) -> None:
    before = ladder.act("mediator-a1", wall, "accept")["due_at"]
    ladder.act("mediator-a1", wall, "extend", why="当事人外出")
    held = present(ladder, wall)
    assert held.extension_answer_by.date().isoformat() == "2026-03-05"
    assert held.due_at.isoformat() == before  # what is asked for is not yet granted
    assert told(ladder, wall, "extension_asked") == [{id_of("office A1"), id_of("office A")}]
    assert ladder.refusal("township-a", wall, "decline_extension") == "needs-reason"
    ladder.act("township-a", wall, "decline_extension", why="请按期办结")
    assert told(ladder, wall, "extension_answered") == [{id_of("office A1")}]
    assert ladder.refusal("township-a", wall, "grant_extension") == "needs-extension-asked"
    assert ladder.refusal("mediator-a1", wall, "extend", why="再请") == "needs-first-extension"
    assert present(ladder, wall).due_at.isoformat() == before


def test_who_waits_for_an_answer_does_not_climb_meanwhile(ladder: Ladder, wall: str) -> None:
    due = present(ladder, wall).handle_by
    ladder.act("mediator-a1", wall, "accept")
    ladder.county.clock.now = due - timedelta(hours=8)
    ladder.act("mediator-a1", wall, "extend", why="当事人外出")
    held = present(ladder, wall)
    assert held.due_at == held.extension_answer_by > held.handle_by
    assert ladder.climb(due) == 0
    ladder.act("township-a", wall, "decline_extension", why="请按期办结")
    assert present(ladder, wall).due_at == due
    assert ladder.climb(due) == 1


def test_a_party_asks_for_the_next_level_and_decides_itself(ladder: Ladder, wall: str) -> None:
    asked, other = party_of(ladder, wall), party_of(ladder, wall, "respondent")
    assert ladder.refusal("mediator-a1", wall, "request") == "needs-party-named"
    assert ladder.refusal("mediator-a1", wall, "request", party_id=str(uuid4())) == (
        "needs-party-named"
    )
    by_code(ladder, wall, "request", why="请镇里办")
    assert told(ladder, wall, "party_request") == [{id_of("office A1"), id_of("office A")}]
    held = present(ladder, wall)
    assert (held.request_party_id, held.request_answer_by.date().isoformat()) == (
        asked,
        "2026-03-05",
    )
    assert held.due_at == held.request_answer_by
    again = {"party_id": str(other)}
    assert ladder.refusal("mediator-a1", wall, "request", **again) == "needs-no-request"
    assert ladder.refusal("mediator-a1", wall, "go", party_id=str(asked)) == (
        "needs-request-answered"
    )
    ladder.act("mediator-a1", wall, "answer", why="明日上门调解")
    assert present(ladder, wall).due_at == held.accept_by
    assert ladder.refusal("mediator-a1", wall, "stay", party_id=str(asked)) == "not-yours"
    assert ladder.refusal("township-a", wall, "stay", **again) == "needs-request-answered"
    with pytest.raises(MoveRefused):
        by_code(ladder, wall, "go", "respondent")
    by_code(ladder, wall, "go")
    assert holdings(ladder, wall) == [("village", "register", "go"), ("township", "go", None)]
    # Nobody sends it back to where the party did not want to stay.
    assert ladder.refusal("township-a", wall, "return", why="示例") == "needs-came-up"


def test_a_party_that_stays_may_ask_again_later(ladder: Ladder, wall: str) -> None:
    for decision in ("stay", "go"):
        by_code(ladder, wall, "request", why="请镇里办")
        ladder.act("mediator-a1", wall, "answer", why="明日上门调解")
        by_code(ladder, wall, decision)
        ladder.county.clock.pass_time(minutes=5)
    assert holdings(ladder, wall)[-1][:2] == ("township", "go")


def test_a_party_may_withdraw_but_not_accept(ladder: Ladder, wall: str) -> None:
    for event in ("accept", "alert", "hand_down"):
        with pytest.raises(Exception, match="办理记录有误"):
            by_code(ladder, wall, event, why="示例")
    by_code(ladder, wall, "withdraw", why="已和好")
    events = ladder.read("county", wall)["events"]
    assert (events[-1]["kind"], events[-1]["recorded_by"]) == ("withdraw", None)
    assert ladder.read("county", wall)["dispute"]["status"] == "withdrawn"


def test_a_party_that_is_not_satisfied_reopens_it_one_level_up_once_from_each(
    ladder: Ladder, wall: str
) -> None:
    for login, level in (("mediator-a1", "village"), ("township-a", "township")):
        ladder.act(login, wall, "settle", agreement="各退半尺")
        ladder.county.clock.pass_time(days=1)
        by_code(ladder, wall, "reopen", why="没有做到")
        assert ladder.read("county", wall)["dispute"]["level"] != level
    ladder.act("county", wall, "settle", agreement="各退半尺")
    with pytest.raises(MoveRefused) as refused:
        by_code(ladder, wall, "reopen", why="还是没有")
    assert refused.value.errors == {"event": "needs-level-above"}
    assert [how for _, how, _ in holdings(ladder, wall)] == ["register", "reopen", "reopen"]
    assert told(ladder, wall, "reopened") == [{id_of("office A")}, {id_of("office county")}]


def test_once_from_each_level_also_after_it_went_down_again(ladder: Ladder, wall: str) -> None:
    ladder.act("mediator-a1", wall, "settle", agreement="各退半尺")
    by_code(ladder, wall, "reopen", why="没有做到")
    ladder.act("township-a", wall, "hand_down", why="由村落实", to_office=A1)
    ladder.act("mediator-a1", wall, "settle", agreement="各退一尺")
    with pytest.raises(MoveRefused) as refused:
        by_code(ladder, wall, "reopen", why="还是没有")
    assert refused.value.errors == {"event": "needs-reopens-left"}
    ladder.act("township-a", wall, "reopen", why="督促落实")
    ladder.act("mediator-a1", wall, "settle", agreement="已落实")
    ladder.county.clock.pass_time(days=1)
    by_code(ladder, wall, "reopen", why="没有落实")
    assert present(ladder, wall).level == "township"


def test_an_alert_tells_all_levels_and_the_holder_stays(ladder: Ladder, wall: str) -> None:
    phone = ladder.phone("worker-a1w")
    phone.note("dispute_event", dispute_id=wall, event="alert", why="扬言动手")
    ladder.county.clock.pass_time(days=20)
    ladder.climb()
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    everybody = {id_of(f"office {name}") for name in ("A1", "A", "county")}
    assert told(ladder, wall, "alert") == [everybody]
    [row] = table(ladder, "SELECT alerted_at, level FROM dispute WHERE id = :id", id=wall)
    assert (row.alerted_at is not None, row.level) == (True, "township")
    assert ladder.kinds(wall)[-1] == "alert"


def test_a_settled_case_is_followed_up_for_as_long_as_the_policy_says(
    ladder: Ladder, wall: str
) -> None:
    ladder.act("mediator-a1", wall, "settle", agreement="各退半尺")
    [row] = table(ladder, "SELECT follow_up_until FROM dispute WHERE id = :id", id=wall)
    assert row.follow_up_until >= START + timedelta(days=30)
    ladder.act("mediator-a1", wall, "reopen", why="未履行")
    [row] = table(ladder, "SELECT follow_up_until FROM dispute WHERE id = :id", id=wall)
    assert row.follow_up_until is None


def test_a_policy_may_leave_an_extension_to_the_leader_of_the_office_above(
    ladder: Ladder, wall: str
) -> None:
    ladder.act("mediator-a1", wall, "accept")
    ladder.act("mediator-a1", wall, "extend", why="当事人外出")
    own = replace(
        DEFAULT, version="示例", valid_from=START.date(), grants={Level.VILLAGE: Granter.LEADER}
    )
    with transaction(ladder.county.worker) as session:
        load_policy(session, ladder.county.worker, own)
        session.execute(text("UPDATE assignment SET leads = false WHERE office_id = :o"),
                        {"o": id_of("office A")})  # fmt: skip
    other = ladder.register("mediator-a1", "other", village_id=str(id_of("A1")))
    ladder.act("mediator-a1", other, "accept")
    ladder.act("mediator-a1", other, "extend", why="当事人外出")
    for login in ("mediator-a1", "township-a"):  # nobody grants it to themselves
        assert ladder.refusal(login, other, "grant_extension") == "not-yours"
    ladder.act("county", other, "grant_extension")
    assert present(ladder, other).extended
    # A Holding that runs keeps the policy under which it began.
    ladder.act("township-a", wall, "grant_extension")


def test_what_was_overdue_at_the_county_is_so_no_more_once_it_is_accepted(
    ladder: Ladder, at_the_county: str
) -> None:
    accept_by = present(ladder, at_the_county).accept_by
    assert ladder.climb(accept_by) == 1
    assert present(ladder, at_the_county).overdue_at == accept_by
    ladder.county.clock.now = accept_by + timedelta(hours=1)
    ladder.act("county", at_the_county, "accept")
    held = present(ladder, at_the_county)
    assert (held.overdue_at, held.due_at) == (None, held.handle_by)
    assert ladder.climb(held.handle_by) == 1  # and is again, when the next bar falls


def test_a_case_is_taken_up_again_above_where_nobody_is_left_below(
    ladder: Ladder, wall: str
) -> None:
    ladder.act("mediator-a1", wall, "settle", agreement="各退半尺")
    leave_office(ladder, "mediator-a1")
    ladder.county.clock.pass_time(hours=1)
    again = ladder.act("township-a", wall, "reopen", why="未履行")
    assert (again["level"], again["office_id"]) == ("township", A)
    assert ladder.kinds(wall)[-2:] == ["reopen", "note"]


def test_an_alert_waits_for_no_policy(ladder: Ladder, wall: str) -> None:
    with transaction(ladder.county.worker) as session:
        session.execute(text("RESET ROLE"))
        session.execute(text("UPDATE policy_version SET valid_from = '2030-01-01'"))
    phone = ladder.phone("worker-a1w")
    phone.note("dispute_event", dispute_id=wall, event="alert", why="扬言动手")
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    assert len(told(ladder, wall, "alert")) == 1


def test_the_first_recipient_stays_written_down(ladder: Ladder, at_the_county: str) -> None:
    told_now: dict[str, Any] = ladder.read("county", at_the_county)["dispute"]
    assert (told_now["first_office_id"], told_now["office_id"]) == (A1, COUNTY)
