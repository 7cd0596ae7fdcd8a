"""The climb by the clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import worker
from server.disputes.queries import climb as queries
from server.disputes.queries.climb import Climbed, Notes
from server.disputes.queries.ways import Way, list_ways
from server.disputes.service.clocks import Clocks
from server.disputes.service.events import STANDS_IN, mac
from server.errors import WanggeError
from server.ids import new_id
from server.ladder.clocks import Deadlines
from server.ladder.policy import route_for
from server.ladder.routing import Category, Level
from server.notices.rules import Kind, Notice
from server.notices.service import owe
from server.policies.errors import CalendarMissing, NoPolicy
from server.sealed import keyring

BATCH = 2000  # cases: each is an entry or two of the feed, and those are committed by the 5,000


@dataclass(frozen=True, slots=True)
class Ways:
    """Where all that is due goes, and until when it is held there; found once for all batches.

    `missing`: what keeps some of it where it is.
    """

    at: datetime
    policy_id: UUID | None
    ways: Sequence[Way]
    routes: Mapping[Category, str]
    terms: Mapping[tuple[Category, Level], Deadlines]
    missing: WanggeError | None = None


def climb(session: Session, at: datetime, batch: int = BATCH, ways: Ways | None = None) -> int:
    """Let at most `batch` cases whose time is up at `at` climb one level; how many were taken.

    Role wangge_worker. Call it again, each time in a transaction of its own, until it returns 0:
    what is taken is never taken twice, by any number of workers, and a case that has just climbed
    has its full new time from `at`. At the county it is marked overdue and supervised, once; below,
    where there is no Office above yet, it stays due. Cases that another transaction holds at this
    moment are left for the next time. `ways`: those of find_ways, of the same `at`.
    Raises NoPolicy or CalendarMissing where nothing is left but what cannot do without them.
    """
    ways = ways or find_ways(session, at)
    if ways is None:
        return 0
    notes = _notes(at, batch if any(way.stands_in for way in ways.ways) else 0)
    climbed = queries.climb(
        session, at, batch, ways.policy_id, ways.ways, ways.routes, ways.terms, notes
    )
    if climbed:
        up = sum(case.office_id is not None for case in climbed)
        owe(session, worker(at), [_notice(case) for case in climbed])
        record(session, "dispute.climb", up=up, overdue=len(climbed) - up)
    elif ways.missing:
        raise ways.missing
    return len(climbed)


def _notes(at: datetime, count: int) -> Notes:
    """That an Office received a case because the right one has nobody, for so many events."""
    ids = [new_id(at) for _ in range(count)]
    rows, texts = [id_.bytes for id_ in ids], [STANDS_IN] * count
    sealed = keyring().seal_all("dispute_event.why", rows, texts)
    return Notes(ids, sealed, mac("why", STANDS_IN) or b"")


def find_ways(session: Session, at: datetime) -> Ways | None:
    """Where everything that is due at `at` goes; None where nothing is.

    What one way needs and lacks (a policy, a day of the calendar) must not stop the rest.
    """
    if not queries.any_due(session, at):
        return None
    clocks = Clocks(session, at)
    try:
        policy = clocks.in_force
    except NoPolicy as error:  # at the county cases are overdue all the same
        return Ways(at, None, list_ways(session, at, {}), {}, {}, error)
    routes = {one: kind.value for one in Category if (kind := route_for(policy.policy, one))}
    ways = list_ways(session, at, routes)
    wanted = {(one, way.level) for way in ways if way.level for one in way.categories}
    terms, missing = _terms(clocks, wanted)
    return Ways(at, policy.id, ways, routes, terms, missing)


def _terms(
    clocks: Clocks, wanted: Collection[tuple[Category, Level]]
) -> tuple[dict[tuple[Category, Level], Deadlines], CalendarMissing | None]:
    terms: dict[tuple[Category, Level], Deadlines] = {}
    missing = None
    for category, level in wanted:
        try:
            terms[category, level] = clocks.start(category, level)
        except CalendarMissing as error:
            missing = error
    return terms, missing


def _notice(case: Climbed) -> Notice:
    told = {"bar": case.bar.value, "due_at": case.due_at, "from_level": case.from_level.value}
    offices = (case.from_office, case.office_id, case.answerable)
    heard = tuple(dict.fromkeys(office for office in offices if office))
    if case.level is None:
        return Notice(Kind.OVERDUE, case.dispute_id, heard, told)
    return Notice(Kind.CLIMBED, case.dispute_id, heard, {**told, "level": case.level.value})
