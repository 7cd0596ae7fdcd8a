"""What a new version, or another day of the calendar, would mean for a case; and proposing one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from server.db import Identity
from server.ladder.calendar import WorkingCalendar, local_day
from server.ladder.errors import CalendarGap
from server.ladder.policy import Policy
from server.ladder.routing import Category, Level
from server.policies import queries
from server.policies.errors import CalendarMissing, PolicyBackdated, PolicyMoved
from server.policies.rules.promised import Days, promised
from server.policies.service.days import calendar
from server.policies.service.versions import Revision, compare, current_policy, newest, revise


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised for a case of a category at a level: now, and by what is proposed."""

    category: Category
    level: Level
    present: Days
    proposed: Days

    @property
    def differs(self) -> bool:
        """Whether either day is another one."""
        return self.present[:2] != self.proposed[:2]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a policy would change, and what that means for a case received on a day."""

    revision: Revision
    received: date
    promises: Sequence[Promise]


@dataclass(frozen=True, slots=True)
class DayPreview:
    """What another day of the calendar means for a case received on `received`; deadlines that
    stand do not move.
    """

    day: date
    before: bool
    working: bool
    received: date
    promises: Sequence[Promise]


def preview_policy(
    session: Session,
    by: Identity,
    policy: Policy,
    categories: Sequence[Category],
    received: date | None = None,
) -> Preview:
    """What a policy would mean for a case of these categories that is received on a day: on its
    first, where none is named, and never before that. Nothing is written.

    Raises PolicyBackdated, PolicyLabelTaken, PolicyOutlived, NoPolicy, CalendarMissing.
    """
    revision = compare(session, by, policy)
    if revision.backdated:
        raise PolicyBackdated
    first = max(policy.valid_from, local_day(by.now))
    on = max(received or first, first)
    present = (
        revision.replaced.policy if revision.replaced else current_policy(session, by.now).policy
    )
    days = calendar(session, on)
    return Preview(revision, on, _promises(present, policy, categories, on, days, days))


def propose(session: Session, by: Identity, policy: Policy, base: int, why: str) -> Revision:
    """Put a policy into force from its first day on, as a new version. Running Holdings keep the
    one that they began under; the same policy again changes nothing.

    `base`: the newest version when this one was written; whoever wrote it did not know of one that
    was added since, from whatever day it is valid. Raises PolicyMoved, PolicyBackdated,
    PolicyLabelTaken, PolicyOutlived, CalendarMissing.
    """
    queries.lock_versions(session)
    revision = compare(session, by, policy)
    if revision.known:
        return revision
    if newest(session) != base:
        raise PolicyMoved
    if revision.backdated:
        raise PolicyBackdated
    if queries.find_day(session, policy.valid_from) is None:
        raise CalendarMissing  # a slip of the pen: 2062 for 2026
    return revise(session, by, policy, why)


def preview_day(session: Session, by: Identity, day: date, *, working: bool) -> DayPreview:
    """What a day that is worked, or not, means for a case received the day before, or today where
    that is later. Raises CalendarMissing, NoPolicy.
    """
    found = queries.find_day(session, day)
    if found is None:
        raise CalendarMissing
    received = max(day - timedelta(days=1), local_day(by.now))
    policy = current_policy(session, by.now).policy
    present = calendar(session, min(received, day))
    other = present.with_day(day, working=working)
    told = _promises(policy, policy, [Category.OTHER], received, present, other)
    return DayPreview(day, found.working, working, received, told)


def _promises(
    present: Policy,
    proposed: Policy,
    categories: Sequence[Category],
    received: date,
    now: WorkingCalendar,
    then: WorkingCalendar,
) -> Sequence[Promise]:
    try:
        pairs: Mapping[Category, tuple[Mapping[Level, Days], Mapping[Level, Days]]] = {
            one: (
                promised(present, one, received, now),
                promised(proposed, one, received, then),
            )
            for one in categories
        }
    except (CalendarGap, OverflowError) as gap:  # overflow: past the last day there can be
        raise CalendarMissing from gap
    return [
        Promise(category, level, before[level], after[level])
        for category, (before, after) in pairs.items()
        for level in Level
    ]
