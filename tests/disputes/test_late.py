"""Late sync is fair: what was proved to be in time takes the climb back; else a person decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.db import transaction
from server.disputes import service
from sync.clock import to_ms
from tests.disputes.conftest import Ladder, Phone
from tests.disputes.offices import by_code, holdings, open_office, present, table, told
from tests.smallcounty import START, id_of

A1, A = (str(id_of(f"office {name}")) for name in ("A1", "A"))
Given = tuple[str, dict[str, Any]]

# Monday's case is to be accepted by Thursday's midnight, and handled by the first of April.
ACCEPT_BY = datetime(2026, 3, 5, 16, tzinfo=UTC)
HANDLE_BY = datetime(2026, 4, 1, 16, tzinfo=UTC)

# Each stops the clock of a case that was accepted.
STOPS: list[Given] = [
    ("settle", {"agreement": "各退半尺"}),
    ("refer", {"why": "须由法院裁判", "referred_to": "court"}),
    ("withdraw", {"why": "当事人撤回"}),
    ("refuse", {"rights_told": True}),
    ("extend", {"why": "当事人外出"}),
]


@pytest.fixture
def wall(ladder: Ladder) -> str:
    """A case that the village holds and has not accepted yet."""
    return ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")))


def written(ladder: Ladder, at: datetime, dispute: str, *acts: Given) -> Phone:
    """The mediator's phone, with what was written down on it offline at this time."""
    phone = ladder.phone("mediator-a1")
    ladder.county.clock.now = at
    for event, given in acts:
        phone.note("dispute_event", dispute_id=dispute, event=event, **given)
        ladder.county.clock.pass_time(minutes=5)
    return phone


def climbed(ladder: Ladder, at: datetime) -> None:
    """The bar falls, and the clock takes what is due."""
    ladder.county.clock.now = at
    assert ladder.climb() == 1


def last(ladder: Ladder, dispute: str) -> tuple[str, str | None, str | None]:
    """(kind, as what it was meant, why it was refused) of the last event."""
    event = ladder.read("county", dispute)["events"][-1]
    return event["kind"], event["intended"], event["refused"]


def broken(ladder: Ladder) -> list[service.Broken]:
    """Links of the histories that do not hold."""
    with transaction(ladder.county.worker) as session:
        return service.verify_chain(session)


def claimed(phone: Phone) -> Phone:
    """The same phone after its battery died: it cannot prove when it wrote."""
    for change in phone.changes:
        change["at"]["boot"] = "before"
    return phone


@pytest.mark.parametrize("act", STOPS, ids=lambda act: act[0])
def test_a_record_in_time_takes_the_climb_back(ladder: Ladder, wall: str, act: Given) -> None:
    ladder.act("mediator-a1", wall, "accept")
    phone = written(ladder, HANDLE_BY - timedelta(hours=1), wall, act)
    climbed(ladder, HANDLE_BY)
    ladder.county.clock.pass_time(days=2)
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    assert ladder.kinds(wall)[-3:] == ["climb", "withdraw_climb", act[0]]
    lower, upper = holdings(ladder, wall)
    assert upper == ("township", "climb", "withdrawn_climb")
    assert lower == ("village", "register", None if act[0] == "extend" else act[0])
    dispute = ladder.read("county", wall)["dispute"]
    assert (dispute["level"], dispute["office_id"]) == ("village", A1)
    withdrawn = ladder.read("county", wall)["events"][-2]
    assert (withdrawn["recorded_by"], withdrawn["to_status"]) == (None, "accepted")
    assert told(ladder, wall, "late_record") == [{id_of("office A1"), id_of("office A")}]


def test_the_office_below_has_its_own_clocks_again(ladder: Ladder, wall: str) -> None:
    before = present(ladder, wall)
    phone = written(ladder, ACCEPT_BY - timedelta(hours=1), wall, ("accept", {}))
    climbed(ladder, ACCEPT_BY)
    ladder.county.clock.pass_time(days=3)
    phone.deliver()
    after = present(ladder, wall)
    assert (after.id, after.handle_by) == (before.id, before.handle_by)
    assert after.due_at == HANDLE_BY
    assert after.accepted_at == ACCEPT_BY - timedelta(hours=1)
    # It may climb once more, when its time to handle is over: that is another climb.
    climbed(ladder, HANDLE_BY)
    assert holdings(ladder, wall) == [
        ("village", "register", "climb"),
        ("township", "climb", "withdrawn_climb"),
        ("township", "climb", None),
    ]
    assert broken(ladder) == []


