"""Sealed: the one column type of personal fields, and the blind index to find them by.

A sealed value is AES-256-GCM under a named key: `version ‖ key id ‖ 0 ‖ nonce ‖ ciphertext`, bound
to its column, so that a value moved to another column does not open. Keys come from settings.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from server.errors import WanggeError

_VERSION = b"\x01"
_NONCE = 12  # bytes


class SealBroken(WanggeError):
    """A sealed value does not open: another key, another column, or it was altered."""

    slug = "seal-broken"
    text = "加密字段无法打开，请检查密钥。 A sealed field does not open; check the keys."


class Keyring:
    """The keys of one county. The first one seals; all of them open."""

    def __init__(self, keys: Mapping[str, bytes], blind_key: bytes) -> None:
        self._current = next(iter(keys))
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._blind_key = blind_key

    def seal(self, column: str, plain: str) -> bytes:
        """Seal one value for `column` ("household.telephone")."""
        return self.seal_all(column, [plain])[0]

    def seal_all(self, column: str, plains: Sequence[str]) -> list[bytes]:
        """Seal many values for one column, each with a nonce of its own."""
        encrypt, bound = self._ciphers[self._current].encrypt, column.encode()
        head = _VERSION + self._current.encode() + b"\x00"
        chance = os.urandom(_NONCE * len(plains))
        nonces = (chance[at : at + _NONCE] for at in range(0, len(chance), _NONCE))
        return [
            head + nonce + encrypt(nonce, plain.encode(), bound)
            for nonce, plain in zip(nonces, plains, strict=True)
        ]

    def open(self, column: str, sealed: bytes) -> str:
        """Open one value. Raises SealBroken."""
        key_id, _, rest = sealed[1:].partition(b"\x00")
        cipher = self._ciphers.get(key_id.decode(errors="replace"))
        if sealed[:1] != _VERSION or cipher is None:
            raise SealBroken
        try:
            return cipher.decrypt(rest[:_NONCE], rest[_NONCE:], column.encode()).decode()
        except Exception as error:  # InvalidTag, and whatever short garbage makes of it
            raise SealBroken from error

    def open_all(
        self, column: str, sealed: Sequence[bytes | memoryview | None]
    ) -> list[str | None]:
        """Open many values of one column; what is empty stays so. Raises SealBroken.

        Nearly all of them are sealed with one key: it is looked up once.
        """
        head, decrypt, bound = b"", self._ciphers[self._current].decrypt, column.encode()
        plains: list[str | None] = []
        try:
            for value in map(_as_bytes, sealed):
                if value is None:
                    plains.append(None)
                    continue
                if not head or not value.startswith(head):
                    head = value[: value.index(b"\x00") + 1]
                    decrypt = self._ciphers[head[1:-1].decode(errors="replace")].decrypt
                    if head[:1] != _VERSION:
                        raise SealBroken
                at = len(head) + _NONCE
                plains.append(decrypt(value[len(head) : at], value[at:], bound).decode())
        except (InvalidTag, ValueError, KeyError) as error:
            raise SealBroken from error
        return plains

    def blind(self, column: str, plain: str) -> bytes:
        """A keyed digest of a normalised value: equal values are found, none is read."""
        return hmac.digest(self._blind_key, f"{column}\0{plain}".encode(), "sha256")


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


class Sealed(TypeDecorator[str]):
    """A text column whose plain value never reaches the database."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keyring().seal(self.column, value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else keyring().open(self.column, bytes(value))
