"""Ids that the server makes: UUIDv7 from the transaction's time and the system's randomness."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from uuid import UUID

from sync.ids import RANDOM_BITS, uuid7


def new_id(at: datetime) -> UUID:
    """A new id; ids of later milliseconds sort later."""
    return UUID(uuid7(int(at.timestamp() * 1000), secrets.randbits(RANDOM_BITS)))


def born_at(an_id: UUID) -> datetime:
    """When an id was made that `new_id` made."""
    return datetime.fromtimestamp((an_id.int >> 80) / 1000, UTC)


def new_ids(at: datetime, turn: int, count: int) -> list[UUID]:
    """Ids in ascending order, those of a later turn behind those of an earlier one.

    Rows that come in turns (batches of a list) so lie in the indexes as they came: chance alone
    would touch all their pages in each turn. `turn` counts modulo 4096 and stands in place of the
    first 12 random bits (RFC 9562, 6.2, method 1); 62 remain.
    """
    head = (int(at.timestamp() * 1000) & (2**48 - 1)) << 80 | 0x7 << 76 | (turn & 0xFFF) << 64
    head |= 0b10 << 62
    return [UUID(int=head | low) for low in sorted(secrets.randbits(62) for _ in range(count))]
