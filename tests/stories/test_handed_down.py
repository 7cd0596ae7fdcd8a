"""A case handed down by the county and sent back with an objection."""

from __future__ import annotations

from datetime import timedelta

from tests.disputes.conftest import Ladder
from tests.smallcounty import id_of
from tests.stories.conftest import party

A, B = str(id_of("office A")), str(id_of("office B"))


def at_the_county(ladder: Ladder) -> str:
    """A forest between two townships; the county has taken it up and gives it to township A."""
    forest = ladder.register(
        "mediator-a1",
        "forest",
        category="forest_and_land",
        village_id=str(id_of("A1")),
        parties=[party("A1w-1"), party("B1e-1", "respondent")],
    )
    ladder.act("county", forest, "accept")
    ladder.act("county", forest, "hand_down", why="林地在甲镇", to_office=A)
    return forest


def test_the_county_agrees_and_takes_it_back(ladder: Ladder) -> None:
    forest = at_the_county(ladder)
    told = ladder.read("township-a", forest)
    here = told["holdings"][-1]
    assert (here["level"], here["begun_how"], here["sent_by"]) == (
        "township",
        "hand_down",
        str(id_of("office county")),
    )
    assert here["objection_by"]
    ladder.county.clock.pass_time(days=3)
    ladder.act("township-a", forest, "object", why="林地在乙镇一侧")
    # An objection moves nothing by itself: back only after consent.
    assert ladder.read("county", forest)["dispute"]["level"] == "township"
    assert ladder.refusal("township-b", forest, "uphold_objection") == "not-yours"
    back = ladder.act("county", forest, "uphold_objection")
    assert (back["level"], back["office"]) == ("county", "示例county调解中心")
    # To the right one this time.
    ladder.act("county", forest, "hand_down", why="林地在乙镇", to_office=B)
    ladder.county.clock.pass_time(days=1)
    ladder.act("township-b", forest, "accept")
    ladder.act("township-b", forest, "settle", agreement="以沟为界")
    ladder.act("township-b", forest, "close", terms_done=True)
    assert ladder.heights(forest) == [
        ("county", "hand_down"),
        ("township", "uphold_objection"),
        ("county", "hand_down"),
        ("township", "settle"),
    ]


def test_the_county_insists_and_it_ends_where_it_began_to_be_answered(ladder: Ladder) -> None:
    forest = at_the_county(ladder)
    ladder.county.clock.pass_time(days=8)  # five working days and a weekend
    assert ladder.refusal("township-a", forest, "object", why="太晚") == "needs-objection-time"
    ladder.act("township-a", forest, "accept")
    due = ladder.read("county", forest)["holdings"][-1]["due_at"]
    # Its own clock runs out: up to whoever stays answerable, with a full new time there.
    ladder.county.clock.pass_time(days=60)
    assert ladder.county.clock.now.isoformat() > due
    assert ladder.climb() == 1
    told = ladder.read("county", forest)
    assert told["dispute"]["level"] == "county"
    assert told["holdings"][-1]["due_at"] > ladder.county.clock.now.isoformat()
    # Down once from each level: now it is the county's to end.
    assert ladder.refusal("county", forest, "hand_down", why="再交", to_office=B) == (
        "needs-first-down"
    )
    ladder.act("county", forest, "accept")
    ladder.act("county", forest, "refer", why="权属争议", referred_to="court", rights_told=True)
    assert ladder.climb(ladder.county.clock.now + timedelta(days=400)) == 0


def test_an_objection_that_is_dismissed_leaves_the_case_and_its_clock(ladder: Ladder) -> None:
    forest = at_the_county(ladder)
    due = ladder.read("county", forest)["holdings"][-1]["due_at"]
    ladder.act("township-a", forest, "object", why="不归我们")
    ladder.act("county", forest, "dismiss_objection", why="主要林地在甲镇")
    held = ladder.read("county", forest)["holdings"][-1]
    assert (held["office_id"], held["due_at"]) == (A, due)
    assert ladder.refusal("township-a", forest, "object", why="再次") == "needs-objection-time"
