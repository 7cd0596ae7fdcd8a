"""Signing in: passwords, device-bound opaque tokens, refresh that survives a lost answer."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
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
from server.access.accounts.devices.service import enrol
from server.access.errors import (
    SessionOver,
    WrongLogin,
)
from server.access.queries import Proof
from server.audit.service import record
from server.db import Identity
from server.errors import TryLater
from server.ids import born_at, new_id

_hasher = PasswordHasher()  # Argon2id with the library's (RFC 9106) parameters
# Argon2 is slow on purpose: two at a time in a process, strangers get one of them. Whoever comes on
# a device of their own does not queue behind a flood of guesses. Few wait, others come again: who
# waits holds a thread of the web.
_proving = {True: BoundedSemaphore(1), False: BoundedSemaphore(1)}
_waiting = {True: BoundedSemaphore(4), False: BoundedSemaphore(4)}


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
    """How long tokens last, and how long a session at most, however often it was refreshed."""

    access: timedelta
    refresh: timedelta
    session: timedelta


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What an identity provider says of a sign-in: when the person last proved who they are, if
    that was but now, and whether with a second factor that counts here.
    """

    proved_at: datetime | None
    factor: bool


_NO_PROOF = Elsewhere(None, factor=False)


@cache
def _hash_of_nobody() -> str:
    """Verified when the login is unknown, so that both answers cost the same."""
    return _hasher.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """Argon2id."""
    return _hasher.hash(password)


def prove(found: Proof | None, password: str) -> UUID:
    """Who this is. Raises WrongLogin, after the same work whether or not the login exists.

    Called outside any transaction: strangers could otherwise hold every connection. TryLater for
    those who would queue too long.
    """
    own = found is not None and found.on_own_device
    nobody = _hash_of_nobody()  # made whoever asks first
    try:
        with _turn(own):
            _hasher.verify(found.password_hash if found else nobody, password)
    except (Argon2Error, InvalidHashError) as error:
        raise WrongLogin from error
    if found is None:
        raise WrongLogin
    return found.user_id


@contextmanager
def _turn(own: bool) -> Iterator[None]:
    if not _waiting[own].acquire(blocking=False):
        raise TryLater
    try:
        if not _proving[own].acquire(timeout=10):
            raise TryLater
        try:
            yield
        finally:
            _proving[own].release()
    finally:
        _waiting[own].release()


def renewed_hash(found: Proof, password: str) -> str | None:
    """A hash as they are made today of a password that was just proved; None: it is as today's.

    An older one would also cost another time than that of nobody. Raises TryLater.
    """
    if not _hasher.check_needs_rehash(found.password_hash):
        return None
    with _turn(found.on_own_device):
        return hash_password(password)


def hold_sessions(session: Session, user_id: UUID) -> None:
    """Nobody else opens, refreshes or ends this user's sessions till the end of the transaction.

    First in whatever changes what they were opened with: a session that is opened, or refreshed, in
    the very moment would outlive it.
    """
    queries.lock_sessions(session, user_id)


def check_stands(session: Session, login: str, found: Proof) -> None:
    """What was proved before the sessions were held is still so. Raises WrongLogin."""
    now = queries.find_credential(session, login)
    if now is None or now.password_hash != found.password_hash:
        raise WrongLogin


def record_refusal(session: Session) -> None:
    """Somebody failed to sign in; not as whom, a mistyped login may be a password. Or failed to
    prove to be who has signed in.
    """
    record(session, "session.refused")


def open_session(
    session: Session,
    by: Identity,
    device_name: str,
    spans: Spans,
    instead_of: UUID | None = None,
    *,
    elsewhere: Elsewhere | None = None,
) -> Tokens:
    """Sign `by` in on its device, enrolling it at the first time, for `instead_of` where one
    has to go; `elsewhere`: by an identity provider. Raises DeviceTaken, TooManyDevices,
    DeviceNotFound.
    """
    assert by.user_id  # noqa: S101 (the view has just proved both)
    assert by.device_id  # noqa: S101
    enrol(session, by, device_name, instead_of)
    proof = elsewhere or Elsewhere(by.now, factor=False)
    tokens = _issue(session, by, family_id=new_id(by.now), spans=spans, proof=proof)
    record(session, "session.open", device=by.device_id)
    return tokens


def refresh_session(session: Session, by: Identity, refresh: str, spans: Spans) -> Tokens | None:
    """The next pair of tokens; None (and the whole family revoked) where a used one comes again.

    A phone that lost the answer asks with the previous token again: that is fine as long as the
    successor it never got is unused. The one it never got dies; should it come nevertheless, two
    hold what one should. None is returned, not raised: the revocation must commit.
    """
    assert by.user_id  # noqa: S101 (the view has found whose token it is)
    queries.lock_sessions(session, by.user_id)  # two at once would both succeed
    found = queries.find_refresh(session, digest(refresh))
    if found is None:
        raise SessionOver
    if found.revoked or (found.succeeded and found.successor_used):
        if queries.revoke_family(session, found.family_id, by.now):
            record(session, "session.reuse", family=found.family_id)
        return None
    if min(found.refresh_until, born_at(found.family_id) + spans.session) <= by.now:
        raise SessionOver
    record(session, "session.refresh", device=by.device_id)
    # Whoever holds a refresh token has not thereby proved who they are.
    return _issue(
        session, by, family_id=found.family_id, spans=spans, proof=_NO_PROOF, after=found.id
    )


def close_session(session: Session, by: Identity) -> None:
    """Sign this device out. Its outbox stays on the phone."""
    assert by.user_id  # noqa: S101 (a signed-in asker has both)
    assert by.device_id  # noqa: S101
    queries.lock_sessions(session, by.user_id)
    queries.revoke_device_logins(session, by.device_id, by.now)
    record(session, "session.close", device=by.device_id)


def end_sessions(session: Session, user_id: UUID, but: UUID | None = None) -> int:
    """End all sessions of a user but that of this login (a password was changed, a second factor
    taken away); how many tokens that were. One's own, as the security administrator or the worker.

    What is signed in or refreshed meanwhile ends too, if `hold_sessions` or this comes before the
    change itself.
    """
    family = queries.find_family(session, but) if but else None
    return queries.end_sessions(session, user_id, family)


def prove_anew(session: Session, by: Identity, login_id: UUID) -> None:
    """The asker has just proved once more, in this session, who they are."""
    queries.mark_proved(session, login_id, by.now)
    record(session, "session.prove", device=by.device_id)


def digest(token: str) -> bytes:
    """What is kept of a token: it is 256 random bits, so a plain hash is enough."""
    return sha256(token.encode()).digest()


def _issue(
    session: Session,
    by: Identity,
    *,
    family_id: UUID,
    spans: Spans,
    proof: Elsewhere,
    after: UUID | None = None,
) -> Tokens:
    assert by.user_id  # noqa: S101 (nobody else gets tokens)
    assert by.device_id  # noqa: S101
    over = born_at(family_id) + spans.session
    tokens = Tokens(
        access=secrets.token_urlsafe(32),
        refresh=secrets.token_urlsafe(32),
        access_until=min(by.now + spans.access, over),
        refresh_until=min(by.now + spans.refresh, over),
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
        proved_at=proof.proved_at,
        factor_elsewhere=proof.factor,
        access_until=tokens.access_until,
        refresh_until=tokens.refresh_until,
    )
    if after:
        queries.succeed_login(session, after, by=login_id)
    return tokens
