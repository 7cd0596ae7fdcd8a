"""What a day asks of somebody, gathered from the nouns: each a count with the first of its list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from server.access.door import Asker
from server.access.permissions import Scope, scope_of
from server.approvals import queries as approvals
from server.approvals.models import Approval
from server.console.frame.time_left import TimeLeft, time_left
from server.disputes.models import Dispute
from server.disputes.queries import duties
from server.disputes.queries.duties import Duty
from server.households import queries as households
from server.households.needs import queries as needs
from server.households.needs.models import ServiceNeed
from server.households.needs.rules import REMIND
from server.households.schemas import mask_name
from server.households.unplaced import queries as unplaced
from server.ladder.calendar import LOCAL, WorkingCalendar, end_of, local_day
from server.policies import service as policies
from server.syncing.models import SyncConflict, SyncQuarantine
from server.syncing.review import queries as aside
from server.syncing.review import service as review
from server.syncing.review.conflicts import queries as conflicts
from server.syncing.review.conflicts import service as deciding
from server.syncing.status import service as status
from server.visits import queries as visits

# In the order of the page, with the action that opens each.
_PARTS: Final[Mapping[str, str]] = {
    **{duty.value: "dispute.act" for duty in Duty},
    "conflicts": "sync.quarantine",
    "aside": "sync.quarantine",
    "approvals": "approval.decide",
    "phones": "sync.supervise",
    "late_acts": "dispute.act",
    "late": "visit.read",
    "unplaced": "household.read",
    "ending": "household.read",
}
# What somebody near can ask after; over a whole county it would be a list to look at, not to do.
_NEARBY: Final = frozenset({"phones", "late", "ending"})
FIRST: Final = 8  # of a list on the page itself; the rest is a click away
PAGE: Final = 100  # of a list on a page of its own
SILENT: Final = timedelta(days=7)  # nothing was heard of somebody's phone


@dataclass(frozen=True, slots=True)
class Cut:
    """How much of a list is shown: so many, after so many others."""

    most: int = FIRST
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One list: how many in all, and those that are shown of it.

    `listed`: how many lines it has in all, where a line tells of several.
    """

    key: str
    total: int
    items: Sequence[Any]
    skipped: int = 0
    listed: int | None = None

    @property
    def more(self) -> int:
        """How many lines come after those that are shown."""
        whole = self.total if self.listed is None else self.listed
        return whole - self.skipped - len(self.items)


@dataclass(frozen=True, slots=True)
class Row:
    """A case on a list: what, where, with whom, and until when in words."""

    dispute: Dispute
    area: str
    left: TimeLeft | None


