"""Personal fields at rest: keys, the column type, the blind index, and changing keys."""

from __future__ import annotations

from server.sealed.column import OfRow, Sealed, bound, carried
from server.sealed.errors import SealBroken
from server.sealed.ring import (
    Keyring,
    Sealing,
    keyring,
    row_key,
    sealing_of,
    use,
)

__all__ = [
    "Keyring",
    "OfRow",
    "SealBroken",
    "Sealed",
    "Sealing",
    "bound",
    "carried",
    "keyring",
    "row_key",
    "sealing_of",
    "use",
]
