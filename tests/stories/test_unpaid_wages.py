"""Unpaid wages of thirty people across two townships: one lead, others help, the county watches."""

from __future__ import annotations

from datetime import timedelta

from tests.disputes.conftest import Ladder
from tests.smallcounty import id_of
from tests.stories.conftest import close_due, party


def test_unpaid_wages_of_thirty_people_across_two_townships(ladder: Ladder) -> None:
    wages = ladder.register(
        "mediator-a1",
        "wages",
        category="unpaid_wages",
        size="group",
        people_concerned=30,
        channel="walk_in",
        village_id=str(id_of("A1")),
        parties=[
            party("A1w-1"),
            party("B1w-1"),
            {"side": "respondent", "kind": "outsider", "name": "示某包工头"},
        ],
        claims=[{"content": "结清三十人工资"}],
    )
    told = ladder.read("county", wages)
    # Two townships meet in the county, which is the first to receive it and stays on record so.
    assert (told["dispute"]["level"], told["dispute"]["people_concerned"]) == ("county", 30)
    assert told["dispute"]["first_office_id"] == str(id_of("office county"))

    ladder.act("county", wages, "accept")
    for township in ("A", "B"):
        ladder.act(
            "county", wages, "join", why="所在乡镇协助", to_office=str(id_of(f"office {township}"))
        )
    ladder.act(
        "county",
        wages,
        "dispose",
        disposition="joint_study",
        why="会商",
        offices=[str(id_of("office A")), str(id_of("office B"))],
    )
    ladder.act("township-b", wages, "mediate", why="约谈包工头", present=6)
    # Who helps does not decide.
    assert ladder.refusal("township-b", wages, "settle", agreement="先付一半") == "not-yours"
    ladder.act("county", wages, "supervise", why="人数多", kind="time_limited", until="2026-03-20")

    phone = ladder.phone("worker-b1w")
    phone.note("dispute_event", dispute_id=wages, event="alert", why="示例：有人扬言爬塔吊")
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    alerted = ladder.read("township-a", wages)["dispute"]
    assert alerted["alerted_at"]
    assert alerted["level"] == "county"  # told to all, held by the same

    ladder.county.clock.pass_time(days=5)
    ladder.act(
        "county", wages, "settle", agreement="两次付清", form="written",
        terms=[
            {"what": "首付一半", "due_on": "2026-03-12"},
            {"what": "付清", "due_on": "2026-04-10"},
        ],
        outcomes=[{"claim": 1, "outcome": "solved"}],
    )  # fmt: skip
    ladder.act("county", wages, "lift", why="已达成协议")
    ladder.act("county", wages, "fulfil", term=1)

    until = ladder.read("county", wages)["dispute"]["follow_up_until"]
    ladder.county.clock.pass_time(days=24)
    assert close_due(ladder) == 0  # the second half is not due yet
    ladder.county.clock.pass_time(days=120)
    assert ladder.county.clock.now.isoformat() > until
    assert close_due(ladder) == 1
    assert close_due(ladder) == 0
    told = ladder.read("county", wages)
    assert told["dispute"]["status"] == "closed"
    assert [s["lifted_at"] is not None for s in told["supervision"]] == [True]
    assert ladder.climb(ladder.county.clock.now + timedelta(days=400)) == 0
