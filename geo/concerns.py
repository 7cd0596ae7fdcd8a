"""What a person should know about a draft: what it parted, and which cells are not as asked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Kind(StrEnum):
    """What a draft had to do, or found."""

    CLUSTER_CUT = "cluster_cut"
    GROUP_CUT = "group_cut"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    SMALL_VILLAGE = "small_village"
    NO_HOUSES = "no_houses"
    OUTSIDE = "outside"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Concern:
    """One of them. `households`: in the cluster, group or cell; `cells`: numbers in the draft.

    `counts`: households of the cluster or group in each of `cells`. `geometry`: where.
    """

    kind: Kind
    households: int
    cells: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()
    group: int | None = None
    geometry: BaseGeometry | None = field(default=None, compare=False)

    @property
    def message(self) -> str:
        """For a person: Chinese, then English."""
        spread = "、".join(
            f"{cell}: {count}" for cell, count in zip(self.cells, self.counts, strict=False)
        )
        return _MESSAGES[self.kind].format(
            n=self.households,
            group=self.group,
            spread=spread,
            cells="、".join(map(str, self.cells)),
        )

    def as_geojson(self) -> dict[str, Any]:
        """A GeoJSON Feature; its geometry is null where the concern is about no one place."""
        at = None if self.geometry is None else json.loads(shapely.to_geojson(self.geometry))
        return {
            "type": "Feature",
            "geometry": at,
            "properties": {
                "kind": self.kind.value,
                "households": self.households,
                "cells": list(self.cells),
                "counts": list(self.counts),
                "group": self.group,
                "message": self.message,
            },
        }


def concerns_of(
    at: FloatArray,
    weight: IntArray,
    group: IntArray,
    cluster: IntArray,
    cell: IntArray,
    sizes: Sequence[int],
    bounds: tuple[int, int],
) -> list[Concern]:
    """What was parted and what misses the bounds, of houses (a row each) and their cells.

    `cell` counts from 0; the concerns name cells from 1.
    """
    found = _of_sizes(sizes, bounds)
    for kind, whole in ((Kind.GROUP_CUT, group), (Kind.CLUSTER_CUT, cluster)):
        for number in _torn(whole, cell):
            if kind is Kind.GROUP_CUT and number == 0:
                continue
            mine = whole == number
            counts = np.bincount(cell[mine], weights=weight[mine]).astype(int)
            cells = np.flatnonzero(counts)
            found.append(
                Concern(
                    kind,
                    int(counts.sum()),
                    tuple(int(each) + 1 for each in cells),
                    tuple(int(each) for each in counts[cells]),
                    int(number) if kind is Kind.GROUP_CUT else None,
                    shapely.convex_hull(shapely.multipoints(at[mine])),
                )
            )
    return found


def _of_sizes(sizes: Sequence[int], bounds: tuple[int, int]) -> list[Concern]:
    low, high = bounds
    if not sum(sizes):
        return [Concern(Kind.NO_HOUSES, 0, (1,))]
    if len(sizes) == 1 and sizes[0] < low:
        return [Concern(Kind.SMALL_VILLAGE, sizes[0], (1,))]
    found = []
    for number, size in enumerate(sizes, 1):
        if not low <= size <= high:
            kind = Kind.TOO_FEW if size < low else Kind.TOO_MANY
            found.append(Concern(kind, size, (number,)))
    return found


def _torn(whole: IntArray, cell: IntArray) -> IntArray:
    """Numbers of the wholes that lie in more than one cell."""
    pairs = np.unique(np.column_stack([whole, cell]), axis=0)
    numbers, times = np.unique(pairs[:, 0], return_counts=True)
    return numbers[times > 1]


_MESSAGES = {
    Kind.CLUSTER_CUT: "一处连片住房（{n} 户）被分开（网格: 户数 {spread}）。 "
    "A cluster of {n} households is parted (cell: households {spread}).",
    Kind.GROUP_CUT: "{group} 组（{n} 户）被分开（网格: 户数 {spread}）。 "
    "Villager group {group} ({n} households) is parted (cell: households {spread}).",
    Kind.TOO_FEW: "网格 {cells} 仅 {n} 户，少于下限。 "
    "Cell {cells} has {n} households, fewer than asked for.",
    Kind.TOO_MANY: "网格 {cells} 有 {n} 户，多于上限。 "
    "Cell {cells} has {n} households, more than asked for.",
    Kind.SMALL_VILLAGE: "全村 {n} 户，不足一个网格的下限，划为一个网格。 "
    "The village has {n} households, fewer than a cell should: it is one cell.",
    Kind.NO_HOUSES: "没有带坐标的住户，划为一个网格。 No household has a point: it is one cell.",
    Kind.OUTSIDE: "{n} 户的坐标在村界以外，未计入。 "
    "{n} households lie outside the village's boundary and are not counted.",
    Kind.APART: "网格 {cells} 由不相连的几块组成。 Cell {cells} lies in several parts.",
}
