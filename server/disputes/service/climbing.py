"""The climb by the clock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from server.audit.service import record
from server.disputes.queries import climb as queries
from server.disputes.queries.climb import Note
from server.disputes.service.clocks import Clocks
from server.disputes.service.events import STANDS_IN, mac
from server.ladder.routing import Level
from server.sealed import keyring


def climb(session: Session, at: datetime, batch: int = 500) -> int:
    """Let at most `batch` cases whose time is up at `at` climb one level; how many were taken.

    Role wangge_worker. Call it again, each time in a transaction of its own, until it returns 0:
    what is taken is never taken twice, by any number of workers, and a case that has just climbed
    has its full new time from `at`. One that has nowhere to climb is marked overdue, once. Cases
    that another transaction holds at this moment are left for the next time.
    Raises NoPolicy, CalendarMissing.
    """
    if not queries.any_due(session, at):
        return 0
    clocks = Clocks(session, at)
    note = Note(keyring().seal("dispute_event.why", STANDS_IN), mac("why", STANDS_IN) or b"")
    climbed = queries.climb(
        session, at, batch, clocks.in_force.id, clocks.all_above(Level.VILLAGE), note
    )
    if any(climbed):
        record(session, "dispute.climb", up=climbed.up, overdue=climbed.overdue)
    return sum(climbed)