def test_a_whole_day_offline_is_taken_in_its_order(ladder: Ladder, wall: str) -> None:
    acts: list[Given] = [("accept", {}), ("mediate", {"why": "到场"}), STOPS[0]]
    phone = written(ladder, ACCEPT_BY - timedelta(hours=1), wall, *acts)
    climbed(ladder, ACCEPT_BY)
    ladder.county.clock.pass_time(days=2)
    assert [o["status"] for o in phone.deliver()] == ["applied"] * 3
    assert ladder.kinds(wall) == [
        "register",
        "climb",
        "withdraw_climb",
        "accept",
        "mediate",
        "settle",
    ]
    assert holdings(ladder, wall)[0] == ("village", "register", "settle")


def test_an_acceptance_in_time_does_not_help_when_handling_has_run_out_too(
    ladder: Ladder, wall: str
) -> None:
    phone = written(ladder, ACCEPT_BY - timedelta(hours=1), wall, ("accept", {}))
    climbed(ladder, ACCEPT_BY)
    ladder.county.clock.now = HANDLE_BY + timedelta(hours=1)
    phone.deliver()
    assert last(ladder, wall) == ("note", "accept", "before-this-holding")
    assert present(ladder, wall).level == "township"
    # What ends it in time does, however late it comes.
    phone = written(ladder, ACCEPT_BY - timedelta(hours=1), wall, STOPS[0])
    ladder.county.clock.now = HANDLE_BY + timedelta(hours=2)
    phone.deliver()
    assert holdings(ladder, wall)[0] == ("village", "register", "settle")


def test_at_the_bar_itself_it_is_too_late(ladder: Ladder, wall: str) -> None:
    phone = written(ladder, ACCEPT_BY, wall, STOPS[0])
    ladder.county.clock.now = ACCEPT_BY + timedelta(minutes=5)
    assert ladder.climb() == 1
    ladder.county.clock.pass_time(hours=1)
    phone.deliver()
    assert last(ladder, wall)[2] in ("before-this-holding", "not-yours")
    assert present(ladder, wall).level == "township"


def test_a_record_that_lacks_what_it_needs_takes_nothing_back(ladder: Ladder, wall: str) -> None:
    phone = written(ladder, ACCEPT_BY - timedelta(hours=1), wall, ("settle", {}))
    climbed(ladder, ACCEPT_BY)
    ladder.county.clock.pass_time(hours=1)
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    assert last(ladder, wall)[0] == "note"
    assert present(ladder, wall).level == "township"


@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_that_is_days_off_changes_nothing_about_it(
    ladder: Ladder, wall: str, days: int
) -> None:
    """The phone counts the time since it was switched on: proved, whatever its wall clock says."""
    phone = written(ladder, ACCEPT_BY - timedelta(hours=1), wall, STOPS[0])
    for change in phone.changes:
        change["at"]["wall"] += to_ms(START + timedelta(days=days)) - to_ms(START)
    climbed(ladder, ACCEPT_BY)
    ladder.county.clock.pass_time(hours=1)
    phone.deliver()
    assert holdings(ladder, wall)[0] == ("village", "register", "settle")


@pytest.mark.parametrize("days", [0, 3])
def test_a_time_that_is_only_claimed_is_for_a_person(ladder: Ladder, wall: str, days: int) -> None:
    """Written an hour before the bar, or days after it with the wall clock set back: who knows."""
    at = ACCEPT_BY - timedelta(hours=1)
    phone = claimed(written(ladder, at + timedelta(days=days), wall, STOPS[0]))
    for change in phone.changes:
        change["at"]["wall"] = to_ms(at)
    climbed(ladder, ACCEPT_BY + timedelta(days=4))
    ladder.county.clock.pass_time(hours=1)
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    assert last(ladder, wall) == ("note", "settle", "late-claimed")
    assert told(ladder, wall, "late_record") == [{id_of("office A")}]
    assert present(ladder, wall).level == "township"


