"""The numbers of one moment: the policy in force, the calendar, and the deadlines they give."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy.orm import Session

from server.disputes.rules.cases import Case
from server.disputes.rules.moves import grant_extension
from server.ladder.calendar import Limit, Unit, WorkingCalendar, local_day
from server.ladder.clocks import Deadlines, start_holding
from server.ladder.errors import CalendarGap
from server.ladder.policy import Granter, Policy, extension_for, granter_for, limits_for
from server.ladder.routing import Category, Level
from server.policies import service as policies
from server.policies.errors import CalendarMissing
from server.policies.service import InForce


@dataclass(frozen=True)
class Clocks:
    """What starts or moves a clock at `at`; nothing is read before it is needed.

    A case that an Office holds keeps the policy under which that Office received it. All that gives
    a deadline raises CalendarMissing.
    """

    session: Session
    at: datetime
    _known: dict[UUID, Policy] = field(default_factory=dict)

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
        with _whole_calendar():
            return start_holding(self.at, limits, self.calendar)

    def objection_by(self) -> datetime:
        """Until when an Office may object to a case that another sends it now."""
        return self._working(self.in_force.policy.objection_working_days)

    def extension_answer_by(self, case: Case) -> datetime:
        """Until when an extension that is asked for now is answered."""
        return self._working(self.policy_of(case).extension_answer_working_days)

    def request_answer_by(self, case: Case) -> datetime:
        """Until when the holder answers a party that asks for the next level now."""
        return self._working(self.policy_of(case).party_answer_working_days)

    def extend(self, case: Case) -> None:
        """Grant a case as much more as the policy gives under which its Holding began."""
        limit = Limit(extension_for(self.policy_of(case), case.category), Unit.DAYS)
        with _whole_calendar():
            grant_extension(case, limit, self.calendar, self.at)

    def leader_grants(self, case: Case) -> bool:
        """Whether the leader of the holding Office itself grants an extension."""
        return granter_for(self.policy_of(case), case.held.level) is Granter.LEADER

    def policy_of(self, case: Case) -> Policy:
        """The policy under which its present Holding began."""
        policy_id = case.held.policy_id
        if policy_id not in self._known:
            self._known[policy_id] = policies.get_policy(self.session, policy_id).policy
        return self._known[policy_id]

    def _working(self, days: int) -> datetime:
        with _whole_calendar():
            return self.calendar.deadline(self.at, Limit(days, Unit.WORKING_DAYS))


@contextmanager
def _whole_calendar() -> Iterator[None]:
    try:
        yield
    except CalendarGap as gap:
        raise CalendarMissing(str(gap)) from gap
