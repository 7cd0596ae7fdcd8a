"""Signing in (passwords, device-bound opaque tokens, refresh that survives a lost answer), and who
may: users, Offices, assignments.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from threading import BoundedSemaphore
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy.orm import Session

from server.access import queries
from server.access.errors import (
    BadUser,
    DeviceTaken,
    LoginTaken,
    OfficeNotFound,
    SessionOver,
    UserNotFound,
    WrongLogin,
    WrongPlace,
)
from server.access.permissions import Role
from server.access.queries import Proof
from server.access.rules import ADMINISTRATORS, HELD_ON, good_login, good_password
from server.audit.service import record
from server.db import Identity
from server.errors import TryLater
from server.ids import new_id
from server.places.models import Area, GridCell

_hasher = PasswordHasher()  # Argon2id with the library's (RFC 9106) parameters
_proving = BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a device gets. Only hashes are kept."""

    access: str
    refresh: str
    access_until: datetime
    refresh_until: datetime
    user_id: UUID
    device_id: UUID


@dataclass(frozen=True, slots=True)
class Spans:
    """How long tokens last."""

    access: timedelta
    refresh: timedelta


@cache
def _hash_of_nobody() -> str:
    """Verified when the login is unknown, so that both answers cost the same."""
    return _hasher.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """Argon2id."""
    return _hasher.hash(password)


def prove(found: Proof | None, password: str) -> UUID:
    """Who this is. Raises WrongLogin, after the same work whether or not the login exists.

    Called outside any transaction: Argon2 is slow on purpose, and strangers could otherwise hold
    every connection. Two at a time, for the same reason; TryLater for those who queue too long.
    """
    if not _proving.acquire(timeout=10):
        raise TryLater
    try:
        nobody = _hash_of_nobody()  # made whoever asks first
        _hasher.verify(found.password_hash if found else nobody, password)
    except (Argon2Error, InvalidHashError) as error:
        raise WrongLogin from error
    finally:
        _proving.release()
    if found is None:
        raise WrongLogin
    return found.user_id


def record_refusal(session: Session) -> None:
    """Somebody failed to sign in. Not as whom: a mistyped login may be a password."""
    record(session, "session.refused")


def open_session(session: Session, by: Identity, device_name: str, spans: Spans) -> Tokens:
    """Sign `by` in on its device, enrolling it at the first time. Raises DeviceTaken."""
    assert by.user_id  # noqa: S101 (the view has just proved both)
    assert by.device_id  # noqa: S101
    queries.insert_device(session, by.device_id, by.user_id, device_name, by.now)
    if queries.find_device(session, by.device_id) is None:
        raise DeviceTaken
    tokens = _issue(session, by, family_id=new_id(by.now), spans=spans)
    record(session, "session.open", device=by.device_id)
    return tokens


def refresh_session(session: Session, by: Identity, refresh: str, spans: Spans) -> Tokens | None:
    """The next pair of tokens; None (and the whole family revoked) where a used one comes again.

    A phone that lost the answer asks with the previous token again: that is fine as long as the
    successor it never got is unused. None is returned, not raised: the revocation must commit.
    """
    queries.lock_refresh(session, digest(refresh))  # two at once would both succeed
    found = queries.find_refresh(session, digest(refresh))
    if found is None or found.revoked or found.refresh_until <= by.now:
        raise SessionOver
    if found.succeeded and found.successor_used:
        queries.revoke_family(session, found.family_id, by.now)
        record(session, "session.reuse", family=found.family_id)
        return None
    record(session, "session.refresh", device=by.device_id)
    return _issue(session, by, family_id=found.family_id, spans=spans, after=found.id)


def close_session(session: Session, by: Identity) -> None:
    """Sign this device out. Its outbox stays on the phone."""
    assert by.device_id  # noqa: S101 (a signed-in asker has one)
    queries.revoke_device_logins(session, by.device_id, by.now)
    record(session, "session.close", device=by.device_id)


def add_user(session: Session, by: Identity, login: str, name: str, password: str) -> UUID:
    """Give somebody a login. Raises BadUser, LoginTaken."""
    if not (good_login(login) and good_password(password, login) and name.strip()):
        raise BadUser
    if queries.find_user(session, login):
        raise LoginTaken
    user_id = new_id(by.now)
    user = {"id": user_id, "login": login, "name": name.strip(), "created_at": by.now}
    queries.insert_users(session, [{**user, "password_hash": hash_password(password)}])
    record(session, "user.add", user=user_id)
    return user_id


