"""Second factors: enrol, confirm, use, take away. A code counts once, a recovery code as well."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from server.access import queries as access
from server.access.errors import UserNotFound
from server.access.factors import queries
from server.access.factors.errors import FactorStands, NoFactor, WrongProof
from server.access.factors.rules import (
    RECOVERY_CODES,
    SECRET_BYTES,
    as_typed,
    decoded,
    encoded,
    step_of,
    uri_of,
)
from server.access.service import end_sessions, hold_sessions
from server.audit.service import record
from server.codes import RANDOM_BYTES, grouped, new_code, read_code
from server.db import Identity

ISSUER = "Wangge"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app is given; shown once."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody has a second factor, how many recovery codes are left, and when somebody
    else last took it away.
    """

    on: bool
    recovery_left: int = 0
    reset_at: datetime | None = None


def standing(session: Session, user_id: UUID) -> Standing:
    """How it stands with one's own second factor."""
    found = queries.find_factor(session, user_id)
    if found is None:
        return Standing(on=False)
    return Standing(found.confirmed_at is not None, len(found.recovery), found.reset_at)


def enrol(session: Session, by: Identity) -> Enrolment:
    """Begin to enrol an authenticator; it counts once a code of it was confirmed. Asked again, the
    secret before is forgotten. Raises FactorStands.
    """
    user_id = _asking(by)
    if standing(session, user_id).on:
        raise FactorStands
    secret = secrets.token_bytes(SECRET_BYTES)
    queries.keep_secret(session, user_id, encoded(secret), by.now)
    record(session, "factor.enrol")
    login = access.get_user(session, user_id).login
    return Enrolment(encoded(secret), uri_of(secret, login, ISSUER))


def confirm(session: Session, by: Identity, code: str, login_id: UUID) -> list[str]:
    """The app shows the right code: the second factor counts, and these are its recovery codes.

    All other sessions end: they were opened without it. Raises NoFactor, WrongProof.
    """
    user_id = _asking(by)
    hold_sessions(session, user_id)
    found = queries.lock_factor(session, user_id)
    if found is None or found.secret is None or found.confirmed_at is not None:
        raise NoFactor
    typed = as_typed(code)
    step = step_of(decoded(found.secret), typed, by.now, found.last_step) if typed else None
    if step is None:
        raise WrongProof
    codes = _new_codes()
    queries.confirm_factor(session, user_id, step, _digests(user_id, codes), by.now)
    end_sessions(session, user_id, but=login_id)
    record(session, "factor.confirm")
    return codes


def spend(session: Session, by: Identity, code: str) -> bool:
    """Whether this code of the asker's authenticator, or recovery code, is good; it is used up."""
    user_id = _asking(by)
    found = queries.find_factor(session, user_id)
    if found is None or found.secret is None or found.confirmed_at is None:
        return False
    if typed := as_typed(code):
        step = step_of(decoded(found.secret), typed, by.now, found.last_step)
        return step is not None and queries.spend_step(session, user_id, step)
    known = read_code(code)
    if known is None or not queries.spend_recovery(session, user_id, *_digests(user_id, [known])):
        return False
    record(session, "factor.recover", left=len(found.recovery) - 1)
    return True


def renew_recovery(session: Session, by: Identity) -> list[str]:
    """Ten new recovery codes; the old ones are dead. Raises NoFactor."""
    user_id = _asking(by)
    if not standing(session, user_id).on:
        raise NoFactor
    codes = _new_codes()
    queries.replace_recovery(session, user_id, _digests(user_id, codes))
    record(session, "factor.recovery")
    return codes


def remove(session: Session, by: Identity, login_id: UUID) -> None:
    """Take one's own away, to enrol another. All other sessions end. Raises NoFactor."""
    user_id = _asking(by)
    hold_sessions(session, user_id)
    if not standing(session, user_id).on:
        raise NoFactor
    queries.end_factor(session, user_id)
    end_sessions(session, user_id, but=login_id)
    record(session, "factor.remove")


def reset(session: Session, by: Identity, user_id: UUID, reason: str) -> None:
    """Take away that of somebody who has lost it, whom one has seen; all their sessions end, and
    `standing` tells them when. As the security administrator, never one's own, or as the worker.
    Raises UserNotFound, NoFactor.
    """
    if user_id == by.user_id:
        raise NoFactor
    if access.find_user_by_id(session, user_id) is None:
        raise UserNotFound
    hold_sessions(session, user_id)
    if not queries.reset_factor(session, user_id):
        raise NoFactor
    end_sessions(session, user_id)
    record(session, "factor.reset", reason=reason, user=user_id)


def _asking(by: Identity) -> UUID:
    assert by.user_id  # noqa: S101 (a signed-in asker, or one whose password was just proved)
    return by.user_id


def _new_codes() -> list[str]:
    return [grouped(new_code(secrets.token_bytes(RANDOM_BYTES))) for _ in range(RECOVERY_CODES)]


def _digests(user_id: UUID, codes: list[str]) -> list[bytes]:
    """What is kept of recovery codes. Each has 67 bits of chance: a plain hash, of one user."""
    return [sha256(f"{user_id} {read_code(code)}".encode()).digest() for code in codes]
