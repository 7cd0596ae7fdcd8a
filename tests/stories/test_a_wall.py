"""Two neighbours and a wall: settled in the village, term by term, and rated."""

from __future__ import annotations

from datetime import date

from server.codes import new_code
from tests.resident.conftest import Residents
from tests.smallcounty import id_of
from tests.stories.conftest import party

CODE_BYTES = bytes(range(10, 30))


def test_two_neighbours_and_a_wall(residents: Residents) -> None:
    ladder = residents.ladder
    # Noted at the wall, without network; the slip is written by hand.
    phone = ladder.phone("worker-a1w")
    wall = phone.note(
        "dispute",
        category="neighbours",
        story="示例：院墙越界半尺",
        cell_id=str(id_of("A1w")),
        spot="两家之间的院墙",
        people_concerned=7,
        claims=[{"content": "退回半尺", "party": 0}, {"content": "赔偿菜地", "party": 1}],
        parties=[party("A1w-1"), party("A1w-2", "respondent")],
    )
    ladder.county.clock.pass_time(days=2)
    assert [o["status"] for o in phone.deliver()] == ["applied"]

    ladder.county.clock.pass_time(hours=2)
    ladder.act("mediator-a1", wall, "accept")
    ladder.act("mediator-a1", wall, "mediate", why="双方到场，各说各理", place="村委会", present=4)
    ladder.act(
        "mediator-a1", wall, "dispose", disposition="scheduled", why="丈量后再定",
        owner_id=str(id_of("user mediator-a1")), by_date="2026-03-20",
    )  # fmt: skip
    ladder.act("mediator-a1", wall, "mediate", why="当场丈量", place="院墙", present=5)
    sides = {p["side"]: p["id"] for p in ladder.read("mediator-a1", wall)["parties"]}
    settled = ladder.act(
        "mediator-a1", wall, "settle", agreement="各让一步，新墙居中", form="written",
        terms=[
            {"what": "拆除旧墙", "due_on": "2026-03-15", "party_id": sides["applicant"]},
            {"what": "砌好新墙", "due_on": "2026-04-20", "party_id": sides["respondent"]},
        ],
        outcomes=[{"claim": 1, "outcome": "solved"}, {"claim": 2, "outcome": "explained"}],
    )  # fmt: skip
    assert settled["status"] == "settled"
    # Nothing closes before what was agreed has fallen due.
    assert settled["follow_up_until"][:10] >= "2026-04-20"

    told = ladder.read("mediator-a1", wall)
    agreement = told["agreements"][0]
    assert agreement["form"] == "written"
    assert date.fromisoformat(agreement["confirm_by"]) > date.fromisoformat(
        agreement["effective_on"]
    )
    assert [c["outcome"] for c in told["claims"]] == ["solved", "explained"]

    ladder.act("mediator-a1", wall, "fulfil", term=1)
    assert ladder.read("mediator-a1", wall)["dispute"]["status"] == "settled"
    closed = ladder.act("mediator-a1", wall, "fulfil", term=2)
    assert closed["status"] == "closed"
    assert ladder.heights(wall) == [("village", "settle")]

    residents.parties = sides
    code = residents.code(wall)
    case = residents.case(code)
    assert case["status"]["slug"] == "closed"
    assert [term["what"] for term in case["terms"]] == ["拆除旧墙"]
    assert residents.send("rating", code, rating="satisfied")["case"]["rating"]["slug"] == (
        "satisfied"
    )
    assert ladder.read("county", wall)["dispute"]["status"] == "closed"


def test_a_slip_that_was_written_by_hand_in_the_field_opens_the_case(residents: Residents) -> None:
    ladder = residents.ladder
    code = new_code(CODE_BYTES[:16])
    phone = ladder.phone("worker-a1w")
    phone.note(
        "dispute",
        category="neighbours",
        story="示例：水沟",
        cell_id=str(id_of("A1w")),
        parties=[party("A1w-1", code=code)],
    )
    assert [o["status"] for o in phone.deliver()] == ["applied"]
    assert residents.case(code)["status"]["slug"] == "registered"
