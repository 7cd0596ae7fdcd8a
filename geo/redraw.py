"""Redraws: old boundaries + new boundaries + points -> who moves where.

The rule is that of a first placing: a point decides, by the border rule of `geo.cells`; without a
point the villager group does, where exactly one cell names it. What a person placed by hand stays
while its cell does, or follows it where all of it went into one other.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.cells import NO_CELL, CellIndex
from geo.metres import area_m2

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
WHOLE = 0.999  # of a cell: what is left over was drawn inexactly


class Way(StrEnum):
    """How a home got its cell."""

    POINT = "point"
    GROUP = "group"
    HAND = "hand"


class Why(StrEnum):
    """Why a home has none."""

    NO_PLACE = "no_place"  # neither point nor group
    OUTSIDE = "outside"  # the point lies in no cell given
    OTHER_VILLAGE = "other_village"  # it lies in a cell around
    GROUP_UNKNOWN = "group_unknown"  # no cell names the group
    GROUP_AMBIGUOUS = "group_ambiguous"  # two cells name it


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with its polygon in degrees (None where it has none) and the groups that it names."""

    polygon: BaseGeometry | None
    groups: frozenset[int] = frozenset()


Drawing = Mapping[str, Cell]  # code → cell, of one village at one time


@dataclass(frozen=True, slots=True)
class Homes:
    """Homes as columns of one length: degrees (NaN: no point), group (0: none), by hand in which
    cell (the code that it has in the old drawing; "" where no hand placed it).
    """

    lon: FloatArray
    lat: FloatArray
    group: IntArray
    hand: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Placed:
    """One for each home: the code of its cell and how it got it, or "" and why it has none."""

    cell: tuple[str, ...]
    way: tuple[Way | None, ...]
    why: tuple[Why | None, ...]


def redraw(old: Drawing, new: Drawing, around: Drawing, homes: Homes) -> Placed:
    """Where each home is once the village is drawn as `new`. `around`: other villages' cells that
    may cover a point of this one's.

    Raises UnusableCell for a polygon that nothing can lie in (geo.partition says why).
    """
    follows = {**{code: code for code in new}, **successors(old, new)}
    by_point, why_point = _by_point(new, around, homes)
    by_group, why_group = _by_group(new, homes.group)
    at_hand = np.array([follows.get(code, "") for code in homes.hand.tolist()], dtype=object)
    has_hand, has_point = at_hand != "", np.isfinite(homes.lon) & np.isfinite(homes.lat)
    cell = np.where(has_hand, at_hand, np.where(has_point, by_point, by_group))
    way = np.where(has_hand, Way.HAND, np.where(has_point, Way.POINT, Way.GROUP))
    why = np.where(has_point, why_point, why_group)
    placed = cell != ""
    return Placed(
        tuple(cell.tolist()),
        tuple(Way(way[i]) if placed[i] else None for i in range(len(cell))),
        tuple(None if placed[i] else Why(why[i]) for i in range(len(cell))),
    )


def successors(old: Drawing, new: Drawing) -> Mapping[str, str]:
    """Code of a cell that ended → the one cell that has all of it now; missing where it was cut."""
    found = {}
    for code in old.keys() - new.keys():
        polygon = old[code].polygon
        heir = _heir(polygon, new) if polygon is not None else None
        if heir is not None:
            found[code] = heir
    return found


def changed(old: Drawing, new: Drawing) -> Collection[str]:
    """Codes of the old drawing whose polygon or groups are others now, or that ended; and of those
    that name a group which another cell names from now on, or no longer: it decides nothing then.
    """
    was, now = _named(old), _named(new)
    groups = {group for group in was | now if was.get(group) != now.get(group)}
    return {
        code
        for code, cell in old.items()
        if code not in new
        or cell.groups != new[code].groups
        or cell.groups & groups
        or not same_shape(cell.polygon, new[code].polygon)
    }


def _named(drawing: Drawing) -> dict[int, set[str]]:
    """Group → the cells that name it."""
    named: dict[int, set[str]] = {}
    for code, cell in drawing.items():
        for group in cell.groups:
            named.setdefault(group, set()).add(code)
    return named


def same_shape(one: BaseGeometry | None, other: BaseGeometry | None) -> bool:
    """Whether two polygons have the same vertices, wherever their rings begin and turn."""
    if one is None or other is None:
        return one is other
    return _parts(one) == _parts(other)


def _parts(shape: BaseGeometry) -> list[BaseGeometry]:
    """A polygon and a multipolygon of that one alone are the same land."""
    return sorted((part.normalize() for part in shapely.get_parts(shape)), key=shapely.to_wkb)


def _heir(polygon: BaseGeometry, new: Drawing) -> str | None:
    whole = area_m2(polygon)
    for code, cell in new.items():
        if cell.polygon is None or not shapely.intersects(cell.polygon, polygon):
            continue
        if area_m2(shapely.intersection(cell.polygon, polygon)) >= WHOLE * whole:
            return code
    return None


def _by_point(
    new: Drawing, around: Drawing, homes: Homes
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    drawn = {code: cell.polygon for code, cell in {**around, **new}.items() if cell.polygon}
    codes = list(drawn)
    at = CellIndex(codes, list(drawn.values())).locate(homes.lon, homes.lat)
    named = np.array([*codes, ""], dtype=object)[at]  # NO_CELL, −1, is the last
    own = np.array([code in new for code in named], dtype=bool)
    why = np.where(at == NO_CELL, Why.OUTSIDE, Why.OTHER_VILLAGE).astype(object)
    return np.where(own, named, ""), why


def _by_group(new: Drawing, group: IntArray) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    named = Counter(number for cell in new.values() for number in cell.groups)
    of = {number: code for code, cell in new.items() for number in cell.groups}
    cell = [of[g] if named[g] == 1 else "" for g in group.tolist()]
    why = [
        Why.NO_PLACE if g == 0 else Why.GROUP_AMBIGUOUS if named[g] else Why.GROUP_UNKNOWN
        for g in group.tolist()
    ]
    return np.array(cell, dtype=object), np.array(why, dtype=object)
