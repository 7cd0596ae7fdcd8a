"""Pure: to which addresses notices may go, and the secrets that sign them."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import urlsplit

from server.notices.errors import BadTarget

SECRET_BYTES: Final = 32  # Standard Webhooks asks for 24 to 64
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 (how every secret begins, not one)


class Channel(StrEnum):
    """How a target is reached."""

    WEBHOOK = "webhook"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook's URL, taken apart."""

    tls: bool
    host: str
    port: int
    path: str  # with the query


def read_url(url: str, http_hosts: Collection[str]) -> Endpoint:
    """Take a webhook's URL apart; without TLS only to `http_hosts`. Raises BadTarget."""
    if not _URL.fullmatch(url):
        raise BadTarget(
            f"{BadTarget.text} 应为 https 网址。 An https:// URL, at most 2000 letters."
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadTarget from error
    if not host or port == 0 or parts.fragment:
        raise BadTarget
    if parts.username is not None or parts.password is not None:
        raise BadTarget(f"{BadTarget.text} 网址中不要写密码。 Keep passwords out of the URL.")
    tls = parts.scheme == "https"
    if not tls and host not in http_hosts:
        raise BadTarget(
            f"{BadTarget.text} 须用 https，或列入 WANGGE_HTTP_HOSTS。 "
            "Use https, or name the host in WANGGE_HTTP_HOSTS."
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(tls, host, port or (443 if tls else 80), path)


def check_mail(address: str) -> str:
    """A mail address as it may stand in a header. Raises BadTarget."""
    # A header would read an encoded word, and the letter would go to another address.
    if len(address) > 254 or "=?" in address or not _MAIL.fullmatch(address):
        raise BadTarget(f"{BadTarget.text} 应为 name@example.cn。 One address, name@example.cn.")
    return address


def may_be_reached(address: IPv4Address | IPv6Address) -> bool:
    """Whether a webhook's host may stand at this address.

    The county's own net and this server may be: receivers are mostly there, and who adds one is at
    the server's keyboard. What no receiver has may not: link-local (a cloud's own data), multicast.
    """
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return may_be_reached(mapped)
    if address.is_loopback:
        return True
    return not (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
    )


def secret_of(chance: bytes) -> str:
    """A secret as its receiver writes it down."""
    return SECRET_PREFIX + base64.b64encode(chance).decode()


# Printable ASCII without blanks: nothing in it can end a line of a request.
_URL: Final = re.compile(r"https?://[\x21-\x7e]{1,1990}")
_MAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
