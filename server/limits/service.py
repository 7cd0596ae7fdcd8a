"""How often something may be tried: token buckets in the database, hence over all workers.

Counted in a transaction of its own, before the work that it guards, and also where that fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from server.db import Identity
from server.ladder.calendar import local_day
from server.limits import queries
from server.limits.errors import TooMany
from server.limits.rules import Bucket
from server.sealed import keyring

DAY: Final = timedelta(days=1)
BATCH: Final = 5000


def knock(kind: str, source: bytes, per_minute: float, by: Identity, *, burst: float = 0.0) -> None:
    """Count one try of `kind` from `source` (see `blind`): `burst` of them at once (as many as
    `per_minute` unless told), then `per_minute`. Not from within a transaction. Raises TooMany.
    """
    knock_all([Bucket(kind, source, per_minute, burst)], by)


def knock_all(buckets: Sequence[Bucket], by: Identity) -> None:
    """Count one try in all of these, or, where one of them is empty, in none. Raises TooMany.

    Always name the wide before the narrow (a network before a login from there): they are locked
    in this order, and where the wide one is empty the narrow one leaves no row.
    """
    wait = queries.knock(by, buckets)
    if wait:
        raise TooMany(retry_after=wait)


def give_back(buckets: Sequence[Bucket], by: Identity) -> None:
    """The try was no guess: it does not count. Only what one took itself may be given back."""
    queries.give_back(by, buckets)


def blind(by: Identity, *parts: str) -> bytes:
    """A source that nobody can read: a keyed digest of these parts and the day."""
    return keyring().blind("limits.source", "\0".join((str(local_day(by.now)), *parts)))


def forget(session: Session, by: Identity, batch: int = BATCH) -> int:
    """Delete a batch of what was not touched for a day; as the worker, until it answers 0."""
    return queries.forget(session, by.now - DAY, batch)
