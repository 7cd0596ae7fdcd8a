"""The small county with its ladder, its residents and its clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from server.db import transaction
from server.disputes.service.following import close_followed_up
from tests.disputes.conftest import Ladder, ladder, lending
from tests.resident.conftest import residents
from tests.smallcounty import id_of

__all__ = ["ladder", "lending", "residents"]


def party(household: str, side: str = "applicant", **more: Any) -> dict[str, Any]:
    """A household that stands on one side."""
    return {"side": side, "kind": "household", "household_id": str(id_of(household)), **more}


def end_of(day: date) -> datetime:
    """The midnight after which a last day is over, as an instant."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=16)


def close_due(told: Ladder) -> int:
    """Let the clock close what was settled long enough ago; how many."""
    with transaction(told.county.worker) as session:
        return close_followed_up(session, told.county.clock.now)
