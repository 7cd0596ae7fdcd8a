"""The numbers of one moment: the policy in force, the calendar, and the deadlines they give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from server.disputes.rules.moves import Case, grant_extension
from server.ladder.calendar import Limit, Unit, WorkingCalendar, local_day
from server.ladder.clocks import Deadlines, start_holding
from server.ladder.errors import CalendarGap
from server.ladder.policy import limits_for
from server.ladder.routing import Category, Level
from server.policies import service as policies
from server.policies.errors import CalendarMissing
from server.policies.service import InForce


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
        """The county's days from today on: no deadline is counted from an earlier one."""
        return policies.calendar(self.session, local_day(self.at))

    def start(self, category: Category, level: Level) -> Deadlines:
        """The deadlines of an Office that receives a case now. Raises NoPolicy, CalendarMissing."""
        limits = limits_for(self.in_force.policy, category, level)
        try:
            return start_holding(self.at, limits, self.calendar)
        except CalendarGap as gap:
            raise CalendarMissing(str(gap)) from gap

    def extend(self, case: Case) -> None:
        """Grant a case as much more as the policy gives under which its Holding began.

        Raises CalendarMissing.
        """
        held_under = policies.get_policy(self.session, case.held.policy_id)
        limit = Limit(held_under.policy.extension_max_days, Unit.DAYS)
        try:
            grant_extension(case, limit, self.calendar, self.at)
        except CalendarGap as gap:
            raise CalendarMissing(str(gap)) from gap
