"""How often: buckets of tries, and what counts as one source. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

_DAY = 24 * 60  # minutes


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tries of one `kind` from one `source`: `burst` at once, and `per_minute` more as time passes.

    A bucket that nobody touched for a day is forgotten, so it must be full again by then: a rate
    too slow for that is raised to it.
    """

    kind: str
    source: bytes  # a keyed digest; b"": all sources together
    per_minute: float
    burst: float = 0.0  # 0: as many as in a minute

    @property
    def holds(self) -> float:
        """How many tries it holds when full; one at least."""
        return max(self.burst or self.per_minute, 1.0)

    @property
    def rate(self) -> float:
        """How many tries come back in a minute."""
        return max(self.per_minute, self.holds / _DAY)


def network_of(address: str) -> str:
    """The network that counts as one source: /24, or /48 of IPv6. What is no address is one too."""
    try:
        found = ipaddress.ip_address(address.strip().partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    bits = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network((found, bits), strict=False))


def source_of(header: str | None, peer: str | None) -> str:
    """Who asked: as the proxy before us wrote it (of several the last), else the peer."""
    named = (header or "").rpartition(",")[2].strip()
    return named or peer or ""
