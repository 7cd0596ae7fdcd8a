"""Pure: how an unplaced household gets a cell, by what a person says or confirms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from server.households.rules import PlacedBy, Unplaced


class By(StrEnum):
    """落格依据: what a person goes by."""

    GROUP = "group"  # 村组: the person states its number
    ADDRESS = "address"  # 地址: the person confirms a suggestion
    HAND = "hand"  # 人工: the person states the cell
    POINT = "point"  # 坐标: as the boundaries are now


@dataclass(frozen=True, slots=True)
class Suggested:
    """What an address suggests. `like`: how many placed households of the same address prefix.

    `group`: the villager group that the address names; None where the prefix suggests the cell.
    """

    cell_id: UUID
    group: int | None = None
    like: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A placing as asked. `cell_id`: stated, or the suggested one as confirmed."""

    household_id: UUID
    by: By
    cell_id: UUID | None = None
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """All that decides it. `home`: the household's village; `village`: of the cell that was asked.

    `at_point`: (cell, village) that has the household's point; `of_group`: the cells that name the
    group that was stated.
    """

    home: UUID
    village: UUID | None = None
    has_point: bool = False
    at_point: tuple[UUID, UUID] | None = None
    of_group: tuple[UUID, ...] = ()
    suggested: Suggested | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """Where it goes, and how that is kept; `group`: the group's number that it gets, if any."""

    cell_id: UUID
    placed_by: PlacedBy
    group: int | None = None


def settle(asked: Asked, known: Known) -> Placed | str:
    """Where the household goes, or the slug of why it cannot be placed so.

    An address that names a group places by group; one that is like its neighbours', confirmed by a
    person, is that person's hand.
    """
    if asked.by is By.POINT:
        return _by_point(known)
    if asked.by is By.GROUP:
        return _by_group(asked, known)
    if asked.cell_id is None:
        return "cell_missing"
    if known.village != known.home:
        return "not_in_village"
    if asked.by is By.HAND:
        return Placed(asked.cell_id, PlacedBy.HAND)
    if known.suggested is None:
        return "nothing_suggested"
    if known.suggested.cell_id != asked.cell_id:
        return "suggestion_changed"
    if known.suggested.group is None:
        return Placed(asked.cell_id, PlacedBy.HAND)
    return Placed(asked.cell_id, PlacedBy.GROUP, known.suggested.group)


def _by_point(known: Known) -> Placed | str:
    if not known.has_point:
        return Unplaced.NO_PLACE
    if known.at_point is None:
        return Unplaced.OUTSIDE_COUNTY
    cell_id, village_id = known.at_point
    return Placed(cell_id, PlacedBy.POINT) if village_id == known.home else Unplaced.OTHER_VILLAGE


def _by_group(asked: Asked, known: Known) -> Placed | str:
    if asked.group is None:
        return "group_missing"
    if len(known.of_group) != 1:
        return Unplaced.GROUP_AMBIGUOUS if known.of_group else Unplaced.GROUP_UNKNOWN
    return Placed(known.of_group[0], PlacedBy.GROUP, asked.group)
