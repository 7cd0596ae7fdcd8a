"""SQL of who holds what, as accounts give and take it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select, text, update
from sqlalchemy.orm import Session

from server.access.accounts.rules import NO_TIME, ends_at
from server.access.models import Assignment, Office
from server.places.models import Area, GridCell


def find_assignment(session: Session, assignment_id: UUID) -> Assignment | None:
    """One assignment."""
    return session.get(Assignment, assignment_id)


def find_held(
    session: Session, user_id: UUID, start: datetime, until: datetime | None
) -> Sequence[Assignment]:
    """What a user holds at some time in a span; not what was called off before it began."""
    query = select(Assignment).where(
        Assignment.user_id == user_id,
        or_(
            Assignment.valid_to.is_(None),
            and_(
                Assignment.valid_to > start,
                Assignment.valid_to > Assignment.valid_from + NO_TIME,
            ),
        ),
    )
    if until is not None:
        query = query.where(Assignment.valid_from < until)
    return session.scalars(query).all()


def list_held_by_name(session: Session, user_id: UUID, at: datetime) -> Sequence[Row[Any]]:
    """(role, leads, place, code, valid_from, valid_to): what a user holds, as people call it."""
    query = (
        select(
            Assignment.role,
            Assignment.leads,
            func.coalesce(GridCell.name, Office.name, Area.name).label("place"),
            func.coalesce(GridCell.code, Area.code).label("code"),
            Assignment.valid_from,
            Assignment.valid_to,
        )
        .outerjoin(GridCell, GridCell.id == Assignment.cell_id)
        .outerjoin(Office, Office.id == Assignment.office_id)
        .outerjoin(Area, Area.id == func.coalesce(Assignment.area_id, Office.area_id))
        .where(
            Assignment.user_id == user_id,
            Assignment.valid_from <= at,
            or_(Assignment.valid_to.is_(None), Assignment.valid_to > at),
        )
    )
    return session.execute(query.order_by(Assignment.role, Assignment.valid_from)).all()


def is_below(session: Session, office_id: UUID, codes: Collection[str]) -> bool:
    """Whether an Office is a village's, of one of the townships with these codes."""
    query = select(Area.code).join(Office, Office.area_id == Area.id)
    query = query.where(Office.id == office_id, Area.level == "village")
    code = session.scalar(query)
    return code is not None and any(one and code.startswith(one) for one in codes)


def find_county(session: Session) -> Area | None:
    """The county of this database."""
    query = select(Area).where(Area.level == "county", Area.ended_at.is_(None))
    return session.scalars(query.order_by(Area.id)).first()


def lock_person(session: Session, user_id: UUID) -> None:
    """One at a time gives this user something, to the end of the transaction."""
    session.execute(_LOCK_PERSON, {"user": str(user_id)})


_LOCK_PERSON = text("SELECT pg_advisory_xact_lock(hashtextextended('assignment ' || :user, 0))")


def lock_administrators(session: Session) -> None:
    """One change of who administers at a time, to the end of the transaction."""
    session.execute(text("SELECT gate.lock_administrators()"))


def another_holds(session: Session, role: str, than: UUID, at: datetime) -> bool:
    """Whether somebody else who is active holds this administrator's role at this time."""
    asked = {"role": role, "than": than, "at": at}
    found: Any = session.execute(text("SELECT gate.another_holds(:role, :than, :at)"), asked)
    return bool(found.scalar())


def end_assignments(session: Session, spans: Sequence[Assignment], at: datetime) -> None:
    """End these at a time; those that begin later never held."""
    for one in spans:  # a handful: what one person holds
        until = ends_at(one.valid_from, at)
        session.execute(update(Assignment).where(Assignment.id == one.id).values(valid_to=until))
