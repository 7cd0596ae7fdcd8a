"""Nobody can bury a case: every way round the ladder that ends somewhere, or is heard of above."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.disputes.conftest import Ladder
from tests.disputes.offices import by_code, open_office, present, table, told
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


@pytest.mark.parametrize(
    "rests",
    [
        ("settle", {"agreement": "各退半尺"}),
        ("withdraw", {"why": "示例"}),
        ("refuse", {"rights_told": True}),
    ],
    ids=lambda rest: rest[0],
)
def test_an_office_gives_itself_all_its_time_anew_only_once(
    ladder: Ladder, wall: str, rests: tuple[str, dict[str, object]]
) -> None:
    event, given = rests
    ladder.act("mediator-a1", wall, event, **given)
    ladder.act("mediator-a1", wall, "reopen", why="未履行")
    # The Office above hears that the one below took it up again by itself.
    assert told(ladder, wall, "reopened") == [{id_of("office A1"), id_of("office A")}]
    ladder.act("mediator-a1", wall, event, **given)
    assert ladder.refusal("mediator-a1", wall, "reopen", why="再办") == "needs-first-reopen"
    assert ladder.act("township-a", wall, "reopen", why="督促落实")["level"] == "village"


def test_two_offices_do_not_pass_it_to_and_fro_by_reopening(ladder: Ladder, wall: str) -> None:
    other = open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    ladder.act("mediator-a1", wall, "transfer", why="涉及村务", to_office=other)
    ladder.act("clerk-a1", wall, "settle", agreement="各退半尺")
    ladder.act("clerk-a1", wall, "reopen", why="未履行")
    assert ladder.refusal("clerk-a1", wall, "transfer", why="示", to_office=A1) == (
        "needs-first-transfer"
    )


def test_the_office_above_does_not_move_it_round_for_ever(ladder: Ladder, wall: str) -> None:
    other = open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    for to in (other, A1):
        ladder.act("township-a", wall, "transfer", why="请办理", to_office=to)
    assert ladder.refusal("township-a", wall, "transfer", why="示", to_office=other) == (
        "needs-target-office"
    )


def test_a_settled_case_reopened_is_not_sent_down_a_second_time(ladder: Ladder, wall: str) -> None:
    ladder.act("mediator-a1", wall, "escalate", why="村里办不了")
    ladder.act("township-a", wall, "return", why="村里尚可调解")
    ladder.act("mediator-a1", wall, "settle", agreement="各退半尺")
    ladder.act("mediator-a1", wall, "reopen", why="未履行")
    ladder.act("mediator-a1", wall, "escalate", why="确实办不了")
    assert ladder.refusal("township-a", wall, "return", why="再试") == "needs-first-down"


@pytest.mark.parametrize(
    ("event", "given"),
    [
        ("withdraw", {"why": "示例"}),
        ("refuse", {"rights_told": True}),
        ("refer", {"why": "示例", "referred_to": "court"}),
    ],
)
def test_what_the_holder_lets_go_by_its_own_word_is_heard_of_above(
    ladder: Ladder, wall: str, event: str, given: dict[str, object]
) -> None:
    ladder.act("mediator-a1", wall, event, **given)
    assert told(ladder, wall, "closed") == [{id_of("office A1"), id_of("office A")}]


def test_what_a_party_asked_for_goes_along_with_a_transfer(ladder: Ladder, wall: str) -> None:
    other = open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    by_code(ladder, wall, "request", why="请镇里办")
    asked = present(ladder, wall)
    ladder.act("mediator-a1", wall, "transfer", why="涉及村务", to_office=other)
    assert present(ladder, wall).due_at == asked.request_answer_by
    ladder.climb(START + timedelta(days=5))
    assert present(ladder, wall).level == "township"


def test_nothing_is_sent_down_while_a_party_asks_to_go_up(ladder: Ladder, wall: str) -> None:
    ladder.act("mediator-a1", wall, "escalate", why="村里办不了")
    by_code(ladder, wall, "request", why="请县里办")
    down = {"why": "请村里办", "to_office": A1}
    for _ in range(2):
        assert ladder.refusal("township-a", wall, "hand_down", **down) == "needs-request-decided"
        assert ladder.refusal("township-a", wall, "return", why="示") == "needs-request-decided"
        if present(ladder, wall).request_answered_at is None:
            ladder.act("township-a", wall, "answer", why="明日调解")
    by_code(ladder, wall, "stay")
    assert ladder.act("township-a", wall, "hand_down", **down)["level"] == "village"


@pytest.mark.parametrize("answered", [True, False])
def test_where_a_party_did_not_want_to_stay_nobody_hands_it_down_to(
    ladder: Ladder, wall: str, answered: bool
) -> None:
    other = open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    by_code(ladder, wall, "request", why="请镇里办")
    if answered:
        ladder.act("mediator-a1", wall, "answer", why="明日调解")
        by_code(ladder, wall, "go")
    else:
        ladder.county.clock.pass_time(days=5)
        ladder.climb()
    for to in (A1, other):
        assert ladder.refusal("township-a", wall, "hand_down", why="示", to_office=to) == (
            "needs-target-office"
        )
    ladder.act("township-a", wall, "escalate", why="镇里办不了")
    assert ladder.act("county", wall, "hand_down", why="由镇办", to_office=A)["level"] == "township"


def test_what_is_supervised_from_above_is_lifted_there(ladder: Ladder, wall: str) -> None:
    given = {"why": "久拖未决", "until": "2026-04-01"}
    ladder.act("county", wall, "supervise", kind="listed", **given)
    assert ladder.refusal("township-a", wall, "lift", why="已推进") == "needs-supervised"
    ladder.act("township-a", wall, "supervise", kind="tracked", **given)
    ladder.act("township-a", wall, "lift", why="已推进")  # its own, and no other
    standing = "SELECT kind FROM supervision WHERE dispute_id = :id AND lifted_at IS NULL"
    assert [row.kind for row in table(ladder, standing, id=wall)] == ["listed"]
    ladder.act("county", wall, "lift", why="已推进")
    assert table(ladder, standing, id=wall) == []


def test_who_is_overdue_does_not_lift_the_supervision_of_that(ladder: Ladder, wall: str) -> None:
    ladder.act("mediator-a1", wall, "escalate", why="村里办不了")
    ladder.act("township-a", wall, "escalate", why="镇里办不了")
    ladder.county.clock.pass_time(days=90)
    ladder.climb()
    assert present(ladder, wall).overdue_at
    leader = "UPDATE assignment SET leads = true WHERE id = :id RETURNING 1"
    table(ladder, leader, id=id_of("assignment county"))
    assert ladder.refusal("county", wall, "lift", why="不必督办") == "needs-supervised"
    ladder.act("county", wall, "settle", agreement="各退半尺")
    ladder.act("county", wall, "lift", why="已化解")


def test_who_cries_wolf_is_heard_once_an_hour_and_everybody_else_at_once(
    ladder: Ladder, wall: str
) -> None:
    for login in ("mediator-a1", "mediator-a1", "township-a"):
        ladder.act(login, wall, "alert", why="扬言动手")
    assert len(told(ladder, wall, "alert")) == 2
    ladder.county.clock.pass_time(hours=1)
    ladder.act("mediator-a1", wall, "alert", why="又来了")
    assert len(told(ladder, wall, "alert")) == 3
    assert ladder.kinds(wall).count("alert") == 4  # all of them stand in history


def test_who_helps_finds_the_case_in_the_own_list_wherever_it_lies(ladder: Ladder) -> None:
    homes = (("A1w-1", "applicant"), ("A2w-1", "respondent"))
    parties = [
        {"side": side, "kind": "household", "household_id": str(id_of(home))}
        for home, side in homes
    ]
    case = ladder.register("mediator-a1", "ditch", village_id=str(id_of("A1")), parties=parties)
    ladder.act("township-a", case, "join", why="请协助", to_office=str(id_of("office A2")))
    elsewhere = "DELETE FROM dispute_place WHERE village_id = :a2 RETURNING 1"
    table(ladder, elsewhere, a2=id_of("A2"))
    assert ladder.desk("mediator-a2").get("/disputes")["total"] == 1
    ladder.act("township-a", case, "leave", why="已不需要", to_office=str(id_of("office A2")))
    assert ladder.desk("mediator-a2").get("/disputes")["total"] == 0
