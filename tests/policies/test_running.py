"""What the county changes, policy or calendar, never touches a case that is being handled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from server.db import transaction
from server.ladder.calendar import Limit, local_day
from server.ladder.clocks import Limits
from server.ladder.policy import DEFAULT
from server.ladder.routing import Level
from server.policies import service
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, SmallCounty, id_of

QUICK = Limits(Limit.parse("1 days"), Limit.parse("2 days"))
QUICKER = replace(
    DEFAULT, version="quick", valid_from=local_day(START), levels=dict.fromkeys(Level, QUICK)
)


@pytest.fixture
def ladder(county: SmallCounty) -> Ladder:
    """The small county with its numbers."""
    with transaction(county.worker) as session:
        service.ensure_policy(session, county.worker)
    return Ladder(county)


def holdings(ladder: Ladder, dispute: str) -> list[Any]:
    """A case's Holdings as they stand, with the number of the version that each began under."""
    with transaction(ladder.county.worker) as session:
        rows = session.execute(
            text(
                "SELECT p.version, h.level, h.accept_by, h.handle_by, h.due_at FROM holding h"
                " JOIN policy_version p ON p.id = h.policy_id"
                " WHERE dispute_id = :id ORDER BY h.n"
            ),
            {"id": dispute},
        )
        return list(rows)


def test_a_new_policy_leaves_running_cases_their_time(ladder: Ladder) -> None:
    """Two neighbours under the month of version 1; next day the county allows two days."""
    before = ladder.register("mediator-a1", "wall", village_id=village())
    stood = holdings(ladder, before)
    ladder.county.clock.pass_time(days=1)
    with transaction(ladder.county.worker) as session:
        service.revise(
            session,
            ladder.county.worker,
            replace(QUICKER, valid_from=local_day(ladder.county.clock.now)),
        )
    assert holdings(ladder, before) == stood

    after = ladder.register("mediator-a1", "hens", village_id=village())
    (mine,) = holdings(ladder, after)
    assert (mine.version, mine.handle_by) == (2, START.replace(hour=16) + timedelta(days=3))

    # The new case climbs at its own deadline, the old one not before that of version 1.
    assert ladder.climb(mine.due_at) == 1
    assert [one.level for one in holdings(ladder, before)] == ["village"]
    assert ladder.climb(stood[0].due_at) >= 1
    climbed = holdings(ladder, before)
    assert [(one.version, one.level) for one in climbed] == [(1, "village"), (2, "township")]


def test_an_edit_of_the_calendar_moves_no_deadline_that_stands(ladder: Ladder) -> None:
    before = ladder.register("mediator-a1", "wall", village_id=village())
    stood = holdings(ladder, before)
    body = {"working": False, "reason": "县里本地节日"}
    answer = ladder.desk("county").call("PUT", "/calendar/2026-03-05", json=body)
    assert answer.status_code == 200
    assert holdings(ladder, before) == stood

    after = ladder.register("mediator-a1", "hens", village_id=village())
    (mine,) = holdings(ladder, after)
    # Three working days from Monday the 2nd, the 5th being one of rest now.
    assert (stood[0].accept_by, mine.accept_by) == (
        START.replace(day=5, hour=16),
        START.replace(day=6, hour=16),
    )
    assert local_day(mine.accept_by - timedelta(seconds=1)) == date(2026, 3, 6)


def village() -> str:
    """Where both quarrels lie."""
    return str(id_of("A1"))
