"""Users: made, named, disabled and enabled; and from what somebody must step aside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from server.access import queries as access
from server.access.accounts.assignments.service import end_all, keep_last
from server.access.accounts.devices.service import revoke_all
from server.access.accounts.errors import NotYourself
from server.access.accounts.users import queries
from server.access.errors import BadUser, LoginTaken, UserNotFound
from server.access.models import Assignment, User
from server.access.rules import good_login, good_password
from server.access.service import hash_password, hold_sessions
from server.audit.service import record
from server.db import Identity
from server.ids import new_id


def add_user(
    session: Session, by: Identity, login: str, name: str, password: str | None = None
) -> UUID:
    """Give somebody a login. Without a password nobody can use it before an invitation was
    accepted. Raises BadUser, LoginTaken.
    """
    bad = password is not None and not good_password(password, login)
    if bad or not good_login(login) or not name.strip():
        raise BadUser
    if access.find_user(session, login):
        raise LoginTaken
    user_id = new_id(by.now)
    user = {"id": user_id, "login": login, "name": name.strip(), "created_at": by.now}
    proof = None if password is None else hash_password(password)
    access.insert_users(session, [{**user, "password_hash": proof}])
    record(session, "user.add", user=user_id)
    return user_id


def get_user(
    session: Session,
    by: Identity,
    user_id: UUID,
    within: Collection[str] | None,
    roles: Collection[str] = (),
) -> User:
    """One user, as far as the asker's Areas (codes; None: all) and these roles reach.

    Raises UserNotFound.
    """
    user = queries.find_user_by_id(session, user_id, by.now, within, roles)
    if user is None:
        raise UserNotFound
    return user


def rename_user(session: Session, user_id: UUID, name: str) -> None:
    """Somebody is called otherwise now; the login stays. Raises UserNotFound, BadUser."""
    _get(session, user_id)
    if not name.strip():
        raise BadUser
    queries.update_user(session, user_id, name=name.strip())
    record(session, "user.rename", user=user_id)


def disable_user(
    session: Session, by: Identity, user_id: UUID, reason: str
) -> Sequence[Assignment]:
    """Shut somebody out from the next request on: what they held ends (it is returned), their
    devices are revoked and may still deliver what they hold. Again, it changes nothing.

    Raises UserNotFound, NotYourself, LastAdministrator.
    """
    user = _get(session, user_id)
    if user_id == by.user_id:
        raise NotYourself
    if not user.active:
        return []
    hold_sessions(session, user_id)  # who signs in at this moment does so before or not at all
    keep_last(session, by, user_id)
    queries.update_user(session, user_id, active=False)
    ended = end_all(session, by, user_id)
    revoked = revoke_all(session, user_id, "disabled")
    record(
        session,
        "user.disable",
        reason=reason,
        user=user_id,
        assignments=len(ended),
        devices=len(revoked),
    )
    return ended


def enable_user(session: Session, by: Identity, user_id: UUID, reason: str) -> None:
    """Let somebody sign in again, with nothing held and no device.

    Raises UserNotFound, NotYourself.
    """
    user = _get(session, user_id)
    if user_id == by.user_id:
        raise NotYourself
    if not user.active:
        queries.update_user(session, user_id, active=True)
        record(session, "user.enable", reason=reason, user=user_id)


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
    user = access.find_user(session, login)
    if user is None:
        raise UserNotFound
    access.update_kin(session, user.id, household_id, telephone_index)
    record(
        session,
        "user.kin",
        user=user.id,
        household=household_id is not None,
        telephone=telephone_index is not None,
    )


def _get(session: Session, user_id: UUID) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise UserNotFound
    return user
