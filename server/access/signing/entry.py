"""Coming in: a password, a code where there is a second factor, and a session on a device.

Each step in a transaction of its own, since proving is slow on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy.orm import Session

from server.access import queries, service
from server.access.accounts.invitations.queries import put_password
from server.access.errors import WrongLogin
from server.access.factors import service as factors
from server.access.factors.errors import CodeNeeded, WrongCode
from server.access.queries import Proof
from server.access.service import Spans, Tokens
from server.access.signing import service as signing
from server.access.signing.rules import Comer
from server.db import Identity, transaction


def come_in(
    stranger: Identity, comer: Comer, password: str, code: str | None, spans: Spans
) -> Tokens:
    """A session for whoever proves to be who they say. Raises WrongLogin, CodeNeeded (with a
    challenge for `answer`), WrongCode, TooMany, TooManyDevices, DeviceTaken, TryLater.
    """
    found = _find(stranger, comer)
    try:
        user_id = signing.prove_counted(stranger, comer, found, password)
    except WrongLogin:
        refuse(stranger)
        raise
    assert found  # noqa: S101 (who is nobody has not proved a password)
    identity = replace(stranger, user_id=user_id, device_id=comer.device_id)
    found = _rehashed(identity, comer, found, password)
    with _holding(identity, comer, found) as session:
        if not factors.standing(session, user_id).on:
            return _open(session, identity, comer, spans)
    if code is None:
        raise CodeNeeded(signing.challenge(comer, found, stranger.now))
    return _open_with(stranger, code, identity, comer, found, spans)


def answer(stranger: Identity, challenge: str, code: str, spans: Spans) -> Tokens:
    """The second step: the code, within five minutes of the password. Raises WrongCode, and what
    opening a session raises.
    """
    said = signing.read_challenge(challenge, stranger.now)
    found = _find(stranger, said.comer) if said else None
    if said is None or found is None or not signing.stands(said, found):
        raise WrongCode
    identity = replace(stranger, user_id=found.user_id, device_id=said.comer.device_id)
    return _open_with(stranger, code, identity, said.comer, found, spans)


def refuse(by: Identity) -> None:
    """Write down that somebody failed."""
    with transaction(by) as session:
        service.record_refusal(session)


def _find(stranger: Identity, comer: Comer) -> Proof | None:
    with transaction(stranger) as session:
        return queries.find_credential(session, comer.login, comer.device_id)


def _rehashed(identity: Identity, comer: Comer, found: Proof, password: str) -> Proof:
    """A password that was hashed as it was done once is kept as it is done today."""
    new = service.renewed_hash(found, password)
    if new is None:
        return found
    with _holding(identity, comer, found) as session:
        put_password(session, found.user_id, new)
    return found._replace(password_hash=new)


@contextmanager
def _holding(identity: Identity, comer: Comer, found: Proof) -> Iterator[Session]:
    """A transaction in which what was proved still stands, and the sessions are held."""
    with transaction(identity) as session:
        service.hold_sessions(session, found.user_id)
        service.check_stands(session, comer.login, found)
        yield session


def _open_with(
    stranger: Identity, code: str, identity: Identity, comer: Comer, found: Proof, spans: Spans
) -> Tokens:
    """Open the session of somebody whose password was proved, if this code is good."""
    own = found.on_own_device
    try:
        with (
            signing.counting_code(identity, found.user_id, comer.device_id, own=own),
            _holding(identity, comer, found) as session,
        ):
            if not factors.spend(session, identity, code):
                raise WrongCode
            return _open(session, identity, comer, spans)
    except WrongCode:
        refuse(stranger)
        raise


def _open(session: Session, identity: Identity, comer: Comer, spans: Spans) -> Tokens:
    return service.open_session(session, identity, comer.device_name, spans, comer.instead_of)
