"""The climb by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from server.audit.service import record
from server.disputes.queries import climb as queries
from server.disputes.queries.climb import Note, Way
from server.disputes.service.clocks import Clocks
from server.disputes.service.events import STANDS_IN, mac
from server.errors import WanggeError
from server.ladder.clocks import Deadlines
from server.policies.errors import CalendarMissing, NoPolicy
from server.sealed import keyring


def climb(session: Session, at: datetime, batch: int = 500) -> int:
    """Let at most `batch` cases whose time is up at `at` climb one level; how many were taken.

    Role wangge_worker. Call it again, each time in a transaction of its own, until it returns 0:
    what is taken is never taken twice, by any number of workers, and a case that has just climbed
    has its full new time from `at`. At the county it is marked overdue, once; below, where there is
    no Office above yet, it stays due. Cases that another transaction holds at this moment are left
    for the next time.
    Raises NoPolicy or CalendarMissing where nothing is left but what cannot do without them.
    """
    if not queries.any_due(session, at):
        return 0
    clocks = Clocks(session, at)
    ways, missing = _open_ways(clocks, queries.list_ways(session, at))
    policy_id = clocks.in_force.id if any(ways.values()) else None
    note = Note(keyring().seal("dispute_event.why", STANDS_IN), mac("why", STANDS_IN) or b"")
    climbed = queries.climb(session, at, batch, policy_id, ways, note)
    if any(climbed):
        record(session, "dispute.climb", up=climbed.up, overdue=climbed.overdue)
    elif missing:
        raise missing
    return sum(climbed)


def _open_ways(
    clocks: Clocks, ways: Sequence[Way]
) -> tuple[dict[Way, Deadlines | None], WanggeError | None]:
    """Ways with the deadlines at their end, and what the others lack: a day that one needs must not
    stop the rest.
    """
    found: dict[Way, Deadlines | None] = {}
    missing: WanggeError | None = None
    for way in ways:
        try:
            found[way] = clocks.start(way.category, way.level) if way.level else None
        except (NoPolicy, CalendarMissing) as error:
            missing = error
    return found, missing