def test_what_a_person_above_has_begun_is_not_taken_away(ladder: Ladder, wall: str) -> None:
    phone = written(ladder, ACCEPT_BY - timedelta(hours=1), wall, STOPS[0])
    climbed(ladder, ACCEPT_BY)
    ladder.county.clock.pass_time(hours=1)
    ladder.act("township-a", wall, "accept")
    phone.deliver()
    assert last(ladder, wall) == ("note", "settle", "late-acted")
    assert present(ladder, wall).level == "township"


def test_opening_a_case_and_writing_notes_is_no_act(ladder: Ladder, wall: str) -> None:
    phone = written(ladder, ACCEPT_BY - timedelta(hours=1), wall, STOPS[0])
    climbed(ladder, ACCEPT_BY)
    ladder.county.clock.pass_time(hours=1)
    ladder.read("township-a", wall)
    ladder.act("township-a", wall, "note", why="已阅")
    phone.deliver()
    assert holdings(ladder, wall)[0] == ("village", "register", "settle")


def test_a_partys_word_since_then_is_not_passed_over(ladder: Ladder) -> None:
    party = {"side": "applicant", "kind": "outsider", "name": "示某甲"}
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")), parties=[party])
    phone = written(ladder, ACCEPT_BY - timedelta(hours=1), wall, STOPS[0])
    climbed(ladder, ACCEPT_BY)
    by_code(ladder, wall, "request", why="请县里办")
    phone.deliver()
    assert last(ladder, wall) == ("note", "settle", "late-acted")


def test_an_answer_in_time_takes_the_climb_of_a_partys_request_back(ladder: Ladder) -> None:
    party = {"side": "applicant", "kind": "outsider", "name": "示某甲"}
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")), parties=[party])
    ladder.act("mediator-a1", wall, "accept")
    by_code(ladder, wall, "request", why="请镇里办")
    bar = present(ladder, wall).request_answer_by
    phone = written(ladder, bar - timedelta(hours=1), wall, ("answer", {"why": "明日上门调解"}))
    climbed(ladder, bar)
    ladder.county.clock.pass_time(days=1)
    phone.deliver()
    held = present(ladder, wall)
    assert (held.level, held.due_at) == ("village", HANDLE_BY)
    by_code(ladder, wall, "go")  # the party decides all the same
    assert present(ladder, wall).level == "township"


@pytest.mark.parametrize("way", ["climb", "transfer", "escalate"])
def test_what_has_gone_on_since_is_for_a_person(ladder: Ladder, wall: str, way: str) -> None:
    phone = written(ladder, ACCEPT_BY - timedelta(hours=1), wall, STOPS[0])
    climbed(ladder, ACCEPT_BY)
    if way == "climb":
        ladder.county.clock.now += timedelta(days=10)
        assert ladder.climb() == 1
    elif way == "transfer":
        centre = open_office(ladder, "centre", "A", "township", "centre")
        ladder.act("township-a", wall, "transfer", why="示例", to_office=centre)
    else:
        ladder.act("township-a", wall, "escalate", why="示例")
    ladder.county.clock.pass_time(hours=1)
    phone.deliver()
    assert last(ladder, wall) == ("note", "settle", "late-moved-on")
    held = present(ladder, wall)
    assert told(ladder, wall, "late_record") == [{held.office_id}]


# Each act and each reason; what is left of their pairs is `long`.
HELD = [
    pytest.param(
        act,
        kept,
        id=f"{act[0]}-{kept}",
        marks=() if act is STOPS[0] or kept == "late-claimed" else pytest.mark.long,
    )
    for act in STOPS[:4]
    for kept in ("late-claimed", "late-acted", "late-moved-on")
]


