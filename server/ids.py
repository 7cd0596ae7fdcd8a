"""Ids that the server makes: UUIDv7 from the transaction's time and the system's randomness."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from sync.ids import RANDOM_BITS, uuid7


def new_id(at: datetime) -> UUID:
    """A new id; ids of later milliseconds sort later."""
    return UUID(uuid7(int(at.timestamp() * 1000), secrets.randbits(RANDOM_BITS)))
