"""At the door: tries are counted, a password is proved, and a right one may stand for minutes."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from server.access.errors import WrongLogin
from server.access.queries import Proof
from server.access.service import digest, prove
from server.access.signing.rules import (
    CHALLENGE,
    Comer,
    tries_of_code,
    tries_of_proof,
    tries_of_stranger,
    tries_on_own_device,
)
from server.db import Identity
from server.limits import service as limits
from server.limits.errors import TooMany
from server.limits.rules import Bucket
from server.sealed import keyring

_CHALLENGE = "session.challenge"


def prove_counted(by: Identity, comer: Comer, found: Proof | None, password: str) -> UUID:
    """Who this is, counting the try; what was no guess does not count. Not from within a
    transaction. Raises TooMany, WrongLogin, TryLater.
    """
    taken = _take(by, comer, own=found is not None and found.on_own_device)
    with given_back(by, taken, unless=WrongLogin):
        return prove(found, password)


def count_code(by: Identity, user_id: UUID, device_id: UUID, *, own: bool) -> Sequence[Bucket]:
    """Count a try of a code; what was taken, to be given back if it is right. Raises TooMany."""
    taken = tries_of_code(user_id, device_id, partial(limits.blind, by), own=own)
    limits.knock_all(taken, by)
    return taken


def count_proof(by: Identity, user_id: UUID, device_id: UUID) -> Sequence[Bucket]:
    """Count a try to prove oneself once more; likewise. Raises TooMany."""
    taken = tries_of_proof(user_id, device_id, partial(limits.blind, by))
    limits.knock_all(taken, by)
    return taken


@contextmanager
def given_back(by: Identity, taken: Sequence[Bucket], *, unless: type[Exception]) -> Iterator[None]:
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
        comer.login,
        str(comer.device_id),
        comer.device_name,
        str(comer.instead_of) if comer.instead_of else None,
        int((now + CHALLENGE).timestamp()),
    ]
    text = json.dumps(said, ensure_ascii=False).encode()
    return f"{_text(text)}.{_text(_mac(text, found))}"


def read_challenge(challenge: str) -> tuple[Comer, datetime] | None:
    """Who says to have proved a password, and until when that holds; `stands` tells if it is so."""
    try:
        login, device, name, instead_of, until = json.loads(_bytes(challenge.partition(".")[0]))
        goes = UUID(instead_of) if instead_of else None
        return Comer(login, UUID(device), name, "", goes), datetime.fromtimestamp(until, UTC)
    except (ValueError, TypeError, AttributeError, OverflowError, OSError, binascii.Error):
        return None


def stands(challenge: str, found: Proof | None) -> bool:
    """Whether we wrote this, for this user and the password they still have."""
    head, _, tail = challenge.partition(".")
    if found is None:
        return False
    try:
        return hmac.compare_digest(_mac(_bytes(head), found), _bytes(tail))
    except (ValueError, binascii.Error):
        return False


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


def _mac(text: bytes, found: Proof) -> bytes:
    known = f"{_text(text)} {found.user_id} {digest(found.password_hash).hex()}"
    return keyring().blind(_CHALLENGE, known)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