def set_kin(
    session: Session,
    by: Identity,
    login: str,
    household_id: UUID | None,
    telephone_index: bytes | None,
) -> None:
    """From what somebody must step aside: their own household, and the blind index of their number
    ("household.telephone"). None leaves a value as it is. Raises UserNotFound.
    """
    user = queries.find_user(session, login)
    if user is None:
        raise UserNotFound
    queries.update_kin(session, user.id, household_id, telephone_index)
    record(
        session,
        "user.kin",
        user=user.id,
        household=household_id is not None,
        telephone=telephone_index is not None,
    )


def add_office(
    session: Session, by: Identity, area: Area, kind: str, name: str, telephone: str | None
) -> UUID:
    """Add an Office of a village, township or county; the first one of its Area leads.

    Raises WrongPlace for an Area above the county.
    """
    if area.level not in {"village", "township", "county"}:
        raise WrongPlace
    office_id = new_id(by.now)
    office = {
        "id": office_id,
        "area_id": area.id,
        "level": area.level,
        "kind": kind,
        "name": name,
        "public_telephone": telephone,
        "lead": queries.find_lead_office(session, area.id) is None,
    }
    queries.insert_offices(session, [office])
    record(session, "office.add", office=office_id, area=area.id)
    return office_id


def assign(
    session: Session,
    by: Identity,
    login: str,
    role: Role,
    place: Area | GridCell,
    *,
    office_id: UUID | None = None,
    leads: bool = False,
    until: datetime | None = None,
) -> UUID:
    """Give a user a role from now on: on a cell, in an Office of an Area (its lead Office unless
    `office_id` names another), or for administrators over the county.

    Raises UserNotFound, WrongPlace, OfficeNotFound.
    """
    user = queries.find_user(session, login)
    if user is None:
        raise UserNotFound
    assignment_id = new_id(by.now)
    assignment = {
        "id": assignment_id,
        "user_id": user.id,
        "role": role,
        **_held_on(session, role, place, office_id),
        "leads": leads,
        "valid_from": by.now,
        "valid_to": until,
    }
    queries.insert_assignments(session, [assignment])
    record(session, "user.assign", user=user.id, role=role, assignment=assignment_id)
    return assignment_id


def digest(token: str) -> bytes:
    """What is kept of a token: it is 256 random bits, so a plain hash is enough."""
    return sha256(token.encode()).digest()


def _issue(
    session: Session, by: Identity, *, family_id: UUID, spans: Spans, after: UUID | None = None
) -> Tokens:
    assert by.user_id  # noqa: S101 (nobody else gets tokens)
    assert by.device_id  # noqa: S101
    tokens = Tokens(
        access=secrets.token_urlsafe(32),
        refresh=secrets.token_urlsafe(32),
        access_until=by.now + spans.access,
        refresh_until=by.now + spans.refresh,
        user_id=by.user_id,
        device_id=by.device_id,
    )
    login_id = new_id(by.now)
    queries.insert_login(
        session,
        id=login_id,
        family_id=family_id,
        user_id=by.user_id,
        device_id=by.device_id,
        access_hash=digest(tokens.access),
        refresh_hash=digest(tokens.refresh),
        opened_at=by.now,
        access_until=tokens.access_until,
        refresh_until=tokens.refresh_until,
    )
    if after:
        queries.succeed_login(session, after, by=login_id)
    return tokens


def _held_on(
    session: Session, role: Role, place: Area | GridCell, office_id: UUID | None
) -> dict[str, UUID | None]:
    nowhere: dict[str, UUID | None] = dict.fromkeys(("cell_id", "office_id", "area_id"))
    level = place.level if isinstance(place, Area) else "cell"
    if level != HELD_ON[role]:
        raise WrongPlace(f"{WrongPlace.text} {role} → {HELD_ON[role]}")
    if level == "cell":
        return nowhere | {"cell_id": place.id}
    if role in ADMINISTRATORS:
        return nowhere | {"area_id": place.id}
    office = (
        queries.find_office(session, office_id)
        if office_id
        else queries.find_lead_office(session, place.id)
    )
    if office is None or office.area_id != place.id:
        raise OfficeNotFound
    return nowhere | {"office_id": office.id}
