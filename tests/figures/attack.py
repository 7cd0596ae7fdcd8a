"""Somebody who asks every question there is and takes the answers from each other.

What is told of a number leaves it between two bounds; whatever adds up narrows them: villages to
their township, townships to the county, categories and levels to all of them, months to quarters to
years, settled and not settled to decided. So does every ratio that is told in tenths or fifths.
Bounds are narrowed until nothing moves any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.figures.rules.tens import RATIO_FROM, TEN

Numbers = NDArray[np.int64]
Told = Callable[[Numbers], tuple[Numbers, Numbers]]  # numbers → least and greatest they may be
WHAT = ("settled", "failed", "decided")
SETTLED, FAILED, DECIDED = range(3)
SMALL = 5
_UNKNOWN = 10**6


def in_full_tens(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """As figures are told: 30 is 30 to 39."""
    least = numbers - numbers % TEN
    return least, least + TEN - 1


def but_for_small_ones(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """As they would be told were numbers from 1 to 4 left out, and nothing else."""
    small = (numbers > 0) & (numbers < SMALL)
    return np.where(small, 0, numbers), np.where(small, SMALL - 1, numbers)


class Ratios(NamedTuple):
    """Of all settled in the decided: tenths, 0 where none are told, and in steps of how many."""

    tenths: Numbers
    steps: Numbers


class Family(NamedTuple):
    """What adds up: along an axis, one place is the sum of others."""

    axis: int
    whole: int
    parts: Sequence[int]


@dataclass
class Book:
    """Numbers by what, area, category, level and span, with all that they add up to."""

    townships: Sequence[int]  # how many villages each has
    numbers: Numbers  # settled and failed × village × category × level × month: the finest there is
    families: list[Family] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._add(0, [[SETTLED, FAILED]])
        first = np.cumsum([0, *self.townships])
        villages = [list(range(a, b)) for a, b in pairwise(first)]
        townships = [int(first[-1]) + k for k in range(len(villages))]
        self._add(1, [*villages, townships])
        self._add(2, [list(range(self.numbers.shape[2]))])
        self._add(3, [list(range(self.numbers.shape[3]))])
        months = self.numbers.shape[4]
        quarters = [[k, k + 1, k + 2] for k in range(0, months, 3)]
        ends = [months + k for k in range(len(quarters))]
        self._add(4, [*quarters, *(ends[k : k + 4] for k in range(0, len(ends), 4))])

    def _add(self, axis: int, families: Sequence[Sequence[int]]) -> None:
        for parts in families:
            whole = self.numbers.take(parts, axis).sum(axis, keepdims=True)
            self.families.append(Family(axis, self.numbers.shape[axis], parts))
            self.numbers = np.concatenate([self.numbers, whole], axis)

    def ratios(self, *since: tuple[int, int]) -> Ratios:
        """What is told of the settled in the decided, at one level: (30, 2) is in steps of two
        tenths from 30 cases on, until the next or the ratio of tens. Halves up, both ends open.
        """
        settled, decided = self.numbers[SETTLED], self.numbers[DECIDED]
        tenths, steps = np.zeros_like(decided), np.ones_like(decided)
        for cases, step in since:
            nearest = np.floor(10 * settled / step / np.maximum(decided, 1) + 0.5) * step
            told = (decided >= cases) & (decided < RATIO_FROM)
            tenths[told] = np.clip(nearest, step, 10 - step)[told]
            steps[told] = step
        tenths[:, :, -1], steps[:, :, -1] = 0, 1
        return Ratios(tenths, steps)

    def found(self, least: Numbers, most: Numbers, ratios: Ratios | None = None) -> Numbers:
        """The numbers from 1 to 4 that are known to be so, once all bounds are narrowed."""
        least, most = narrowed(self.families, least, most, ratios)
        assert (least <= self.numbers).all(), "the bounds do not hold: the attack is wrong"
        assert (self.numbers <= most).all(), "the bounds do not hold: the attack is wrong"
        known: Numbers = self.numbers[(least > 0) & (most < SMALL)]
        return known

    def bounds(self, told: Told) -> tuple[Numbers, Numbers]:
        """What is told of everything but how many were not settled: nobody is told that."""
        least, most = told(self.numbers)
        least[FAILED], most[FAILED] = 0, _UNKNOWN
        return least, most


def narrowed(
    families: Sequence[Family], least: Numbers, most: Numbers, ratios: Ratios | None = None
) -> tuple[Numbers, Numbers]:
    """The bounds that remain: of a whole from its parts, of a part from all that is not it, of a
    number from the ratios that it is in.
    """
    least, most, before = least.copy(), most.copy(), None
    while before != (before := int((most - least).sum())):
        if ratios is not None:
            _narrow_by_ratios(least, most, ratios)
        for family in families:
            _narrow(list(_places(family, least)), list(_places(family, most)))
    return least, most


def _places(family: Family, numbers: Numbers) -> Iterator[Numbers]:
    """Views of the whole, then of every part."""
    moved = np.moveaxis(numbers, family.axis, 0)
    return (moved[at] for at in (family.whole, *family.parts))


def _narrow(least: list[Any], most: list[Any]) -> None:
    low, high = sum(least[1:]), sum(most[1:])
    np.maximum(least[0], low, out=least[0])
    np.minimum(most[0], high, out=most[0])
    for a, b in zip(least[1:], most[1:], strict=True):
        from_below, from_above = least[0] - (high - b), most[0] - (low - a)
        np.maximum(a, from_below, out=a)
        np.minimum(b, from_above, out=b)


def _narrow_by_ratios(least: Numbers, most: Numbers, ratios: Ratios) -> None:
    """Eight tenths: fifteen twentieths of all, or more, were settled, and fewer than seventeen."""
    tenths, steps = ratios
    low = np.where(tenths > steps, 2 * tenths - steps, 0)
    ends = (tenths > 0) & (tenths < 10 - steps)
    high, fewer = np.where(ends, 2 * tenths + steps, 20), ends.astype(np.int64)
    settled, failed, decided = zip(least, most, strict=True)
    _at_most(low, decided, 20, settled)
    _at_most(low, failed, 20 - low, settled)
    _at_most(20, failed, 20 - low, decided)
    _at_most(20, settled, high, decided, fewer)
    _at_most(20 - high, settled, high, failed, fewer)
    _at_most(20 - high, decided, 20, failed, fewer)


def _at_most(a: Any, x: Any, b: Any, y: Any, fewer: Any = 0) -> None:
    """What follows for x and y, each from its least to its most, where a·x + fewer ≤ b·y."""
    (x_least, x_most), (y_least, y_most) = x, y
    high = (b * y_most - fewer) // np.maximum(a, 1)
    low = -(-(a * x_least + fewer) // np.maximum(b, 1))
    np.minimum(x_most, high, out=x_most, where=np.asarray(a) > 0)
    np.maximum(y_least, low, out=y_least, where=np.asarray(b) > 0)


def drawn(seed: int, townships: Sequence[int], categories: int, months: int, mean: float) -> Book:
    """Villages of unlike size, common and rare categories, most cases at the lowest level."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(0, 0.5, sum(townships))
    category = rng.permutation(1 / np.arange(1, categories + 1))
    level, way = np.array([0.85, 0.15]), np.array([0.8, 0.2])
    expected = np.multiply.outer(
        way, np.multiply.outer(size, np.multiply.outer(category / category.sum(), level))
    )
    numbers = rng.poisson(mean * np.repeat(expected[..., None], months, axis=-1))
    return Book(townships, numbers.astype(np.int64))
