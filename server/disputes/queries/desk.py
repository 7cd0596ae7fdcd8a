"""SQL of the desk: cases by what must happen next and by when, and the names around one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    any_,
    case,
    cast,
    distinct,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session, aliased

from geo.codes import Level as CodeLevel
from server.access.models import Office
from server.disputes.models import Dispute, DisputeEvent, DisputePlace, Holding
from server.disputes.queries.cases import list_disputes
from server.disputes.queries.counted import narrow_to_figure
from server.disputes.queries.narrowing import SUPERVISED, narrow
from server.disputes.rules.cases import WITHDRAWN_CLIMB
from server.disputes.rules.next import Next
from server.ladder.kinds import State
from server.ladder.routing import Level
from server.ladder.states import OPEN
from server.places.models import Area, GridCell


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases. `turn`: of the Offices on these levels it is the turn; `due`: the last moment of
    what is due soon, with "soon", or nothing, with "overdue".
    """

    status: str | None = "open"  # or a State; None: any
    turn: Collection[Level] = ()
    level: str | None = None
    category: str | None = None
    next: str | None = None
    under: str | None = None  # code of an Area or a cell
    number: str | None = None
    overdue: bool = False
    soon_until: datetime | None = None
    supervised: bool | None = None
    alerted: bool | None = None


_BELOW = {Level.COUNTY: Level.TOWNSHIP, Level.TOWNSHIP: Level.VILLAGE}
_held = aliased(Holding)

NEXT: ColumnElement[str] = case(
    (
        _held.objected_at.is_not(None) & _held.objection_decided_at.is_(None),
        Next.DECIDE_OBJECTION.value,
    ),
    (
        _held.request_at.is_not(None) & _held.request_answered_at.is_(None),
        Next.ANSWER_REQUEST.value,
    ),
    (_held.request_at.is_not(None), Next.PARTY_DECIDES.value),
    (
        _held.extension_asked_at.is_not(None) & ~_held.extended & ~_held.extension_declined,
        Next.ANSWER_EXTENSION.value,
    ),
    (Dispute.status == State.REGISTERED.value, Next.ACCEPT.value),
    (Dispute.status == State.ACCEPTED.value, Next.MEDIATE.value),
    (Dispute.status == State.IN_MEDIATION.value, Next.SETTLE.value),
    (Dispute.status == State.SETTLED.value, Next.KEEP_AGREEMENT.value),
    else_=Next.NOTHING.value,
)
BY_WHEN = func.coalesce(_held.due_at, Dispute.follow_up_until)


def list_desk(
    places: Collection[str] | None,
    author: UUID | None,
    now: datetime,
    wanted: Wanted,
    figure: Mapping[str, Any],
) -> Select[Any]:
    """(Dispute, office, village, township, next, by_when, levels, supervised), the most pressing
    first: within `places` (None: the county) as `list_disputes`. `levels` are those that have held
    it; `figure` is what `narrow_to_figure` takes.
    """
    village, township = aliased(Area), aliased(Area)
    known = _known(places, author, now, wanted, figure)
    query = (
        select(
            Dispute,
            Office.name.label("office"),
            village.name.label("village"),
            township.name.label("township"),
            NEXT.label("next"),
            BY_WHEN.label("by_when"),
            _levels().label("levels"),
            SUPERVISED.label("supervised"),
        )
        .join(Office, Office.id == Dispute.office_id)
        .outerjoin(_held, (_held.dispute_id == Dispute.id) & _held.ended_at.is_(None))
        .outerjoin(village, village.id == Dispute.village_id)
        .outerjoin(township, township.id == village.parent_id)
        .where(Dispute.id.in_(known), *_wanted(wanted, now))
    )
    return query.order_by(BY_WHEN.asc().nulls_last(), Dispute.id)


def _levels() -> Any:
    """The levels that have held a case; those of a climb that was withdrawn never did."""
    held = select(func.array_agg(distinct(Holding.level))).where(Holding.dispute_id == Dispute.id)
    return held.where(Holding.ended_how.is_distinct_from(WITHDRAWN_CLIMB)).scalar_subquery()


def _known(
    places: Collection[str] | None,
    author: UUID | None,
    now: datetime,
    wanted: Wanted,
    figure: Mapping[str, Any],
) -> Select[tuple[UUID]]:
    """The ids of the cases in reach, as the list of the API narrows them."""
    query = narrow(
        narrow_to_figure(list_disputes(places, author, now, level=wanted.level), **figure),
        category=wanted.category,
        supervised=wanted.supervised,
        alerted=wanted.alerted,
    )
    return select(query.subquery().c.id)


def count(session: Session, query: Select[Any]) -> int:
    """How many rows."""
    ids = query.order_by(None).with_only_columns(Dispute.id, maintain_column_froms=True)
    return session.execute(select(func.count()).select_from(ids.subquery())).scalar_one()


def read_page(session: Session, query: Select[Any], page: int, size: int) -> Sequence[Row[Any]]:
    """One page, from 1 on; one row more where another page follows."""
    return session.execute(query.offset((page - 1) * size).limit(size + 1)).all()


