"""A settlement recorded offline an hour before the deadline and synced two days after."""

from __future__ import annotations

from datetime import date, timedelta

from tests.disputes.conftest import Ladder
from tests.smallcounty import id_of
from tests.stories.conftest import end_of

LAST = date(2026, 4, 1)  # thirty days from Monday 2 March


def accepted(ladder: Ladder, name: str) -> str:
    case = ladder.register("worker-a1w", name, cell_id=str(id_of("A1w")))
    ladder.act("mediator-a1", case, "accept")
    return case


def test_it_counts_where_it_was_settled(ladder: Ladder) -> None:
    ditch = accepted(ladder, "ditch")
    phone = ladder.phone("mediator-a1")
    ladder.county.clock.now = end_of(LAST) - timedelta(hours=1)
    phone.note("dispute_event", dispute_id=ditch, event="settle", agreement="共用水沟")
    # Nobody is punished for a valley without network; and nobody waits for it either.
    assert ladder.climb(end_of(LAST)) == 1
    ladder.county.clock.now = end_of(LAST) + timedelta(days=2)
    assert ladder.read("township-a", ditch)["dispute"]["level"] == "township"
    assert [o["status"] for o in phone.deliver()] == ["applied"]

    told = ladder.read("township-a", ditch)
    assert (told["dispute"]["status"], told["dispute"]["level"]) == ("settled", "village")
    assert ladder.heights(ditch) == [("village", "settle"), ("township", "withdrawn_climb")]
    assert ladder.kinds(ditch) == ["register", "accept", "climb", "withdraw_climb", "settle"]
    assert ladder.climb(ladder.county.clock.now + timedelta(days=300)) == 0
    ladder.act("mediator-a1", ditch, "close", terms_done=True)
    assert ladder.read("county", ditch)["dispute"]["status"] == "closed"


def test_a_person_decides_where_the_township_has_begun(ladder: Ladder) -> None:
    ditch = accepted(ladder, "ditch")
    phone = ladder.phone("mediator-a1")
    ladder.county.clock.now = end_of(LAST) - timedelta(hours=1)
    phone.note("dispute_event", dispute_id=ditch, event="settle", agreement="共用水沟")
    assert ladder.climb(end_of(LAST)) == 1
    ladder.county.clock.now = end_of(LAST) + timedelta(days=1)
    ladder.act("township-a", ditch, "accept")
    ladder.county.clock.pass_time(days=1)
    assert [o["status"] for o in phone.deliver()] == ["applied"]

    told = ladder.read("township-a", ditch)
    assert (told["dispute"]["status"], told["dispute"]["level"]) == ("accepted", "township")
    late = told["events"][-1]
    assert (late["kind"], late["intended"], late["refused"]) == ("note", "settle", "late-acted")
    honoured = ladder.act("township-a", ditch, "honour", why="村里确已调解好", note_id=late["id"])
    assert (honoured["status"], honoured["level"]) == ("settled", "village")
    assert ladder.heights(ditch) == [("village", "settle"), ("township", "withdrawn_climb")]
