"""Random histories with faults, on the store in memory: at rest the invariants hold.

What may happen and what must be true: `tests.sync.histories`. The same on PostgreSQL:
`tests/syncing/test_histories.py`. WANGGE_HISTORIES says how many.
"""

from __future__ import annotations

import pytest

from sync import judge
from tests.sync.histories.machine import Histories
from tests.sync.histories.oracle import ROOM_ASIDE
from tests.sync.histories.running import play
from tests.sync.histories.village import Village

FEW, STEPS = 35, 40


class InMemory(Histories):
    """Every history has a village of its own."""

    @staticmethod
    def make_stage() -> Village:
        return Village()


def test_whatever_happened_at_rest_the_invariants_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judge, "MAX_OPEN_QUARANTINED", ROOM_ASIDE)
    play(InMemory, FEW, STEPS)
