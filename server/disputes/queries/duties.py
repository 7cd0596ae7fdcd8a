"""SQL of what an Office's day asks of it: cases by what somebody of it has to do, the first due
first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    any_,
    case,
    func,
    literal,
    nulls_last,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from server.access.models import Office
from server.disputes.models import Dispute, DisputeEvent, Holding
from server.disputes.queries.cases import NOT_ASIDE
from server.disputes.rules.cases import WITHDRAWN_CLIMB
from server.ladder.kinds import State
from server.ladder.routing import Level
from server.places.models import Area


class Duty(StrEnum):
    """Why a case is on today's list."""

    DUE = "due"  # the bar that stands falls by the end of the day, or fell
    ACCEPT = "accept"  # received, and nobody has accepted it; not due yet
    REQUEST = "request"  # a party asks for the next level and waits for an answer
    EXTENSION = "extension"  # an Office below asks for more time
    OBJECTION = "objection"  # whoever got it from here, or below, objects
    LATE_RECORD = "late_record"  # a record in time came late: does it hold?
    WITHDRAWN = "withdrawn"  # a climb to here was taken back


def list_duty(duty: Duty, until: datetime, since: datetime) -> Select[tuple[Dispute, str]]:
    """(Dispute with its Office and present Holding, name of its Area) of one duty of one's Offices.

    `until`: the end of the day; `since`: from when on news is told. Nothing from which the asker
    steps aside.
    """
    present = and_(Holding.dispute_id == Dispute.id, Holding.ended_at.is_(None))
    query = (
        select(Dispute, Area.name)
        .join(Area, Area.id == Dispute.area_id)
        .outerjoin(Holding, present)
        .options(joinedload(Dispute.office), contains_eager(Dispute.present))
        .where(NOT_ASIDE, _which(duty, until, since))
    )
    return query.order_by(nulls_last(_by_when(duty)), Dispute.id)


LATE: Final = timedelta(hours=1)  # between writing and arriving: the clocks of a case run in days


def list_late_acts(since: datetime) -> Select[tuple[DisputeEvent, Dispute, str]]:
    """(event, its Dispute, name of the Area) of what people did to cases that one's Offices hold or
    held, received since then and more than an hour after it was written; the last first.
    """
    ours = select(Holding.dispute_id).where(_mine(Holding.office_id))
    return (
        select(DisputeEvent, Dispute, Area.name)
        .join(Dispute, Dispute.id == DisputeEvent.dispute_id)
        .join(Area, Area.id == Dispute.area_id)
        .where(
            NOT_ASIDE,
            Dispute.id.in_(ours),
            DisputeEvent.received_at >= since,
            DisputeEvent.received_at - DisputeEvent.recorded_at > LATE,
        )
        .order_by(DisputeEvent.received_at.desc(), DisputeEvent.id)
    )


def count_duty(session: Session, query: Select[Any]) -> int:
    """How many there are in all."""
    keys = query.with_only_columns(Dispute.id, maintain_column_froms=True).order_by(None)
    return session.execute(select(func.count()).select_from(keys.subquery())).scalar_one()


def _which(duty: Duty, until: datetime, since: datetime) -> ColumnElement[bool]:
    open_request = and_(Holding.request_at.is_not(None), Holding.request_answered_at.is_(None))
    asked = and_(
        Holding.extension_asked_at.is_not(None), ~Holding.extended, ~Holding.extension_declined
    )
    objected = and_(Holding.objected_at.is_not(None), Holding.objection_decided_at.is_(None))
    not_due = or_(Holding.due_at.is_(None), Holding.due_at > until)
    wanted: dict[Duty, Any] = {
        Duty.DUE: lambda: and_(_mine(Holding.office_id), Holding.due_at <= until),
        Duty.ACCEPT: lambda: and_(
            _mine(Holding.office_id), Dispute.status == State.REGISTERED.value, not_due
        ),
        Duty.REQUEST: lambda: and_(_mine(Holding.office_id), open_request),
        Duty.EXTENSION: lambda: and_(asked, _granted_here()),
        Duty.OBJECTION: lambda: and_(objected, or_(_mine(Holding.sent_by), _one_below())),
        Duty.LATE_RECORD: lambda: and_(_mine(Holding.office_id), _has_late_record()),
        Duty.WITHDRAWN: lambda: _climb_withdrawn(since),
    }
    found: ColumnElement[bool] = wanted[duty]()
    return found


def _by_when(duty: Duty) -> Any:
    """By which the list is ordered: when the answer is owed."""
    owed = {
        Duty.REQUEST: Holding.request_answer_by,
        Duty.EXTENSION: Holding.extension_answer_by,
        Duty.ACCEPT: Holding.accept_by,
    }
    return owed.get(duty, Holding.due_at)


def _mine(office: Any) -> ColumnElement[bool]:
    # An array, asked once, lets the index find them.
    mine = func.array(select(func.gate.my_offices()).scalar_subquery())
    return and_(office == any_(mine))


def _granted_here() -> ColumnElement[bool]:
    """Of the level below; at the county its own leader grants it."""
    own = and_(_mine(Holding.office_id), Holding.level == Level.COUNTY.value)
    return or_(_one_below(), own)


def _one_below() -> ColumnElement[bool]:
    """Held one level below one of my Offices, within its Area."""
    held, lies, mine, over = aliased(Office), aliased(Area), aliased(Office), aliased(Area)
    above = case(
        (Holding.level == Level.VILLAGE.value, Level.TOWNSHIP.value),
        (Holding.level == Level.TOWNSHIP.value, Level.COUNTY.value),
    )
    return (
        select(literal(1))
        .select_from(held)
        .join(lies, lies.id == held.area_id)
        .join(mine, and_(_mine(mine.id), mine.level == above))
        .join(over, and_(over.id == mine.area_id, lies.code.startswith(over.code)))
        .where(held.id == Holding.office_id)
        .exists()
    )


def _has_late_record() -> ColumnElement[bool]:
    """A note that was meant as a move, and came since the present Holding began."""
    return (
        select(literal(1))
        .select_from(DisputeEvent)
        .where(
            DisputeEvent.dispute_id == Dispute.id,
            DisputeEvent.kind == "note",
            DisputeEvent.refused.startswith("late-"),
            DisputeEvent.received_at >= Holding.received_at,
        )
        .exists()
    )


def _climb_withdrawn(since: datetime) -> ColumnElement[bool]:
    upper = aliased(Holding)
    return Dispute.id.in_(
        select(upper.dispute_id).where(
            _mine(upper.office_id), upper.ended_how == WITHDRAWN_CLIMB, upper.ended_at >= since
        )
    )
