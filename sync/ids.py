"""Ids that are made where a record is made: UUIDv7 (RFC 9562, 5.7) from a given time and chance."""

from __future__ import annotations

import re
from uuid import UUID

RANDOM_BITS = 74
UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def uuid7(ms: int, rand: int) -> str:
    """An id in lower-case text form from milliseconds since 1970 and 74 random bits.

    Bits beyond 48 of `ms` and beyond 74 of `rand` are ignored. Ids of later milliseconds sort
    behind those of earlier ones.
    """
    high, low = (rand >> 62) & 0xFFF, rand & (2**62 - 1)
    return str(UUID(int=(ms & (2**48 - 1)) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))
