"""The versions of the policy: which one is in force, and putting another into force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.ids import new_id
from server.ladder.calendar import local_day
from server.ladder.policy import Policy, as_mapping, parse
from server.policies import queries
from server.policies.errors import (
    NoPolicy,
    PolicyBackdated,
    PolicyLabelTaken,
    PolicyNotFound,
    PolicyOutlived,
)
from server.policies.models import PolicyVersion
from server.policies.rules.changes import Change, changes


@dataclass(frozen=True, slots=True)
class InForce:
    """A version of the policy as the database numbers it."""

    id: UUID
    version: int
    policy: Policy


@dataclass(frozen=True, slots=True)
class Revision:
    """What a policy changes, or would.

    `replaced` was to be in force on its first day; `until` is the day on which a version that was
    loaded before takes over from it. `known`: the same stands there already; `backdated`: it takes
    a reason. `number`: as which version it was loaded; None: it was not.
    """

    policy: Policy
    replaced: InForce | None
    changes: Sequence[Change]
    until: date | None
    known: bool
    backdated: bool
    number: int | None = None


def current_policy(session: Session, at: datetime) -> InForce:
    """The policy under which a Holding that begins at `at` is handled. Raises NoPolicy."""
    return policy_on(session, local_day(at))


def policy_on(session: Session, day: date) -> InForce:
    """The policy that will hold on a day, as things stand. Raises NoPolicy."""
    found = queries.find_policy(session, day)
    if found is None:
        raise NoPolicy
    return _in_force(found)


def number_in_force(session: Session, at: datetime) -> int | None:
    """The number of the version in force at `at`; None before the first."""
    found = queries.find_policy(session, local_day(at))
    return found.version if found else None


def latest(session: Session) -> InForce:
    """The version that holds in the end: valid from the latest day. Raises NoPolicy."""
    return policy_on(session, date.max)


def newest(session: Session) -> int:
    """The number of the version that was added last, which need not be valid from the latest day:
    whoever knows it knows of all. 0 before the first.
    """
    return queries.find_newest(session)


def get_policy(session: Session, policy_id: UUID) -> InForce:
    """One version, in force or not: a Holding keeps the one it began under."""
    return _in_force(queries.get_policy(session, policy_id))


def get_version(session: Session, number: int) -> InForce:
    """One version by its number. Raises PolicyNotFound."""
    found = queries.find_version(session, number)
    if found is None:
        raise PolicyNotFound
    return _in_force(found)


def list_versions(session: Session) -> list[InForce]:
    """Every version, in the order in which they were loaded."""
    return [_in_force(found) for found in queries.list_policies(session)]


def load_policy(session: Session, by: Identity, policy: Policy, why: str | None = None) -> int:
    """Put a version into force from its `valid_from` on; its number. Earlier ones stay for their
    Holdings.
    """
    number = queries.insert_policy(
        session,
        id=new_id(by.now),
        valid_from=policy.valid_from,
        document=policy.document,
        body=as_mapping(policy),
    )
    valid_from = policy.valid_from.isoformat()
    record(session, "policy.load", reason=why, version=number, valid_from=valid_from)
    return number


def compare(session: Session, by: Identity, policy: Policy) -> Revision:
    """What a policy would change, against the version that would be in force on its first day.

    Raises PolicyLabelTaken, PolicyOutlived where it cannot be loaded.
    """
    today = local_day(by.now)
    first = max(policy.valid_from, today)
    found = queries.find_policy(session, first)
    replaced = _in_force(found) if found else None
    known = _is_known(session, policy)
    if not known and replaced and replaced.policy.valid_from > policy.valid_from:
        raise PolicyOutlived
    return Revision(
        policy,
        replaced,
        changes(replaced.policy, policy) if replaced else (),
        queries.find_next_date(session, first),
        known,
        backdated=not known and policy.valid_from < today,
    )


def revise(session: Session, by: Identity, policy: Policy, why: str | None = None) -> Revision:
    """Put a policy that people reviewed into force. The same one again changes nothing.

    Running Holdings keep the version that they began under. `why`: only for one that is valid from
    before today. Raises PolicyBackdated, PolicyLabelTaken, PolicyOutlived.
    """
    queries.lock_versions(session)
    revision = compare(session, by, policy)
    if revision.known:
        return revision
    if revision.backdated and not why:
        raise PolicyBackdated
    return replace(revision, number=load_policy(session, by, policy, why))


def _is_known(session: Session, policy: Policy) -> bool:
    """Whether the same policy was loaded before. Raises PolicyLabelTaken."""
    known = queries.find_label(session, policy.version)
    if known is not None and parse(known.body) != policy:
        raise PolicyLabelTaken
    return known is not None


def _in_force(found: PolicyVersion) -> InForce:
    return InForce(found.id, found.version, parse(found.body))
