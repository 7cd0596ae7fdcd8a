"""Codes of an authenticator: RFC 6238 (TOTP) over RFC 4226 (HOTP), six digits of SHA-1 and 30
seconds, which is what every authenticator app reads. Pure.
"""

from __future__ import annotations

import base64
import hmac
import unicodedata
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

STEP: Final = 30  # seconds
DIGITS: Final = 6
SECRET_BYTES: Final = 20  # RFC 4226, 4: at least 16, 20 recommended
RECOVERY_CODES: Final = 10
_AROUND: Final = (0, -1, 1)  # a phone's clock may be off by a step


def step_at(now: datetime) -> int:
    """The time step of a moment: half minutes since 1970."""
    return int(now.timestamp()) // STEP


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one time step (RFC 4226, 5.3; its vectors are a test)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 0xF
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, typed: str, now: datetime, after: int) -> int | None:
    """The step whose code was typed: this one, the one before or the next, and later than `after`,
    the last one used. None where it is none of them.
    """
    present = step_at(now)
    steps = (present + offset for offset in _AROUND)
    return next(
        (s for s in steps if s > after and hmac.compare_digest(code_of(secret, s), typed)), None
    )


def as_typed(text: str) -> str | None:
    """Six digits however they were typed (spaces, full-width forms); None for anything else."""
    bare = "".join(unicodedata.normalize("NFKC", text).split())
    return bare if len(bare) == DIGITS and bare.isascii() and bare.isdigit() else None


def encoded(secret: bytes) -> str:
    """The secret as people type it into an app."""
    return base64.b32encode(secret).decode()


def decoded(secret: str) -> bytes:
    """The secret that `encoded` wrote."""
    return base64.b32decode(secret)


def uri_of(secret: bytes, login: str, issuer: str) -> str:
    """The otpauth URI that an app reads from a picture."""
    about = {"secret": encoded(secret), "issuer": issuer, "digits": DIGITS, "period": STEP}
    return f"otpauth://totp/{quote(issuer)}:{quote(login)}?{urlencode(about, quote_via=quote)}"
