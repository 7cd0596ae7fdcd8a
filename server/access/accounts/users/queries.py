"""SQL of users: who there is, what they hold, and what changes of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, or_, select, text, update
from sqlalchemy.orm import Session

from server.access.accounts.models import Invitation
from server.access.models import Assignment, Office, User
from server.places.models import Area, GridCell


def list_users(
    wanted: Mapping[str, Any], at: datetime, within: Collection[str] | None
) -> Select[Any]:
    """Users by `login` (its beginning), `name` (a part), `active`, and by what they hold or will:
    `role`, `office`, `under` (an Area's code). `within`: codes of Areas; None, the whole county.
    """
    query = select(User)
    if wanted["login"]:
        query = query.where(User.login.startswith(wanted["login"], autoescape=True))
    if wanted["name"]:
        query = query.where(User.name.contains(wanted["name"], autoescape=True))
    if wanted["active"] is not None:
        query = query.where(User.active == wanted["active"])
    held = {"role": Assignment.role, "office": Assignment.office_id}
    asked = [column == wanted[name] for name, column in held.items() if wanted[name]]
    if wanted["under"]:
        asked.append(Area.code.startswith(wanted["under"], autoescape=True))
    if asked:
        query = query.where(User.id.in_(_holders(at).where(*asked)))
    return query if within is None else query.where(User.id.in_(_below(at, within)))


def find_user_by_id(
    session: Session,
    user_id: UUID,
    at: datetime,
    within: Collection[str] | None,
    roles: Collection[str] = (),
) -> User | None:
    """One user, if they hold (one of `roles`) below Areas with these codes; None: whoever it is."""
    query = select(User).where(User.id == user_id)
    if within is not None:
        below = _below(at, within)
        query = query.where(
            User.id.in_(below.where(Assignment.role.in_(roles)) if roles else below)
        )
    return session.scalar(query)


def list_townships(session: Session, user_id: UUID, at: datetime) -> Sequence[str]:
    """Codes of the townships that somebody supervises now."""
    query = (
        select(Area.code)
        .join(Office, Office.area_id == Area.id)
        .join(Assignment, Assignment.office_id == Office.id)
        .where(Assignment.user_id == user_id, Assignment.role == "township_supervisor")
        .where(Area.level == "township", Assignment.valid_from <= at, _not_over(at))
    )
    return session.scalars(query).all()


def map_held(
    session: Session, users: Sequence[UUID], at: datetime, *, past: bool = False
) -> Mapping[UUID, Sequence[Row[Any]]]:
    """What each of these users holds or will hold, with names; `past`: and what they held."""
    held: dict[UUID, list[Row[Any]]] = {user: [] for user in users}
    for row in session.execute(_HELD, {"users": list(users), "at": at, "past": past}):
        held[row.user_id].append(row)
    return held


def list_unserved(session: Session, ended: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Those of these ended assignments that nobody else who is active holds from then on."""
    return session.execute(_UNSERVED, {"ended": list(ended)}).all()


def find_invitation(session: Session, user_id: UUID) -> Row[Any] | None:
    """When the newest code of a user was made, until when it holds and when it was used."""
    query = select(Invitation.made_at, Invitation.expires_at, Invitation.used_at)
    return session.execute(query.where(Invitation.user_id == user_id)).one_or_none()


def update_user(session: Session, user_id: UUID, **values: Any) -> None:
    """A user's `name`, or whether they are `active`."""
    session.execute(update(User).where(User.id == user_id).values(**values))


def _holders(at: datetime) -> Select[Any]:
    return (
        select(Assignment.user_id)
        .outerjoin(Office, Office.id == Assignment.office_id)
        .outerjoin(GridCell, GridCell.id == Assignment.cell_id)
        .outerjoin(
            Area,
            or_(
                Area.id == Assignment.area_id,
                Area.id == Office.area_id,
                Area.id == GridCell.village_id,
            ),
        )
        .where(_not_over(at))
    )


def _below(at: datetime, codes: Collection[str]) -> Select[Any]:
    # No code: nobody. An empty OR would be everybody.
    below = [Area.code.startswith(code, autoescape=True) for code in codes if code]
    return _holders(at).where(or_(False, *below))


def _not_over(at: datetime) -> ColumnElement[bool]:
    return or_(Assignment.valid_to.is_(None), Assignment.valid_to > at)


_SHOWN = """
    SELECT a.id, a.user_id, a.role, a.cell_id, a.office_id, a.area_id, a.leads,
           a.valid_from, a.valid_to,
           coalesce(c.name, o.name, area.name, '') AS place,
           coalesce(c.code, area.code, '')         AS code
      FROM assignment a
      LEFT JOIN grid_cell c ON c.id = a.cell_id
      LEFT JOIN office o    ON o.id = a.office_id
      LEFT JOIN area        ON area.id = coalesce(a.area_id, o.area_id)
"""
_HELD = text(f"""{_SHOWN}
     WHERE a.user_id = ANY (cast(:users AS uuid[]))
       AND (:past OR a.valid_to IS NULL OR a.valid_to > :at)
     ORDER BY a.valid_from, a.id
""")
# What was called off before it began lasted a microsecond: nobody served by it.
_UNSERVED = text(f"""{_SHOWN}
     WHERE a.id = ANY (cast(:ended AS uuid[]))
       AND a.valid_to > a.valid_from + interval '1 microsecond'
       AND NOT EXISTS (SELECT FROM assignment b JOIN user_account u ON u.id = b.user_id AND u.active
                        WHERE b.role = a.role
                          AND (b.cell_id, b.office_id, b.area_id)
                              IS NOT DISTINCT FROM (a.cell_id, a.office_id, a.area_id)
                          AND b.valid_from <= a.valid_to
                          AND (b.valid_to IS NULL OR b.valid_to > a.valid_to))
     ORDER BY a.valid_from, a.id
""")
