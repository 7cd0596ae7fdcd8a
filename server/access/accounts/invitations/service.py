"""How a password comes to be: by a one-time code that one is handed, or by the old one.

Nobody but its user ever knows a password, not at the beginning either.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server import codes
from server.access.accounts.errors import (
    AtTheKeyboard,
    BadInvitation,
    BadPassword,
    NotYourself,
    UserDisabled,
)
from server.access.accounts.invitations import queries
from server.access.accounts.rules import INVITATION_SPAN
from server.access.errors import UserNotFound
from server.access.models import User
from server.access.rules import good_password
from server.access.service import end_sessions, hold_sessions
from server.audit.service import record
from server.db import Identity
from server.sealed import keyring


class Invited(NamedTuple):
    """A code as it is handed over, and until when it holds. It is shown this once."""

    code: str
    expires_at: datetime


def invite(session: Session, by: Identity, user_id: UUID, random_bytes: bytes) -> Invited:
    """A new code for somebody, to set a first password or, where it was forgotten, a new one. The
    one before it is dead; the present password holds until the code is used.

    Who has a password and administers is invited at the keyboard alone; so is a supervisor or an
    officer of the county without a second factor: otherwise whoever keeps the accounts could become
    them. Asked once more when the code is used. Raises UserNotFound, UserDisabled, NotYourself,
    AtTheKeyboard.
    """
    user = session.get(User, user_id)
    if user is None:
        raise UserNotFound
    if not user.active:
        raise UserDisabled
    if user_id == by.user_id:
        raise NotYourself
    if not queries.may_invite(session, user_id, by.user_id):
        raise AtTheKeyboard
    code, expires_at = codes.new_code(random_bytes), by.now + INVITATION_SPAN
    queries.put_invitation(session, user_id, digest_of(code), by.now, by.user_id, expires_at)
    record(session, "invitation.make", user=user_id)
    return Invited(codes.grouped(code), expires_at)


def find_invited(session: Session, typed: str, password: str) -> Row[Any]:
    """(user_id, login) of whoever has this code. Raises BadPassword (also before the code is looked
    at: it tells nothing of it), BadInvitation.
    """
    if not good_password(password, ""):
        raise BadPassword
    found = queries.find_invited(session, digest_of(typed))
    if found is None:
        raise BadInvitation
    if not good_password(password, found.login):
        raise BadPassword
    return found


def accept(session: Session, by: Identity, typed: str, password_hash: str) -> None:
    """Use the code up: the password is `by`'s from now on, and every session of theirs ends.

    Raises BadInvitation.
    """
    assert by.user_id  # noqa: S101 (whoever the code belongs to)
    hold_sessions(session, by.user_id)
    if not queries.take_invitation(session, digest_of(typed)):
        raise BadInvitation
    queries.put_password(session, by.user_id, password_hash)
    end_sessions(session, by.user_id)
    record(session, "invitation.accept", user=by.user_id)


def change_password(session: Session, by: Identity, password_hash: str, login_id: UUID) -> None:
    """Another password; every other session than that of this login has to sign in again."""
    assert by.user_id  # noqa: S101 (who has signed in)
    hold_sessions(session, by.user_id)
    queries.put_password(session, by.user_id, password_hash)
    end_sessions(session, by.user_id, but=login_id)
    record(session, "user.password", user=by.user_id)


def digest_of(typed: str) -> bytes:
    """The keyed digest of whatever somebody typed, of what is no code as well."""
    return keyring().blind("invitation.code", codes.read_code(typed) or codes.bare_code(typed))
