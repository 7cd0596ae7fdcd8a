"""Roles given and taken: in an Office, on a cell (at the keyboard), or over the county."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from server.access import queries as access
from server.access.accounts.assignments import queries
from server.access.accounts.errors import (
    AlreadyHeld,
    AssignmentNotFound,
    AssignmentOver,
    BadSpan,
    CellsMove,
    LastAdministrator,
    NotToGive,
    NotYourself,
    UserDisabled,
)
from server.access.accounts.rules import gives, over_county, starts_at
from server.access.errors import OfficeNotFound, RolesApart, UserNotFound, WrongPlace
from server.access.models import Assignment, User
from server.access.permissions import Role
from server.access.rules import ADMINISTRATORS, HELD_ON
from server.audit.service import record
from server.db import Identity
from server.errors import in_both
from server.ids import new_id
from server.places.models import Area, GridCell

Place = dict[str, UUID | None]


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gives or takes: their roles now, and the codes of the townships that they supervise."""

    by: Identity
    roles: Collection[str]
    townships: Collection[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A role from–to; `office_id` for those that are held in an Office."""

    login: str
    role: Role
    office_id: UUID | None = None
    start: datetime | None = None
    until: datetime | None = None
    leads: bool = False


def give(session: Session, giver: Giver, wanted: Wanted) -> UUID:
    """Give somebody else a role in an Office, or an administrator's over the county; to whom.

    Raises CellsMove, NotToGive, NotYourself, UserNotFound, UserDisabled, OfficeNotFound,
    WrongPlace, BadSpan, AlreadyHeld, RolesApart.
    """
    if wanted.role is Role.GRID_WORKER:
        raise CellsMove
    _check_giver(session, giver, wanted.role, wanted.office_id)
    user = _get_user(session, wanted.login)
    if user.id == giver.by.user_id:
        raise NotYourself
    held_on = _place_of(session, wanted.role, wanted.office_id)
    _write(session, giver.by, user, wanted, held_on)
    return user.id


def assign(
    session: Session,
    by: Identity,
    login: str,
    role: Role,
    place: Area | GridCell,
    *,
    office_id: UUID | None = None,
    leads: bool = False,
    start: datetime | None = None,
    until: datetime | None = None,
) -> UUID:
    """As the county's own hand: on a cell, in an Office of an Area (its lead Office unless
    `office_id` names another), or for administrators over the county.

    Raises UserNotFound, UserDisabled, WrongPlace, OfficeNotFound, BadSpan, AlreadyHeld, RolesApart.
    """
    user = _get_user(session, login)
    wanted = Wanted(login, role, office_id, start, until, leads)
    return _write(session, by, user, wanted, _held_on(session, role, place, office_id))


def end(
    session: Session, giver: Giver | Identity, assignment_id: UUID, at: datetime | None, reason: str
) -> Assignment:
    """End an assignment now or at a time; one that has not begun by then never holds. As the
    county's own hand, whatever it is on. Returns it.

    Raises AssignmentNotFound, CellsMove, NotToGive, NotYourself, AssignmentOver, BadSpan,
    LastAdministrator.
    """
    one = queries.find_assignment(session, assignment_id)
    if one is None:
        raise AssignmentNotFound
    by = giver.by if isinstance(giver, Giver) else giver
    if isinstance(giver, Giver):
        _check_taker(session, giver, one)
    at = by.now if at is None else at
    if one.valid_to is not None and one.valid_to <= by.now:
        raise AssignmentOver
    if at < by.now or (one.valid_to is not None and at > one.valid_to):
        raise BadSpan
    if one.valid_from <= by.now:
        keep_last(session, by, one.user_id, at=at, roles=[one.role])
    queries.end_assignments(session, [one], at)
    record(session, "assignment.end", reason=reason, user=one.user_id, assignment=one.id)
    return one


def is_office_of(session: Session, office_id: UUID, area_id: UUID) -> bool:
    """Whether an Office is of this Area."""
    office = access.find_office(session, office_id)
    return office is not None and office.area_id == area_id


def end_all(session: Session, by: Identity, user_id: UUID) -> Sequence[Assignment]:
    """End now whatever a user holds or would hold; which that was."""
    held = queries.find_held(session, user_id, by.now, None)
    queries.end_assignments(session, held, by.now)
    return held


def keep_last(
    session: Session,
    by: Identity,
    user_id: UUID,
    *,
    at: datetime | None = None,
    roles: Collection[str] | None = None,
) -> None:
    """Raises LastAdministrator where nobody else would hold an administrator's role that this user
    holds now (one of `roles`), from `at` on. Nobody else changes any until the end.
    """
    held = {one.role for one in access.list_assignments(session, user_id, by.now)}
    for role in sorted(held & ADMINISTRATORS & set(roles or held)):
        queries.lock_administrators(session)
        if not queries.another_holds(session, role, user_id, at or by.now):
            raise LastAdministrator


def _check_giver(session: Session, giver: Giver, role: Role, office_id: UUID | None) -> None:
    if not gives(giver.roles, role):
        raise NotToGive
    if over_county(giver.roles, role):
        return
    if office_id is None or not queries.is_below(session, office_id, giver.townships):
        raise NotToGive


def _check_taker(session: Session, giver: Giver, one: Assignment) -> None:
    if one.role == Role.GRID_WORKER:
        raise CellsMove
    _check_giver(session, giver, Role(one.role), one.office_id)
    if one.user_id == giver.by.user_id:
        raise NotYourself


def _get_user(session: Session, login: str) -> User:
    user = access.find_user(session, login)
    if user is None:
        raise UserNotFound
    if not user.active:
        raise UserDisabled
    return user


def _write(session: Session, by: Identity, user: User, wanted: Wanted, held_on: Place) -> UUID:
    start = starts_at(wanted.start, by.now)
    if start < by.now or (wanted.until is not None and wanted.until <= start):
        raise BadSpan
    if wanted.role in ADMINISTRATORS:
        queries.lock_administrators(session)
    queries.lock_person(session, user.id)
    for one in queries.find_held(session, user.id, start, wanted.until):
        if one.role == wanted.role and all(getattr(one, k) == v for k, v in held_on.items()):
            raise AlreadyHeld
        if one.role != wanted.role and ADMINISTRATORS & {one.role, wanted.role}:
            raise RolesApart
    assignment_id = new_id(by.now)
    row = {
        "id": assignment_id,
        "user_id": user.id,
        "role": wanted.role,
        **held_on,
        "leads": wanted.leads,
        "valid_from": start,
        "valid_to": wanted.until,
    }
    access.insert_assignments(session, [row])
    record(session, "user.assign", user=user.id, role=wanted.role, assignment=assignment_id)
    return assignment_id


def _place_of(session: Session, role: Role, office_id: UUID | None) -> Place:
    """Where a role is held: in this Office, or (administrators) over the county."""
    if role in ADMINISTRATORS:
        county = queries.find_county(session)
        if office_id is not None or county is None:
            raise WrongPlace
        return _NOWHERE | {"area_id": county.id}
    office = access.find_office(session, office_id) if office_id else None
    if office is None:
        raise OfficeNotFound
    if office.level != HELD_ON[role]:
        raise WrongPlace(in_both(WrongPlace.text, f"{role} → {HELD_ON[role]}"))
    return _NOWHERE | {"office_id": office.id}


def _held_on(session: Session, role: Role, place: Area | GridCell, office_id: UUID | None) -> Place:
    level = place.level if isinstance(place, Area) else "cell"
    if level != HELD_ON[role]:
        raise WrongPlace(in_both(WrongPlace.text, f"{role} → {HELD_ON[role]}"))
    if level == "cell":
        return _NOWHERE | {"cell_id": place.id}
    if role in ADMINISTRATORS:
        return _NOWHERE | {"area_id": place.id}
    office = (
        access.find_office(session, office_id)
        if office_id
        else access.find_lead_office(session, place.id)
    )
    if office is None or office.area_id != place.id:
        raise OfficeNotFound
    return _NOWHERE | {"office_id": office.id}


_NOWHERE: Place = dict.fromkeys(("cell_id", "office_id", "area_id"))
