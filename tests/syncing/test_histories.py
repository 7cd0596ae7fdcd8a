"""Random histories with faults on PostgreSQL, over the real routes, with real commits.

The same machine as in memory (`tests.sync.histories`), and what only a database can do: phones that
sync at once while the office writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from server import sealed
from server.app import create_app
from server.db import db, transaction, worker
from server.policies.service import ensure_policy
from sync import judge
from tests import smallcounty
from tests.conftest import TestCluster
from tests.smallcounty import SmallCounty
from tests.sync.histories.machine import Histories
from tests.sync.histories.oracle import ROOM_ASIDE
from tests.sync.histories.running import play
from tests.syncing.town import Town
from tests.syncing.town_line import TickingClock
from tests.syncing.vault import Vault

FEW, STEPS = 5, 25
A_TENTH = 0.1  # of the histories in memory


@pytest.fixture(name="vault")
def county_with_vault(cluster: TestCluster) -> Iterator[tuple[SmallCounty, Vault]]:
    """One database, and one application, for all histories."""
    name = f"h_{os.getpid()}"
    cluster.create(name, "wangge_seeded")
    clock, settings = TickingClock(), smallcounty.settings(cluster.url(name))
    app = create_app(settings, clock=clock)
    sealed.use(sealed.Keyring(settings.seal_keys, settings.blind_key))
    with app.app_context(), transaction(worker(clock.now)) as session:
        ensure_policy(session, worker(clock.now))
    vault = Vault(cluster.url(name))
    with app.app_context():
        yield SmallCounty(app, clock, cluster.url(name)), vault
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    vault.close()
    cluster.drop(name)


def test_whatever_happened_at_rest_the_invariants_hold(
    vault: tuple[SmallCounty, Vault], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "MAX_OPEN_QUARANTINED", ROOM_ASIDE)
    numbers = count()

    class OnPostgres(Histories):
        """Every history begins with the same county."""

        @staticmethod
        def make_stage() -> Town:
            return Town(*vault, tmp_path / str(next(numbers)))

    play(OnPostgres, FEW, STEPS, A_TENTH, shrink=False)
