"""Standard Webhooks 1.0: how what is sent is signed.

`webhook-id` stays the same on every try, `webhook-timestamp` (Unix seconds) is that of the try, and
`webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`: one for every
secret in force, a blank between them.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from server.notices.targets.rules import SECRET_PREFIX


def headers_of(
    delivery_id: UUID, at: datetime, body: bytes, secrets: Sequence[str]
) -> Mapping[str, str]:
    """The three headers of a try at `at`."""
    seconds = str(int(at.timestamp()))
    signed = b".".join([str(delivery_id).encode(), seconds.encode(), body])
    return {
        "webhook-id": str(delivery_id),
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(_sign(secret, signed) for secret in secrets),
    }


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
