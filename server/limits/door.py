"""From where a request comes."""

from __future__ import annotations

from flask import current_app, request

from server.limits.rules import network_of, source_of


def network() -> str:
    """The network that counts as one source, as our proxy names it where there is one."""
    settings = current_app.extensions["wangge.settings"]
    header = request.headers.get(settings.address_header) if settings.address_header else None
    return network_of(source_of(header, request.remote_addr))
