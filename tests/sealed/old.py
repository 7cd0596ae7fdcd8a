"""Values as they were sealed before they were bound to their row (version 1)."""

from __future__ import annotations

import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def seal_old(keys: Mapping[str, bytes], column: str, plain: str) -> bytes:
    """Version 1: bound to the column alone, under the first key."""
    key_id, key = next(iter(keys.items()))
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, plain.encode(), column.encode())
    return b"\x01" + key_id.encode() + b"\x00" + nonce + sealed
