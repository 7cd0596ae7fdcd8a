"""Codes that people copy by hand: a party's, an invitation's. How one is made, written and read.

Pure; docs/residents.md has the vectors.

Sixteen characters of an alphabet of 23, in groups of four: fifteen of chance (67.8 bits) and one
that checks. 23 is a prime greater than 16, so the weighted sum finds every single wrong character
and every two that changed places, neighbours or not.
"""

from __future__ import annotations

import unicodedata
from typing import Final

ALPHABET: Final = "34679ACDEFGHJKMNPRTVWXY"
"""Of two characters that look alike in somebody's hand one is left, or none: no 0 O Q, no 1 I L,
no 2 Z, no 5 S, no 8 B, no U.
"""

LENGTH: Final = 16
RANDOM_BYTES: Final = 16
_GROUP: Final = 4
_BASE: Final = len(ALPHABET)
_MAX_TYPED: Final = 64  # what is longer is no code, whatever stands in it
# Written down wrongly all the same: to the one that is left.
_ALIKE: Final = str.maketrans("0OQU", "DDDV")
# As NFKC leaves them; the last three have no width and come with what is copied from a chat.
_BETWEEN: Final = frozenset(" -_.,:;·•—–‐‑‒―−、。/\t\r\n\u200b\u2060\ufeff")


def new_code(random_bytes: bytes) -> str:
    """A code from 16 bytes of a secure random source. Raises ValueError for another number of them.

    The bytes, most significant first, are a number; its remainder by 23 ** 15 is written with 15
    digits of the alphabet; the sixteenth makes the sum of place × digit divisible by 23.
    """
    if len(random_bytes) != RANDOM_BYTES:
        raise ValueError(f"a code is made from {RANDOM_BYTES} random bytes")
    left = int.from_bytes(random_bytes, "big") % _BASE ** (LENGTH - 1)
    digits: list[int] = []
    for _ in range(LENGTH - 1):
        left, digit = divmod(left, _BASE)
        digits.insert(0, digit)
    check = -_weighted(digits) * pow(LENGTH, -1, _BASE) % _BASE
    return "".join(ALPHABET[digit] for digit in (*digits, check))


def read_code(typed: str) -> str | None:
    """The code that somebody typed, as `new_code` made it; None where it cannot be one.

    Small letters, full-width forms, spaces, hyphens and dots are taken as they were meant.
    """
    bare = bare_code(typed)
    if len(bare) != LENGTH or not all(one in ALPHABET for one in bare):
        return None
    return bare if _weighted([ALPHABET.index(one) for one in bare]) % _BASE == 0 else None


def bare_code(typed: str) -> str:
    """What is left of a typed code without its dress; as much of it as a code could be."""
    wide = unicodedata.normalize("NFKC", typed[:_MAX_TYPED]).upper().translate(_ALIKE)
    return "".join(one for one in wide if one not in _BETWEEN)


def grouped(code: str) -> str:
    """A code in groups of four, as it is written on a slip."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def _weighted(digits: list[int]) -> int:
    return sum(place * digit for place, digit in enumerate(digits, start=1))
