"""Headers of every answer: what a browser may do with it. A page that needs more says so itself.

After OWASP's list of secure headers and what browsers of 2017 (an old phone's) understand: a newer
header is beside the older one that means the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Flask, Response

from server.settings import Settings

YEAR: Final = 365 * 24 * 3600  # seconds
NOTHING: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

# What no page of ours asks a device for. A page that does (a photo, a place) names its own.
_UNUSED: Final = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media"),
    *("fullscreen", "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment"),
    *("picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "usb"),
)

ALWAYS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": NOTHING,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def harden(app: Flask, settings: Settings) -> None:
    """Give every answer these headers where it brings none of its own; HSTS where we are https."""
    headers = dict(ALWAYS)
    if (settings.public_url or "").startswith("https://"):
        headers["Strict-Transport-Security"] = f"max-age={YEAR}"

    @app.after_request
    def dress(answer: Response) -> Response:
        for name, value in headers.items():
            answer.headers.setdefault(name, value)
        return answer