@pytest.mark.parametrize(("act", "kept"), HELD)
def test_a_person_above_lets_a_late_record_hold(
    ladder: Ladder, wall: str, kept: str, act: Given
) -> None:
    at = ACCEPT_BY - timedelta(hours=1)
    phone = written(ladder, at, wall, act)
    climbed(ladder, ACCEPT_BY)
    login = "township-a"
    if kept == "late-claimed":
        claimed(phone)
    elif kept == "late-acted":
        ladder.act(login, wall, "accept")
    else:
        ladder.county.clock.now += timedelta(days=10)
        ladder.climb()
        login = "county"
    ladder.county.clock.pass_time(hours=1)
    phone.deliver()
    note = ladder.read("county", wall)["events"][-1]
    assert note["refused"] == kept
    assert ladder.refusal(login, wall, "honour", why="确已办结") == "needs-late-record"
    assert ladder.refusal(login, wall, "honour", note_id=note["id"]) == "needs-reason"
    assert ladder.refusal("mediator-a1", wall, "honour", note_id=note["id"], why="示") == (
        "not-yours"
    )
    ladder.county.clock.pass_time(hours=1)
    ladder.act(login, wall, "honour", note_id=note["id"], why="核实属实")
    lower, *uppers = holdings(ladder, wall)
    assert lower == ("village", "register", act[0])
    assert {ended for _, _, ended in uppers} == {"withdrawn_climb"}
    first, second = ladder.read("county", wall)["events"][-2:]
    assert (first["kind"], second["kind"]) == ("honour", act[0])
    assert (second["office_id"], second["done_by"]) == (A1, str(id_of("user mediator-a1")))
    assert second["agreement"] == act[1].get("agreement")
    assert second["why"] == act[1].get("why")
    [ended] = table(
        ladder, "SELECT ended_at FROM holding WHERE dispute_id = :id AND n = 1", id=wall
    )
    assert ended.ended_at == at  # in time, and credited so
    dispute = ladder.read("mediator-a1", wall)["dispute"]
    assert (dispute["level"], dispute["office_id"]) == ("village", A1)


def test_what_is_no_late_record_is_not_honoured(ladder: Ladder, wall: str) -> None:
    other = ladder.register("mediator-a1", "other", village_id=str(id_of("A1")))
    phone = claimed(
        written(
            ladder,
            ACCEPT_BY - timedelta(hours=1),
            wall,
            ("accept", {}),
            ("note", {"why": "示例"}),
            STOPS[0],
        )
    )
    ladder.county.clock.now = ACCEPT_BY
    assert ladder.climb() == 2
    ladder.county.clock.pass_time(hours=1)
    phone.deliver()
    accept, note, settle = ladder.read("county", wall)["events"][-3:]
    assert accept["refused"] == settle["refused"] == "late-claimed"
    for dispute, found in ((wall, accept), (wall, note), (other, settle)):
        refused = ladder.refusal("township-a", dispute, "honour", why="示", note_id=found["id"])
        assert refused == "needs-late-record"
    ladder.act("township-a", wall, "honour", why="示", note_id=settle["id"])
    assert ladder.read("county", wall)["dispute"]["status"] == "settled"


def test_a_mediation_that_failed_is_honoured_though_all_of_it_came_late(
    ladder: Ladder, wall: str
) -> None:
    failed: Given = ("fail", {"why": "双方不愿让步", "rights_told": True})
    day: list[Given] = [("accept", {}), ("mediate", {"why": "到场"}), failed]
    phone = claimed(written(ladder, ACCEPT_BY - timedelta(hours=1), wall, *day))
    climbed(ladder, ACCEPT_BY)
    ladder.county.clock.pass_time(hours=1)
    phone.deliver()
    note = ladder.read("county", wall)["events"][-1]
    assert (note["intended"], note["refused"]) == ("fail", "late-claimed")
    ladder.act("township-a", wall, "honour", why="核实属实", note_id=note["id"])
    dispute = ladder.read("county", wall)["dispute"]
    assert (dispute["level"], dispute["status"]) == ("village", "unsettled")
    assert broken(ladder) == []


def test_two_phones_of_the_village_come_late_and_the_second_finds_it_settled(
    ladder: Ladder, wall: str
) -> None:
    first = written(ladder, ACCEPT_BY - timedelta(hours=2), wall, STOPS[0])
    second = written(ladder, ACCEPT_BY - timedelta(hours=1), wall, STOPS[1])
    climbed(ladder, ACCEPT_BY)
    ladder.county.clock.pass_time(hours=1)
    first.deliver()
    for change in second.changes:  # the same phone: its numbers go on
        change["n"] += 1
    second.deliver()
    assert ladder.kinds(wall)[-2:] == ["settle", "note"]
    assert broken(ladder) == []
