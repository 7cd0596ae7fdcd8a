"""A balanced cut: plots into parts of about equal weight, along short edges and through gaps.

Recursive bisection: the plots are put in order along several directions, whole units (clusters of
houses, villager groups) kept together or not, and cut where the edge is short, nothing is torn and
the weights fit. All that is asked of a cut is a sum over spans of that order, so that every place
for it is judged at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Land:
    """Plots to be parted: where (metres), how heavy, whose edges meet, what should stay whole.

    `edges`: plot, plot; `price` of cutting each, in metres. `members`: plot, whole, for each plot
    that is part of a whole; `wholes`: the weight of each. `units`: several ways to see the plots as
    units, each an array of a unit's number for every plot, the last one every plot by itself.
    """

    at: FloatArray
    weight: FloatArray
    edges: IntArray
    price: FloatArray
    members: IntArray
    wholes: FloatArray
    units: tuple[IntArray, ...]


def divide(land: Land, parts: int, low: float, high: float) -> IntArray:
    """Part 0 … parts − 1 of each plot, each of `low` to `high` in weight where that can be.

    With plots of weight 1 it can be wherever parts · low ≤ all ≤ parts · high.
    """
    label = np.zeros(len(land.weight), dtype=np.int64)
    waiting = [(np.arange(len(land.weight)), parts, 0)]
    while waiting:
        plots, left, number = waiting.pop()
        label[plots] = number
        if left > 1 and len(plots) > 1:
            chosen, here = _halve(_part_of(land, plots), left, low, high)
            waiting.append((plots[chosen], here, number))
            waiting.append((plots[~chosen], left - here, number + here))
    return label


def _part_of(land: Land, plots: IntArray) -> Land:
    """The same of some of the plots, numbered anew; wholes weigh what is left of them here."""
    new = np.full(len(land.weight), -1, dtype=np.int64)
    new[plots] = np.arange(len(plots))
    edges, members = new[land.edges], land.members.copy()
    members[:, 0] = new[members[:, 0]]
    inside, here = (edges >= 0).all(axis=1), members[:, 0] >= 0
    members = members[here]
    weights = np.bincount(
        members[:, 1], weights=land.weight[plots][members[:, 0]], minlength=len(land.wholes)
    )
    return Land(
        at=land.at[plots],
        weight=land.weight[plots],
        edges=edges[inside],
        price=land.price[inside],
        members=members,
        wholes=weights.astype(np.float64),
        units=tuple(unit[plots] for unit in land.units),
    )


def _halve(land: Land, parts: int, low: float, high: float) -> tuple[NDArray[np.bool_], int]:
    """Which plots go into the first half, and how many parts that half is."""
    best: tuple[float, float] = (np.inf, np.inf)
    chosen, here = np.zeros(len(land.weight), dtype=bool), parts // 2
    for order, cuts in _orders(land):
        for first in sorted({parts // 2, parts - parts // 2}):
            missed, price = _prices(land, order, cuts, first, parts - first, (low, high))
            at = np.lexsort((price, missed))[0]
            if (missed[at], price[at]) >= best:
                continue
            half = np.zeros(len(land.weight), dtype=bool)
            half[order[: cuts[at] + 1]] = True
            whole = (float(missed[at]), float(price[at]) + _APART * _loose(land, half))
            if whole < best:
                best, chosen, here = whole, half, first
    return chosen, here


def _loose(land: Land, half: NDArray[np.bool_]) -> int:
    """How many pieces, beyond one each, the two halves fall into."""
    inner = land.edges[half[land.edges[:, 0]] == half[land.edges[:, 1]]]
    piece = joined(len(half), inner.ravel(), np.repeat(np.arange(len(inner)), 2))
    return len(np.unique(piece)) - 2


def _orders(land: Land) -> Iterator[tuple[IntArray, IntArray]]:
    """Orders of the plots, and after which places each of them may be cut."""
    for angle in np.arange(_DIRECTIONS) * np.pi / _DIRECTIONS:
        along = land.at @ np.array([np.cos(angle), np.sin(angle)])
        for unit in land.units:
            heavy = np.bincount(unit, weights=land.weight)
            middle = np.bincount(unit, weights=land.weight * along) / np.maximum(heavy, 1e-12)
            order = np.lexsort((along, unit, middle[unit]))
            cuts = np.flatnonzero(unit[order][1:] != unit[order][:-1])
            if len(cuts):
                yield order, cuts


def _prices(
    land: Land,
    order: IntArray,
    cuts: IntArray,
    first: int,
    second: int,
    bounds: tuple[float, float],
) -> tuple[FloatArray, FloatArray]:
    """For each place of a cut: by how much the weights miss the bounds, and what it costs."""
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    before = np.cumsum(land.weight[order])[cuts]
    after = float(land.weight.sum()) - before
    missed = _beyond(before, first, bounds) + _beyond(after, second, bounds)
    low, high = bounds
    start, end = _spans(land, rank)
    torn = _over_spans(start, end, _TORN + _TORN_ALL * land.wholes / high, len(order))
    ends = np.sort(rank[land.edges], axis=1)
    edge = _over_spans(ends[:, 0], ends[:, 1], land.price, len(order))
    uneven = np.abs(before / first - after / second) / (low + high)
    size = np.hypot(*np.ptp(land.at, axis=0)) or 1.0
    return missed, edge[cuts] / size + torn[cuts] + _UNEVEN * uneven


def _beyond(weight: FloatArray, parts: int, bounds: tuple[float, float]) -> FloatArray:
    low, high = bounds
    return np.maximum(parts * low - weight, 0) + np.maximum(weight - parts * high, 0)


def _spans(land: Land, rank: IntArray) -> tuple[IntArray, IntArray]:
    """First and last place of each whole; both 0 for one that is not here."""
    start = np.full(len(land.wholes), len(rank), dtype=np.int64)
    end = np.zeros(len(land.wholes), dtype=np.int64)
    np.minimum.at(start, land.members[:, 1], rank[land.members[:, 0]])
    np.maximum.at(end, land.members[:, 1], rank[land.members[:, 0]])
    return np.minimum(start, end), end


def _over_spans(start: IntArray, end: IntArray, price: FloatArray, places: int) -> FloatArray:
    """For a cut after each place: the sum of the prices of all spans that it goes through."""
    steps = np.bincount(start, weights=price, minlength=places)
    return np.cumsum(steps - np.bincount(end, weights=price, minlength=places))


_DIRECTIONS = 12
# Against the length of an edge as a share of the land's diameter: what it costs to tear a whole,
# what more to tear one as large as a cell may be, and what each loose piece costs.
_TORN, _TORN_ALL, _APART = 0.2, 4.0, 1.0
_UNEVEN = 2.0  # for halves whose cells would differ by low + high


def joined(many: int, item: IntArray, whole: IntArray) -> IntArray:
    """For each of `many` items the lowest item that it hangs together with, through any wholes.

    `item[i]` is part of `whole[i]`.
    """
    lowest = np.arange(many)
    while True:
        of_whole = np.full(int(whole.max(initial=0)) + 1, many, dtype=np.int64)
        np.minimum.at(of_whole, whole, lowest[item])
        nearer = lowest.copy()
        np.minimum.at(nearer, item, of_whole[whole])
        nearer = nearer[nearer]
        if (nearer == lowest).all():
            return lowest
        lowest = nearer
