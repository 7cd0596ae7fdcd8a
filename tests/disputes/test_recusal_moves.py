"""Cells are redrawn and villages merged under a case that is kept apart: its hearers follow."""

from __future__ import annotations

import pytest

from tests.disputes.conftest import Ladder
from tests.disputes.test_feed import check_heads, entries
from tests.disputes.test_recusal import hearers, know
from tests.disputes.test_recusal_hearers import heard, must_hear
from tests.moves.conftest import Mover
from tests.moves.test_areas import MERGE
from tests.moves.test_stories import GIVEN_AWAY
from tests.smallcounty import id_of


@pytest.fixture
def mover(ladder: Ladder) -> Mover:
    """Who moves things in the same county."""
    return Mover(ladder.county)


def test_a_case_apart_goes_along_with_a_redraw_and_a_merger(ladder: Ladder, mover: Mover) -> None:
    household = str(id_of("A1w-3"))
    party = {"side": "applicant", "kind": "household", "household_id": household}
    know(ladder, "worker-b1w", household_id=id_of("A1w-3"))
    case = ladder.register("county", "case", cell_id=str(id_of("A1w")), parties=[party])
    assert hearers(ladder, case) == {id_of("user worker-a1w"), id_of("user mediator-a1")}

    ladder.county.clock.pass_time(minutes=1)
    mover.move(GIVEN_AWAY)
    assert hearers(ladder, case) == {id_of("user worker-a1e"), id_of("user mediator-a1")}
    assert not [bucket for bucket in entries(ladder, case) if not bucket.startswith("u:")]

    ladder.county.clock.pass_time(minutes=1)
    mover.move(MERGE, "county")
    assert heard(ladder) == must_hear(ladder, [case])
    check_heads(ladder)


def test_a_case_apart_between_two_villages_is_known_once_when_they_merge(
    ladder: Ladder, mover: Mover
) -> None:
    know(ladder, "worker-b1w", household_id=id_of("A2w-1"))
    parties = [
        {"side": side, "kind": "household", "household_id": str(id_of(home))}
        for side, home in (("applicant", "A1w-1"), ("respondent", "A2w-1"))
    ]
    case = ladder.register("county", "case", parties=parties)
    ladder.county.clock.pass_time(minutes=1)
    mover.move(MERGE, "county")
    assert heard(ladder) == must_hear(ladder, [case])
    check_heads(ladder)
