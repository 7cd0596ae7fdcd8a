"""SQL of access. Before anybody is known only the gate functions answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CursorResult, Row, Select, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.access.errors import RolesApart, UserNotFound
from server.access.models import Assignment, Credential, Device, Login, Office, User
from server.db import Identity, ask
from server.places.models import Area
from server.setbacks import pgcode


class SignedIn(NamedTuple):
    """Who an access token belongs to, the roles held at this moment, and what was proved."""

    user_id: UUID
    device_id: UUID
    device_revoked: bool
    roles: list[str]
    login_id: UUID
    proved_at: datetime | None
    second_factor: bool


class Proof(NamedTuple):
    """What proves an active user, and whether the device is one of that user's own."""

    user_id: UUID
    password_hash: str
    on_own_device: bool


def find_credential(session: Session, login: str, device_id: UUID | None = None) -> Proof | None:
    """What proves the active user of this login."""
    row = session.execute(
        text("SELECT * FROM gate.credential_of(:login, :device)"),
        {"login": login, "device": device_id},
    ).one_or_none()
    return Proof(*row) if row else None


def find_signed_in(access_hash: bytes, at: datetime) -> SignedIn | None:
    """Who this access token belongs to. One statement by itself: it is asked at every request."""
    row = ask("SELECT * FROM gate.signed_in(:hash, :at)", {"hash": access_hash, "at": at})
    return SignedIn(*row) if row else None


def lock_sessions(session: Session, user_id: UUID) -> None:
    """One change of a user's sessions at a time. Before any other lock, and before what is read."""
    session.execute(text("SELECT gate.lock_sessions(:user)"), {"user": user_id})


def find_refresh(session: Session, refresh_hash: bytes) -> Row[Any] | None:
    """The login that this refresh token would continue."""
    return session.execute(
        text("SELECT * FROM gate.login_to_refresh(:hash)"), {"hash": refresh_hash}
    ).one_or_none()


def insert_device(
    session: Session, device_id: UUID, user_id: UUID, name: str, at: datetime
) -> None:
    """Enrol a device unless its id exists; whose it is then, `find_device` tells."""
    session.execute(
        upsert(Device)
        .values(id=device_id, user_id=user_id, name=name, enrolled_at=at)
        .on_conflict_do_nothing()
    )


def find_device(session: Session, device_id: UUID) -> Device | None:
    """One of the asker's own devices."""
    return session.get(Device, device_id)


def insert_login(session: Session, **values: Any) -> None:
    """Open a login row."""
    session.execute(insert(Login).values(**values))


def succeed_login(session: Session, login_id: UUID, by: UUID) -> None:
    """The login was refreshed: `by` follows it; an earlier, unused successor dies."""
    previous = select(Login.succeeded_by).where(Login.id == login_id).scalar_subquery()
    session.execute(update(Login).where(Login.id == previous).values(revoked_at=text("gate.now()")))
    session.execute(update(Login).where(Login.id == login_id).values(succeeded_by=by))


