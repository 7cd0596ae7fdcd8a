"""Integrity of a bucket: how many live rows, and one hash that needs no order to be kept.

The same in SQL: `md5(entity || id::text || seq::text)`, its first 16 hex digits, XORed together.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import md5

EMPTY = "0" * 16


def digest(rows: Iterable[tuple[str, str, int]]) -> tuple[int, str]:
    """Count and hash (16 hex digits) of live rows given as (entity, id, rev), in any order."""
    count, bits = 0, 0
    for entity, id_, rev in rows:
        count += 1
        bits ^= share(entity, id_, rev)
    return count, hexadecimal(bits)


def share(entity: str, id_: str, rev: int) -> int:
    """What one live row adds to the hash, and by the same XOR takes away: 64 bits."""
    text = f"{entity}{id_}{rev}".encode()
    return int.from_bytes(md5(text, usedforsecurity=False).digest()[:8], "big")


def hexadecimal(bits: int) -> str:
    """64 bits as they travel: 16 lower-case hex digits."""
    return f"{bits:016x}"
