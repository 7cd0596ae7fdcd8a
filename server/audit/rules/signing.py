"""Pure: heads and cuts of the chain, signed with Ed25519, and how they are written in files."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.audit.errors import NoPublicKey
from server.audit.rules.chain import written

KEY_NAME: Final = 16  # hex digits of the SHA-256 of the public key


class Signed(Protocol):
    """What is signed: which key it names, what the signature is over, and the signature."""

    @property
    def key(self) -> str: ...
    @property
    def signature(self) -> bytes: ...
    def text(self) -> bytes:
        """What the signature is over."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain stood: its last number and hash, and how many links were there, at a time."""

    installation: UUID
    number: int
    hash: bytes
    count: int
    at: datetime
    key: str = ""
    signature: bytes = b""

    def text(self) -> bytes:
        """What the signature is over."""
        told = (str(self.installation), self.number, self.hash.hex(), self.count, _utc(self.at))
        return written("wangge audit head", *told, self.key)


@dataclass(frozen=True, slots=True)
class Cut:
    """The oldest links, removed: from and to which number, and the hash of the last of them."""

    installation: UUID
    from_number: int
    to_number: int
    hash: bytes
    newest_at: datetime
    at: datetime
    key: str = ""
    signature: bytes = b""

    def text(self) -> bytes:
        """What the signature is over."""
        span = (self.from_number, self.to_number, self.hash.hex())
        when = (_utc(self.newest_at), _utc(self.at))
        return written("wangge audit cut", str(self.installation), *span, *when, self.key)


class Signer:
    """The county's private key; `seed`: 32 bytes."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key()
        self.name = name_of(self.public)

    def sign_head(self, head: Head) -> Head:
        """The same head, signed."""
        head = replace(head, key=self.name)
        return replace(head, signature=self._key.sign(head.text()))

    def sign_cut(self, cut: Cut) -> Cut:
        """The same cut, signed."""
        cut = replace(cut, key=self.name)
        return replace(cut, signature=self._key.sign(cut.text()))


def holds(key: Ed25519PublicKey, signed: Signed) -> bool:
    """Whether this key has signed it."""
    try:
        key.verify(signed.signature, signed.text())
    except InvalidSignature:
        return False
    return True


def print_key(key: Ed25519PublicKey) -> str:
    """A public key as people copy it: 44 letters."""
    return b64encode(_raw(key)).decode()


def read_key(text: str) -> Ed25519PublicKey:
    """A public key as `print_key` wrote it. Raises NoPublicKey."""
    try:
        return Ed25519PublicKey.from_public_bytes(b64decode(text.strip(), validate=True))
    except (ValueError, NotBase64) as error:
        raise NoPublicKey from error


def name_of(key: Ed25519PublicKey) -> str:
    """What heads call it by."""
    return sha256(_raw(key)).hexdigest()[:KEY_NAME]


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def to_line(head: Head) -> str:
    """A head as one line of JSON, without the end of the line."""
    told = {
        "installation": str(head.installation),
        "number": head.number,
        "hash": head.hash.hex(),
        "count": head.count,
        "at": _utc(head.at),
        "key": head.key,
        "signature": head.signature.hex(),
    }
    return json.dumps(told)


def from_line(line: str) -> Head | None:
    """The head of a line; None where it is none (torn, or something else)."""
    try:
        told = json.loads(line)
        told = told.get("data", {}).get("facts", told)  # a webhook's body
        return Head(
            installation=UUID(told["installation"]),
            number=int(told["number"]),
            hash=bytes.fromhex(told["hash"]),
            count=int(told["count"]),
            at=_aware(told["at"]),
            key=str(told["key"]),
            signature=bytes.fromhex("".join(told["signature"])),  # a notice has it in two parts
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time of a head has an offset")
    return at