def revoke_family(session: Session, family_id: UUID, at: datetime) -> int:
    """End every login that descends from one sign-in; how many."""
    ended: CursorResult[Any] = session.execute(  # type: ignore[assignment] # of an UPDATE
        update(Login)
        .where(Login.family_id == family_id, Login.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return ended.rowcount


def mark_proved(session: Session, login_id: UUID, at: datetime) -> None:
    """Whoever holds this login has just proved who they are."""
    session.execute(update(Login).where(Login.id == login_id).values(proved_at=at))


def find_family(session: Session, login_id: UUID) -> UUID | None:
    """The family of one of the asker's own logins."""
    return session.scalar(select(Login.family_id).where(Login.id == login_id))


def end_sessions(session: Session, user_id: UUID, but_family: UUID | None) -> int:
    """End all sessions of a user but one family of them; how many tokens that were."""
    asked = {"user": user_id, "family": but_family}
    ended = session.execute(text("SELECT gate.end_sessions(:user, :family)"), asked)
    return int(ended.scalar_one())


def revoke_device_logins(session: Session, device_id: UUID, at: datetime) -> None:
    """Sign one device out."""
    session.execute(
        update(Login)
        .where(Login.device_id == device_id, Login.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def find_user_by_id(session: Session, user_id: UUID) -> User | None:
    """One colleague, or nobody."""
    return session.get(User, user_id)


def get_user(session: Session, user_id: UUID) -> User:
    """One colleague."""
    return session.get_one(User, user_id)


def list_assignments(session: Session, user_id: UUID, at: datetime) -> Sequence[Assignment]:
    """What a user holds at a moment."""
    return session.scalars(
        select(Assignment)
        .where(
            Assignment.user_id == user_id,
            Assignment.valid_from <= at,
            Assignment.valid_to.is_(None) | (Assignment.valid_to > at),
        )
        .order_by(Assignment.role, Assignment.id)
    ).all()


def list_places(session: Session, user_id: UUID, at: datetime) -> list[str]:
    """Every bucket whose rows this user may read, worked out apart from the gate: the first wall.

    A test holds it against `gate.my_places()`, the second one.
    """
    rows = session.execute(_EACH_PLACE, {"user": user_id, "at": at})
    return [bucket for (bucket,) in rows]


def find_places(by: Identity) -> list[str]:
    """What `list_places` gives, as one statement by itself."""
    row = ask(f"SELECT ARRAY({_PLACES})", {"user": by.user_id, "at": by.now}, by)
    return list(row[0]) if row else []


_PLACES = """
    WITH RECURSIVE held AS (
        SELECT a.role, a.cell_id, coalesce(a.area_id, o.area_id) AS area_id
          FROM assignment a LEFT JOIN office o ON o.id = a.office_id
         WHERE a.user_id = :user AND a.valid_from <= :at
           AND (a.valid_to IS NULL OR a.valid_to > :at)
    ), present AS (
        SELECT v.id
          FROM held JOIN area top ON top.id = held.area_id
          JOIN area v ON v.level = 'village' AND v.code LIKE top.code || '%'
                     AND v.ended_at IS NULL
         WHERE (held.role, top.level) IN (('mediator', 'village'),
                                          ('township_supervisor', 'township'))
    ), villages AS (
        SELECT id FROM present
        UNION  -- villages that became part of these: their history is read
        SELECT s.from_id
          FROM villages v
          JOIN area_successor s ON s.to_id = v.id AND s.kind = 'merged'
          JOIN area past        ON past.id = s.from_id AND past.ended_at IS NOT NULL
    ), served AS (
        SELECT c.id, c.village_id
          FROM held JOIN grid_cell c ON c.id = held.cell_id AND c.ended_at IS NULL
         WHERE held.role = 'grid_worker'
    )
    SELECT 'c:' || c.id FROM grid_cell c JOIN villages v ON v.id = c.village_id
    UNION SELECT 'v:' || id FROM villages
    UNION SELECT 'c:' || id FROM served
    UNION SELECT 'v:' || village_id FROM served
    UNION SELECT 'u:' || cast(:user AS text)
    UNION SELECT 'ref'
"""
_EACH_PLACE = text(_PLACES)


def insert_users(session: Session, users: Sequence[dict[str, Any]]) -> None:
    """Users: dicts of id, login, name, created_at, and password_hash (None: invited later)."""
    people = [{k: v for k, v in user.items() if k != "password_hash"} for user in users]
    session.execute(insert(User), people)
    proofs = [
        {"user_id": user["id"], "password_hash": user["password_hash"]}
        for user in users
        if user["password_hash"] is not None
    ]
    if proofs:
        session.execute(insert(Credential), proofs)


def insert_offices(session: Session, offices: Sequence[dict[str, Any]]) -> None:
    """Offices."""
    session.execute(insert(Office), list(offices))


def insert_assignments(session: Session, assignments: Sequence[dict[str, Any]]) -> None:
    """Assignments; the keys of every dict must be the same. Raises RolesApart."""
    try:
        session.execute(insert(Assignment), list(assignments))
    except DBAPIError as error:
        if pgcode(error) == _ROLES_APART:
            raise RolesApart from error
        raise


_ROLES_APART = "WG001"  # gate.keep_administrators_apart


def find_user(session: Session, login: str) -> User | None:
    """Who has this login."""
    return session.scalar(select(User).where(User.login == login))


def get_known(session: Session, login: str) -> User:
    """Who has this login. Raises UserNotFound."""
    found = find_user(session, login)
    if found is None:
        raise UserNotFound
    return found


def update_kin(
    session: Session, user_id: UUID, household_id: UUID | None, telephone_index: bytes | None
) -> None:
    """A user's own household and the index of the own number; None leaves a value as it is."""
    said = {"household_id": household_id, "telephone_index": telephone_index}
    values = {name: value for name, value in said.items() if value is not None}
    if values:
        session.execute(update(User).where(User.id == user_id).values(**values))


def find_lead_office(session: Session, area_id: UUID) -> Office | None:
    """The Office that receives what comes to an Area."""
    query = select(Office).where(Office.area_id == area_id, Office.lead)
    return session.scalars(query.order_by(Office.id)).first()


def list_offices(under: str, level: str | None) -> Select[tuple[Office]]:
    """Offices of Areas whose code begins with `under`."""
    query = select(Office).join(Area, Area.id == Office.area_id)
    query = query.where(Area.code.startswith(under, autoescape=True))
    return query if level is None else query.where(Office.level == level)


def find_office(session: Session, office_id: UUID) -> Office | None:
    """One Office."""
    return session.get(Office, office_id)


_STAFF = text("""
    SELECT u.login, u.name, u.active, a.role, a.valid_from, a.valid_to,
           coalesce(c.name, o.name, area.name, '') AS place,
           coalesce(c.code, area.code, '')         AS code
      FROM user_account u
      LEFT JOIN assignment a ON a.user_id = u.id AND (a.valid_to IS NULL OR a.valid_to > :at)
      LEFT JOIN grid_cell c  ON c.id = a.cell_id
      LEFT JOIN office o     ON o.id = a.office_id
      LEFT JOIN area         ON area.id = coalesce(a.area_id, o.area_id)
     ORDER BY u.login, a.role, code
""")


def list_staff(session: Session, at: datetime) -> Sequence[Row[Any]]:
    """Every user with each present or coming assignment: one row for each."""
    return session.execute(_STAFF, {"at": at}).all()
