"""The policy in force and the calendar: loading them, and handing them to the ladder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.ids import new_id
from server.ladder.calendar import WorkingCalendar, local_day
from server.ladder.policy import DEFAULT, Policy, as_mapping, parse
from server.policies import queries
from server.policies.errors import NoPolicy
from server.policies.models import PolicyVersion
from server.policies.rules import days_of


@dataclass(frozen=True, slots=True)
class InForce:
    """A version of the policy as the database numbers it."""

    id: UUID
    version: int
    policy: Policy


def current_policy(session: Session, at: datetime) -> InForce:
    """The policy under which a Holding that begins at `at` is handled. Raises NoPolicy."""
    found = queries.find_policy(session, local_day(at))
    if found is None:
        raise NoPolicy
    return _in_force(found)


def get_policy(session: Session, policy_id: UUID) -> InForce:
    """One version, in force or not: a Holding keeps the one it began under."""
    return _in_force(queries.get_policy(session, policy_id))


def calendar(session: Session, since: date = date.min) -> WorkingCalendar:
    """The county's working days from `since` on."""
    rows = queries.list_days(session, since)
    return WorkingCalendar(
        {row.day: row.working for row in rows}, {row.day.year for row in rows if row.provisional}
    )


def load_policy(session: Session, by: Identity, policy: Policy) -> None:
    """Put a version into force from its `valid_from` on; earlier ones stay for their Holdings."""
    queries.insert_policy(
        session,
        id=new_id(by.now),
        valid_from=policy.valid_from,
        document=policy.document,
        body=as_mapping(policy),
    )
    record(session, "policy.load", valid_from=policy.valid_from.isoformat())


def load_calendar(session: Session, years: Iterable[int]) -> int:
    """Fill years from what is published; what the county edited stays. Returns days written.

    A provisional day is overwritten once its year is published.
    """
    wanted = sorted(set(years))
    written = sum(queries.upsert_days(session, list(days_of(year))) for year in wanted)
    if written:
        record(session, "policy.calendar", years=wanted, days=written)
    return written


def ensure_policy(session: Session, by: Identity) -> bool:
    """What a county needs before its first dispute: a policy (DEFAULT where there is none yet) and
    the calendar from last year to the year after next. Returns whether anything was written.
    """
    year = local_day(by.now).year
    written = load_calendar(session, range(year - 1, year + 3))
    if not queries.has_policy(session):
        load_policy(session, by, DEFAULT)
        return True
    return bool(written)


def look_ahead(session: Session, by: Identity) -> bool:
    """Fill the calendar when a new year has begun: no deadline may fall beyond its last day."""
    last = queries.find_last_day(session)
    ahead = date(local_day(by.now).year + 2, 12, 31)
    return (last is None or last < ahead) and ensure_policy(session, by)


def _in_force(found: PolicyVersion) -> InForce:
    return InForce(found.id, found.version, parse(found.body))