class Board:
    """The day of `me` at `now`; each part is read when it is asked for."""

    def __init__(self, session: Session, me: Asker) -> None:
        self._session, self._me, self._now = session, me, me.identity.now
        self._today = local_day(self._now)
        self._places = me.places(session)

    def parts(self) -> dict[str, Part]:
        """Key → Part, of all that this person has to do with."""
        return {key: self.part(key) for key in self.keys}

    @property
    def keys(self) -> list[str]:
        """Which parts there are for this person."""
        county = self._me.scope is Scope.COUNTY
        return [
            key
            for key, action in _PARTS.items()
            if scope_of(action, self._me.roles) and not (county and key in _NEARBY)
        ]

    def part(self, key: str, cut: Cut = Cut()) -> Part:
        """One part, with so much of its list."""
        if key in set(Duty):
            return self.cases(Duty(key), cut)
        made: Part = getattr(self, key)(cut)
        return made

    def cases(self, duty: Duty, cut: Cut) -> Part:
        """Cases of one duty of one's Offices."""
        query = duties.list_duty(duty, end_of(self._today), self._yesterday())
        found = self._session.execute(_cut(query, cut)).all()
        rows = [Row(one, area, self._left(duty, one)) for one, area in found]
        count = partial(duties.count_duty, self._session, query)
        return Part(duty.value, _total(count, rows, cut), rows, cut.skip)

    def conflicts(self, cut: Cut) -> Part:
        """Fields about which two people differ, until a person decides."""
        query = conflicts.list_conflicts("open").order_by(SyncConflict.id)
        items = deciding.describe(self._session, self._first(query, cut))
        names = self._households({item["row_id"] for item in items})
        items = [{**item, "household": names.get(item["row_id"])} for item in items]
        return self._part("conflicts", query, items, cut)

    def aside(self, cut: Cut) -> Part:
        """What phones sent and was not taken."""
        query = aside.list_set_aside().order_by(SyncQuarantine.received_at, SyncQuarantine.mid)
        items = review.describe(self._session, self._first(query, cut))
        return self._part("aside", query, items, cut)

    def phones(self, cut: Cut) -> Part:
        """People whose phone was silent for a week, or did not deliver everything."""
        people = status.list_phones(self._session, self._me.identity)
        quiet = list(quiet_phones(people, self._now))
        return Part("phones", len(quiet), _shown(quiet, cut), cut.skip)

    def approvals(self, cut: Cut) -> Part:
        """Acts of others that wait for a second person."""
        query = approvals.list_approvals(self._now, waiting=True)
        query = query.where(Approval.asked_by.is_distinct_from(self._me.user_id))
        items = self._first(query.order_by(Approval.expires_at, Approval.id), cut)
        names = aside.map_names(self._session, {one.asked_by for one in items})
        asked = [
            {
                **{name: getattr(one, name) for name in ("id", "act", "reason", "expires_at")},
                "asker": names.get(one.asked_by) if one.asked_by else None,
            }
            for one in items
        ]
        return self._part("approvals", query, asked, cut)

    def late_acts(self, cut: Cut) -> Part:
        """What was done to cases of one's Offices and came an hour or more after it was written."""
        query = duties.list_late_acts(self._yesterday())
        found = self._session.execute(_cut(query, cut)).all()
        count = partial(duties.count_duty, self._session, query)
        names = aside.map_names(self._session, {event.done_by for event, _of, _area in found})
        items = [
            {"event": event, "dispute": of, "area": area, "by": names.get(event.done_by)}
            for event, of, area in found
        ]
        return Part("late_acts", _total(count, items, cut), items, cut.skip)

    def late(self, cut: Cut) -> Part:
        """Visits that came more than a day after they were written, by who made them."""
        found = visits.list_late_phones(self._session, self._places, self._yesterday())
        visits_in_all = sum(row.visits for row in found)
        return Part("late", visits_in_all, _shown(found, cut), cut.skip, len(found))

    def unplaced(self, _cut: Cut) -> Part:
        """Households that lie in no cell: how many."""
        query = unplaced.list_unplaced(self._places, "", None)
        return Part("unplaced", self._count(query), (), listed=0)

    def ending(self, cut: Cut) -> Part:
        """Service needs whose consent ends within the month."""
        query = needs.list_needs(self._places, self._today, until=self._today + REMIND)
        items = self._first(query.order_by(ServiceNeed.until, ServiceNeed.id), cut)
        names = self._households({need.household_id for need in items})
        shown = [{"need": one, "household": names.get(one.household_id)} for one in items]
        return self._part("ending", query, shown, cut)

    def _left(self, duty: Duty, dispute: Dispute) -> TimeLeft | None:
        held = dispute.present
        if held is None:
            return None
        when: Mapping[Duty, datetime | None] = {
            Duty.REQUEST: held.request_answer_by,
            Duty.EXTENSION: held.extension_answer_by,
            Duty.ACCEPT: held.accept_by,
        }
        return time_left(self._calendar(), self._now, when.get(duty, held.due_at))

    def _calendar(self) -> WorkingCalendar:
        """From a year ago on: what is overdue is counted too. Read once."""
        if not hasattr(self, "_days"):
            since = self._today - timedelta(days=366)
            self._days = policies.calendar(self._session, since)
        return self._days

    def _yesterday(self) -> datetime:
        """News is told from yesterday on: somebody was off for a day."""
        return _start_of(self._today - timedelta(days=1))

    def _households(self, ids: set[Any]) -> Mapping[Any, str]:
        """Id → the name of its head, masked."""
        rows = households.list_sync_rows(self._session, ids) if ids else ()
        return {row.id: mask_name(row.head_name) for row in rows}

    def _first(self, query: Select[Any], cut: Cut) -> Sequence[Any]:
        return self._session.scalars(_cut(query, cut)).all()

    def _part(self, key: str, query: Select[Any], items: Sequence[Any], cut: Cut) -> Part:
        total = _total(partial(self._count, query), items, cut)
        return Part(key, total, items, cut.skip)

    def _count(self, query: Select[Any]) -> int:
        counted = select(func.count()).select_from(query.order_by(None).subquery())
        return self._session.execute(counted).scalar_one()


def quiet_phones(people: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[dict[str, Any]]:
    """Of people with the numbers of their phones: those of whom nothing was heard for a week, whose
    phone keeps records that were not taken from it (`kept`), or said that one of a week ago was not
    sent yet, in the order given. `unsent`: how many it said so last, None where it never said;
    `told_at`: when, of several phones the first. A phone, or a browser, that never delivered
    anything, and holds nothing, is nobody's to ask about.
    """
    for person in people:
        phones = [one for one in person["phones"] if _has_worked(one) and not one["revoked"]]
        heard = max((one["heard_at"] for one in phones if one["heard_at"]), default=None)
        kept = sum(one["kept"] for one in phones)
        silent = heard is not None and heard <= now - SILENT
        reports = [one["unsent"] for one in phones if one["unsent"]]
        stuck = any(one["oldest_at"] and one["oldest_at"] <= now - SILENT for one in reports)
        if silent or kept or stuck:
            told = {"name": person["name"], "area": person["area"], "kept": kept}
            unsent = sum(one["changes"] for one in reports) if reports else None
            told_at = min((one["told_at"] for one in reports if one["changes"]), default=None)
            more = {"silent": silent, "heard_at": heard, "unsent": unsent, "told_at": told_at}
            yield {**told, **more}


def _has_worked(phone: Mapping[str, Any]) -> bool:
    """One whose every push fails has delivered nothing, and is the one to ask about."""
    return bool(phone["received"] or (phone["unsent"] and phone["unsent"]["changes"]))


def _cut(query: Select[Any], cut: Cut) -> Select[Any]:
    return query.limit(cut.most).offset(cut.skip)


def _shown(items: Sequence[Any], cut: Cut) -> Sequence[Any]:
    return items[cut.skip : cut.skip + cut.most]


def _total(count: Callable[[], int], items: Sequence[Any], cut: Cut) -> int:
    """Counted only where what is shown is not the end of it, or is beyond it."""
    seen_to_its_end = len(items) < cut.most and (items or not cut.skip)
    return cut.skip + len(items) if seen_to_its_end else count()


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)
