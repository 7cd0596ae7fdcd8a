"""The numbers of one moment: the policy in force, the calendar, and the deadlines they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from sqlalchemy.orm import Session

from server.ladder.calendar import Limit, Unit, WorkingCalendar, local_day
from server.ladder.clocks import Deadlines, start_holding
from server.ladder.errors import CalendarGap
from server.ladder.policy import limits_for
from server.ladder.routing import Category, Level
from server.policies import service as policies
from server.policies.errors import CalendarMissing
from server.policies.service import InForce

# A deadline that is extended was set at most so long ago.
_LOOK_BACK = timedelta(days=366)


@dataclass(frozen=True)
class Clocks:
    """What starts or moves a clock at `at`; nothing is read before it is needed."""

    session: Session
    at: datetime

    @cached_property
    def in_force(self) -> InForce:
        """The policy of Holdings that begin now. Raises NoPolicy."""
        return policies.current_policy(self.session, self.at)

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """The county's days."""
        return policies.calendar(self.session, local_day(self.at - _LOOK_BACK))

    def start(self, category: Category, level: Level) -> Deadlines:
        """The deadlines of an Office that receives a case now. Raises NoPolicy, CalendarMissing."""
        limits = limits_for(self.in_force.policy, category, level)
        try:
            return start_holding(self.at, limits, self.calendar)
        except CalendarGap as gap:
            raise CalendarMissing(str(gap)) from gap

    def all_above(self, lowest: Level) -> Mapping[tuple[Category, Level], Deadlines]:
        """`start` of every category, on every level above `lowest`."""
        levels = [level for level in Level if level.digits < lowest.digits]
        return {
            (category, level): self.start(category, level)
            for category in Category
            for level in levels
        }

    def extension(self, policy_id: UUID) -> Limit:
        """How far an extension reaches, by the policy under which the Holding began."""
        held_under = policies.policies_by_id(self.session)[policy_id]
        return Limit(held_under.policy.extension_max_days, Unit.DAYS)
