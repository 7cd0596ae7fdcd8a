"""Pure: how an act is written down for its seal, and how one seal follows from the last.

docs/audit.md states the form, so that somebody else can write a verifier of their own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

START: Final = bytes(32)  # what the first seal follows from


class Act(NamedTuple):
    """An act as PostgreSQL tells it; `at_us` in microseconds since 1970, `what` as its text."""

    id: int
    at_us: int
    user_id: str | None
    device_id: str | None
    request_id: str
    action: str
    what: str
    reason: str | None


class Seal(NamedTuple):
    """One link with the act that it seals, where that is still there."""

    number: int
    act_id: int
    sealed_us: int
    hash: bytes
    act: Act | None


def link(previous: bytes, number: int, sealed_us: int, act: Act) -> bytes:
    """The hash of one link: SHA-256 over the one before and every field of link and act."""
    return sha256(previous + written(number, sealed_us, *act)).digest()


def written(*fields: int | str | None) -> bytes:
    """Fields as netstrings (`3:abc`), an empty one as `-`: no two lists of fields look alike."""
    return b"".join(b"-" if field is None else _netstring(str(field)) for field in fields)


def _netstring(said: str) -> bytes:
    plain = said.encode()
    return b"%d:%b" % (len(plain), plain)


def to_us(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def from_us(us: int) -> datetime:
    """The time of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=us)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