def _wanted(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status == "open":
        conditions.append(Dispute.status.in_([state.value for state in sorted(OPEN)]))
    elif wanted.status:
        conditions.append(Dispute.status == wanted.status)
    if wanted.turn:
        conditions.append(_turn_of(wanted.turn))
    if wanted.next:
        conditions.append(NEXT.in_([wanted.next]))
    if wanted.overdue:
        conditions.append(_held.due_at <= now)
    if wanted.soon_until:
        conditions.append((_held.due_at > now) & (_held.due_at <= wanted.soon_until))
    if wanted.under:
        conditions.append(Dispute.id.in_(_lying(wanted.under)))
    if wanted.number:
        conditions.append(_numbered(wanted.number))
    return conditions


def _turn_of(levels: Collection[Level]) -> ColumnElement[bool]:
    """It lies on one of these levels; or waits for a word from there; or from who sent it."""
    below = [_BELOW[level].value for level in levels if level in _BELOW]
    mine = any_(func.array(select(func.gate.my_offices()).scalar_subquery()))
    return or_(
        Dispute.level.in_([level.value for level in levels]),
        (Dispute.level.in_(below) if below else false())
        & NEXT.in_([Next.ANSWER_EXTENSION.value, Next.DECIDE_OBJECTION.value]),
        NEXT.in_([Next.DECIDE_OBJECTION.value]) & (_held.sent_by == mine),
    )


def _lying(under: str) -> Select[tuple[UUID]]:
    there = select(DisputePlace.dispute_id)
    if len(under) == CodeLevel.CELL.digits:
        return there.join(GridCell, GridCell.id == DisputePlace.cell_id).where(
            GridCell.code == under
        )
    there = there.join(Area, Area.id == DisputePlace.village_id)
    return there.where(Area.code.startswith(under, autoescape=True))


def _numbered(number: str) -> ColumnElement[bool]:
    """By the end of its number, as slips and pages show it; or as another platform knows it."""
    ends = cast(Dispute.id, Text).endswith(number.lower(), autoescape=True)
    return ends | (Dispute.external_id == number)


_LOOK = text("""
    SELECT d.id AS dispute_id, greatest(:at, d.recorded_at) AS judged_at, me.offices,
           gate.aside_since(d.id) IS NOT NULL AS aside, known.facts
      FROM dispute d
      JOIN area lies ON lies.id = d.area_id
      JOIN gate.case_facts(ARRAY[cast(:id AS uuid)]) known ON known.dispute_id = d.id
     CROSS JOIN LATERAL (
           SELECT coalesce(jsonb_agg(jsonb_build_object(
                               'id', held.office_id, 'level', held.office_level,
                               'leads', held.leads,
                               'covers', lies.code LIKE held.area_code || '%'))
                               FILTER (WHERE held.office_id IS NOT NULL), '[]') AS offices
             FROM gate.held_at(:at) held) me
     WHERE d.id = :id
""")


def find_case(session: Session, dispute_id: UUID, at: datetime) -> Row[Any] | None:
    """Where a case stands and which Offices the asker acts for, as `lock_cases` tells it; nothing
    is locked, so that whoever only looks keeps nobody from acting.
    """
    return session.execute(_LOOK, {"id": dispute_id, "at": at}).one_or_none()


def list_covering(session: Session, places: Collection[str]) -> Sequence[Row[Any]]:
    """(id, name, level) of the Offices in whose Areas these villages lie, the highest first."""
    codes = {code[:digits] for code in places for digits in (6, 9, 12)}
    query = select(Office.id, Office.name, Office.level).join(Area, Area.id == Office.area_id)
    query = query.where(Area.code.in_(codes), Area.ended_at.is_(None))
    return session.execute(query.order_by(func.length(Area.code), Office.lead.desc())).all()


_COLLEAGUES = text("""
    SELECT DISTINCT u.id, u.name
      FROM assignment a JOIN user_account u ON u.id = a.user_id AND u.active
     WHERE a.office_id = ANY (cast(:offices AS uuid[]))
       AND a.valid_from <= :at AND (a.valid_to IS NULL OR a.valid_to > :at)
     ORDER BY u.name, u.id
""")


def list_colleagues(
    session: Session, offices: Collection[UUID], at: datetime
) -> Sequence[Row[Any]]:
    """(id, name) of those who act for these Offices now."""
    return session.execute(_COLLEAGUES, {"offices": list(offices), "at": at}).all()


_NAMES = text("""
    SELECT id, name FROM user_account WHERE id = ANY (cast(:ids AS uuid[]))
    UNION ALL
    SELECT id, name FROM office WHERE id = ANY (cast(:ids AS uuid[]))
    UNION ALL
    SELECT id, name FROM area WHERE id = ANY (cast(:ids AS uuid[]))
    UNION ALL
    SELECT id, name FROM grid_cell WHERE id = ANY (cast(:ids AS uuid[]))
""")


def map_names(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Id → name, of users, Offices, Areas and cells."""
    return {row.id: row.name for row in session.execute(_NAMES, {"ids": list(ids)})}


def find_last_event(session: Session, dispute_id: UUID) -> int:
    """The number of the last event of a case; 0 where the asker knows of none."""
    query = select(func.coalesce(func.max(DisputeEvent.n), 0))
    return session.execute(query.where(DisputeEvent.dispute_id == dispute_id)).scalar_one()


def find_own_event(
    session: Session, dispute_id: UUID, event_id: UUID, user_id: UUID | None
) -> DisputeEvent | None:
    """The event under this id, if this user has written it into the history of this case."""
    query = select(DisputeEvent).where(
        DisputeEvent.id == event_id,
        DisputeEvent.dispute_id == dispute_id,
        DisputeEvent.recorded_by == user_id,
    )
    return session.scalars(query).one_or_none()
