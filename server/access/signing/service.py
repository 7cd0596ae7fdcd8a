"""At the door: tries are counted, a password is proved, and a right one may stand for minutes."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.errors import WrongLogin
from server.access.factors.errors import WrongCode, WrongProof
from server.access.queries import Proof
from server.access.service import prove, record_refusal
from server.access.signing import queries
from server.access.signing.rules import (
    CHALLENGE,
    Comer,
    tries_of_code,
    tries_of_proof,
    tries_of_stranger,
    tries_on_own_device,
)
from server.db import Identity, transaction
from server.limits import service as limits
from server.limits.errors import TooMany
from server.limits.rules import Bucket
from server.sealed import keyring

KEPT: Final = timedelta(days=7)  # tokens that could be refreshed no longer
BATCH: Final = 5000
_CHALLENGE = "session.challenge"
_STAMP = "session.challenge.password"


@dataclass(frozen=True, slots=True)
class Challenge:
    """Who has proved a password, and a stamp of the password that it was."""

    comer: Comer
    stamp: bytes


def prove_counted(by: Identity, comer: Comer, found: Proof | None, password: str) -> UUID:
    """Who this is, counting the try; what was no guess does not count. Not from within a
    transaction. Raises TooMany, WrongLogin, TryLater.
    """
    taken = _take(by, comer, own=found is not None and found.on_own_device)
    with given_back(by, taken, unless=(WrongLogin,)):
        return prove(found, password)


def prove_again(
    by: Identity, user_id: UUID, device_id: UUID, found: Proof | None, password: str
) -> None:
    """The own password of somebody signed in, counting the try; likewise. A wrong one is written
    down. Raises WrongProof.
    """
    with counting_proof(by, user_id, device_id):
        try:
            prove(found, password)
        except WrongLogin as error:
            with transaction(by) as session:
                record_refusal(session)
            raise WrongProof from error


@contextmanager
def counting_code(by: Identity, user_id: UUID, device_id: UUID, *, own: bool) -> Iterator[None]:
    """Count a try of a code. Raises TooMany."""
    taken = tries_of_code(user_id, device_id, partial(limits.blind, by), own=own)
    limits.knock_all(taken, by)
    with given_back(by, taken, unless=(WrongCode, WrongProof)):
        yield


@contextmanager
def counting_proof(by: Identity, user_id: UUID, device_id: UUID) -> Iterator[None]:
    """Count a try to prove oneself once more. Raises TooMany."""
    taken = tries_of_proof(user_id, device_id, partial(limits.blind, by))
    limits.knock_all(taken, by)
    with given_back(by, taken, unless=(WrongProof,)):
        yield


@contextmanager
def given_back(
    by: Identity, taken: Sequence[Bucket], *, unless: tuple[type[Exception], ...]
) -> Iterator[None]:
    """What was taken is given back, also where something else fails, unless it was a guess."""
    try:
        yield
    except unless:
        raise
    except BaseException:
        limits.give_back(taken, by)
        raise
    limits.give_back(taken, by)


def challenge(comer: Comer, found: Proof, now: datetime) -> str:
    """What stands for a right password until the code comes; nobody else can write one."""
    said = [
        _text(_stamp(found)),
        comer.login,
        str(comer.device_id),
        comer.device_name,
        str(comer.instead_of) if comer.instead_of else None,
        int((now + CHALLENGE).timestamp()),
    ]
    text = json.dumps(said, ensure_ascii=False).encode()
    return f"{_text(text)}.{_text(_mac(text))}"


def read_challenge(challenge: str, now: datetime) -> Challenge | None:
    """What we wrote ourselves, within these five minutes; nothing else is so much as read."""
    head, _, tail = challenge.partition(".")
    try:
        text = _bytes(head)
        if not hmac.compare_digest(_mac(text), _bytes(tail)):
            return None
    except ValueError:  # not of our alphabet
        return None
    stamp, login, device, name, instead_of, until = json.loads(text)
    if now.timestamp() >= until:
        return None
    goes = UUID(instead_of) if instead_of else None
    return Challenge(Comer(login, UUID(device), name, "", goes), _bytes(stamp))


def stands(said: Challenge, found: Proof) -> bool:
    """Whether it was written for this user and the password they still have."""
    return hmac.compare_digest(said.stamp, _stamp(found))


def forget(session: Session, by: Identity, batch: int = BATCH) -> int:
    """Delete a batch of tokens that are over; as the worker, until it answers 0."""
    return queries.delete_logins(session, by.now - KEPT, batch)


def _take(by: Identity, comer: Comer, *, own: bool) -> Sequence[Bucket]:
    """One's own device goes on where others wait; where it has guessed too often, as a stranger."""
    blind = partial(limits.blind, by)
    if own:
        taken = tries_on_own_device(comer, blind)
        try:
            limits.knock_all(taken, by)
        except TooMany:
            pass
        else:
            return taken
    taken = tries_of_stranger(comer, blind)
    limits.knock_all(taken, by)
    return taken


def _mac(text: bytes) -> bytes:
    return keyring().blind(_CHALLENGE, _text(text))


def _stamp(found: Proof) -> bytes:
    return keyring().blind(_STAMP, f"{found.user_id} {found.password_hash}")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
