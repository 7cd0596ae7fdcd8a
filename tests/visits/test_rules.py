"""When a visit can have happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from server.visits.rules import wrong_fields
from tests.smallcounty import START

CHINA = timezone(timedelta(hours=8))
GOOD = {"outcome": "met"}


@pytest.mark.parametrize(
    ("occurred_at", "slug"),
    [
        (datetime(1, 1, 1, tzinfo=CHINA), "bad_time"),  # in UTC a year before Christ
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "bad_time"),
        (datetime(1970, 1, 1, tzinfo=UTC), None),
        (START, None),
        (START + timedelta(minutes=10), None),
        (START + timedelta(minutes=11), "in_the_future"),
        (datetime(3000, 1, 1, tzinfo=UTC), "bad_time"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=8))), "bad_time"),
    ],
)
def test_a_visit_happened_between_1970_and_now(occurred_at: datetime, slug: str | None) -> None:
    found = wrong_fields(GOOD, occurred_at, START)
    assert found == ({"occurred_at": slug} if slug else {})
