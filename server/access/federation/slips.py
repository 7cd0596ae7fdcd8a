"""Slips that only we can write: what a browser carries for minutes, and shows again."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from server.sealed import keyring


def written(kind: str, said: Sequence[Any], until: datetime) -> str:
    """A slip of this kind that says this, good until then."""
    text = json.dumps([int(until.timestamp()), *said], ensure_ascii=False).encode()
    return f"{_text(text)}.{_text(_mac(kind, text))}"


def read(kind: str, slip: str, now: datetime) -> list[Any] | None:
    """What it says, if we wrote it and it is not over; nothing else is so much as read."""
    head, _, tail = slip.partition(".")
    try:
        text = _bytes(head)
        if not hmac.compare_digest(_mac(kind, text), _bytes(tail)):
            return None
    except ValueError:  # not of our alphabet
        return None
    until, *said = json.loads(text)
    return said if now.timestamp() < until else None


def _mac(kind: str, text: bytes) -> bytes:
    return keyring().blind(f"federation.{kind}", _text(text))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
