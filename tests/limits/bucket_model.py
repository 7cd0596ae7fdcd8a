"""What the database counts, as plain arithmetic: a test holds the two against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from server.limits.rules import Bucket


@dataclass
class BucketModel:
    """Token buckets in memory; time in seconds."""

    kept: dict[tuple[str, bytes], tuple[float, float]] = field(default_factory=dict)

    def knock(self, buckets: Sequence[Bucket], now: float) -> int:
        """One try in each, or in none: 0, or the seconds to wait."""
        filled = [self._filled(one, now) for one in buckets]
        for one, level in zip(buckets, filled, strict=True):
            if level < 1:
                return max(1, ceil((1 - level) * 60 / one.rate))
        for one, level in zip(buckets, filled, strict=True):
            at = self.kept.get(_key(one), (0.0, now))[1]
            self.kept[_key(one)] = (level - 1, max(at, now))
        return 0

    def give_back(self, buckets: Sequence[Bucket]) -> None:
        """One try more in each, never above what it holds."""
        for one in buckets:
            level, at = self.kept[_key(one)]
            self.kept[_key(one)] = (min(one.holds, level + 1), at)

    def _filled(self, one: Bucket, now: float) -> float:
        level, at = self.kept.get(_key(one), (one.holds, now))
        return min(one.holds, level + max(0.0, now - at) * one.rate / 60)


def _key(one: Bucket) -> tuple[str, bytes]:
    return one.kind, one.source
