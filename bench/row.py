"""What a row of the bench is: a way of ours, a plain way, and pairs of measurements of both."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

from bench.ground import Ground


class Pair(NamedTuple):
    """One measurement of both ways, one right after the other, in things per second."""

    ours: float
    plain: float
    also: Mapping[str, float] = MappingProxyType({})  # what else was measured; units in the names

    @property
    def ratio(self) -> float:
        """1 is as fast as the plain way; 0.5 takes twice the time."""
        return self.ours / self.plain


@dataclass(frozen=True, slots=True)
class Bench:
    """How a row is measured: `take` prepares the ground and then yields pairs without end."""

    title: str
    things: str
    ours: str
    plain: str
    take: Callable[[Ground], Generator[Pair, None, None]]


@dataclass(frozen=True, slots=True)
class Row:
    """What came out, and of which pairs."""

    name: str
    bench: Bench
    pairs: tuple[Pair, ...]

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios."""
        return median(pair.ratio for pair in self.pairs)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the greatest ratio."""
        ratios = [pair.ratio for pair in self.pairs]
        return min(ratios), max(ratios)
