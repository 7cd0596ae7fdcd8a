"""A resident who is not satisfied, twice: one level up each time, and then the legal way."""

from __future__ import annotations

from tests.disputes.conftest import Ladder
from tests.resident.conftest import Residents


def end(ladder: Ladder, login: str, dispute: str) -> None:
    """Settled and closed by an Office in a day."""
    ladder.county.clock.pass_time(days=1)
    ladder.act(login, dispute, "accept")
    ladder.act(login, dispute, "settle", agreement="示例：口头和解")
    ladder.act(login, dispute, "close", terms_done=True)


def test_a_resident_who_is_not_satisfied_twice(residents: Residents) -> None:
    ladder = residents.ladder
    wall = residents.quarrel()
    code = residents.code(wall)
    end(ladder, "mediator-a1", wall)

    # Without a reason it is a rating and nothing else; with one the township has it.
    told = residents.send("rating", code, rating="dissatisfied", comment="墙又砌回来了")
    assert told["case"]["status"]["slug"] == "registered"
    assert ladder.read("township-a", wall)["dispute"]["level"] == "township"

    end(ladder, "township-a", wall)
    told = residents.send("rating", code, rating="dissatisfied", comment="仍未恢复原状")
    assert ladder.read("county", wall)["dispute"]["level"] == "county"

    end(ladder, "county", wall)
    told = residents.send("rating", code, rating="dissatisfied", comment="还是没有解决")
    # The county is the last rung: the answer is the next legal way, said in words.
    assert ladder.read("county", wall)["dispute"]["status"] == "closed"
    assert told["case"]["ways"]
    assert [h for h, _ in ladder.heights(wall)] == ["village", "township", "county"]
    rated = residents.look("SELECT level, rating FROM rating ORDER BY at")
    assert [tuple(r) for r in rated] == [
        ("village", "dissatisfied"),
        ("township", "dissatisfied"),
        ("county", "dissatisfied"),
    ]
