"""Short runs of faults over real phones, real HTTP and a real cluster; `make faults` has long ones.

What must hold afterwards is in tests/faults/rest.py. A red run prints its seed and every request
with its fate: `make faults SEED=…` plays it again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.fates import ROADS, Kind
from tests.faults.house import House
from tests.faults.run import Plan, play

EVERY_KILL = (Kind.KILL_WEB, Kind.KILL_BACKEND, Kind.KILL_JOBS, Kind.KILL_CLUSTER)


@pytest.mark.parametrize(
    "plan",
    [
        Plan("broken roads", ROADS, phones=3, steps=20, dying=0),
        Plan("kill -9", ROADS, phones=2, steps=30, dying=1, lives=2, sure=EVERY_KILL),
    ],
    ids=lambda plan: plan.seed.replace(" ", "_"),
)
def test_nothing_is_lost_doubled_or_stuck(plan: Plan, house: House, tmp_path: Path) -> None:
    report = play(plan, house, tmp_path)
    assert not report.wrong, str(report)
    assert report.visits > 5
    assert {kind.removeprefix("kill_") for kind in plan.sure} <= report.killed.keys()
