"""The keys of a county: sealing, opening, and the blind index.

A sealed value is AES-256-GCM under a named key: `version ‖ key id ‖ 0 ‖ nonce ‖ ciphertext`. Since
version 2 it is bound to its column and its row, so that a value moved anywhere else does not open;
version 1, bound to its column alone, still opens and is sealed anew by `wangge keys rotate`.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.sealed.errors import SealBroken

VERSION = b"\x02"
_COLUMN_ONLY = b"\x01"
_NONCE = 12  # bytes
_ID = 16  # bytes


class Sealing(NamedTuple):
    """How a value was sealed. `version` 1: bound to its column alone."""

    version: int
    key_id: str


def row_key(*ids: UUID | str) -> bytes:
    """What a value is bound to: the primary key of its row, one or more UUIDs."""
    return b"".join(id_.bytes if isinstance(id_, UUID) else UUID(id_).bytes for id_ in ids)


def sealing_of(sealed: bytes) -> Sealing:
    """How this value was sealed. Raises SealBroken where it is none."""
    key_id, there, _ = sealed[1:].partition(b"\x00")
    if sealed[:1] not in (VERSION, _COLUMN_ONLY) or not there:
        raise SealBroken
    return Sealing(sealed[0], key_id.decode(errors="replace"))


class Keyring:
    """The keys of one county. The first one seals; all of them open."""

    def __init__(self, keys: Mapping[str, bytes], blind_key: bytes) -> None:
        self.current = next(iter(keys))
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._blind_key = blind_key

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the keys; the first one seals."""
        return tuple(self._ciphers)

    @property
    def sealing(self) -> Sealing:
        """How a value is sealed now."""
        return Sealing(VERSION[0], self.current)

    @property
    def head(self) -> bytes:
        """How a value begins that was sealed as it would be now."""
        return VERSION + self.current.encode() + b"\x00"

    def seal(self, column: str, row: bytes, plain: str) -> bytes:
        """Seal one value for `column` ("household.telephone") of the row with this `row_key`."""
        return self.seal_all(column, [row], [plain])[0]

    def seal_all(self, column: str, rows: Sequence[bytes], plains: Sequence[str]) -> list[bytes]:
        """Seal values for one column of many rows, each with a nonce of its own."""
        encrypt, bound, head = self._ciphers[self.current].encrypt, _bound(column), self.head
        chance = os.urandom(_NONCE * len(plains))
        nonces = (chance[at : at + _NONCE] for at in range(0, len(chance), _NONCE))
        return [
            head + nonce + encrypt(nonce, plain.encode(), bound + row)
            for nonce, row, plain in zip(nonces, rows, plains, strict=True)
        ]

    def open(self, column: str, row: bytes, sealed: bytes) -> str:
        """Open one value of the row with this `row_key`. Raises SealBroken."""
        (plain,) = self.open_all(column, [row + sealed], width=len(row))
        if plain is None:
            raise SealBroken
        return plain

    def open_all(
        self, column: str, carried: Sequence[bytes | memoryview | None], *, width: int = _ID
    ) -> list[str | None]:
        """Open many values of one column, each behind the key of its row (`width` bytes), as
        `server.sealed.column.carried` selects them; what is empty stays so. Raises SealBroken.

        Nearly all of them are sealed with one key: it is looked up once.
        """
        head, bound = b"", b""
        decrypt = self._ciphers[self.current].decrypt
        plains: list[str | None] = []
        try:
            for value in map(_as_bytes, carried):
                if value is None:
                    plains.append(None)
                    continue
                if not head or not value.startswith(head, width):
                    head = value[width : value.index(b"\x00", width + 1) + 1]
                    bound = _BINDINGS[head[:1]](column)
                    decrypt = self._ciphers[head[1:-1].decode(errors="replace")].decrypt
                at = width + len(head)
                row = value[:width] if head[:1] == VERSION else b""
                opened = decrypt(value[at : at + _NONCE], value[at + _NONCE :], bound + row)
                plains.append(opened.decode())
        except (InvalidTag, ValueError, KeyError) as error:
            raise SealBroken from error
        return plains

    def blind(self, column: str, plain: str) -> bytes:
        """A keyed digest of a normalised value: equal values are found, none is read."""
        return hmac.digest(self._blind_key, f"{column}\0{plain}".encode(), "sha256")


def _bound(column: str) -> bytes:
    """What stands before the row's key in the data that a ciphertext vouches for."""
    return VERSION + column.encode() + b"\x00"


_BINDINGS: Mapping[bytes, Callable[[str], bytes]] = {VERSION: _bound, _COLUMN_ONLY: str.encode}


def _as_bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)


_keyring: Keyring | None = None


def use(keyring: Keyring) -> None:
    """Give the process its keys (the composition root does, once)."""
    global _keyring
    _keyring = keyring


def keyring() -> Keyring:
    """The keys of this process. Raises SealBroken where none were given."""
    if _keyring is None:
        raise SealBroken
    return _keyring
