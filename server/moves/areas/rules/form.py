"""The words of changes of areas: what is done, places as they are and as they will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from shapely.geometry.base import BaseGeometry


class Do(StrEnum):
    """What is done to areas."""

    RENAME = "rename"  # 更名、换码: with all that lies beneath
    MERGE = "merge"  # 合并: villages into a village, townships into a township
    SPLIT = "split"  # 分设: cells of a village become a new one
    TRANSFER = "transfer"  # 划转: a village goes to another township

    @property
    def members(self) -> tuple[set[str], set[str]]:
        """The members of a plan: those that it needs, and those that it may have."""
        return MEMBERS[self]


MEMBERS = {
    Do.RENAME: ({"area"}, {"code", "name"}),
    Do.MERGE: ({"sources", "target"}, {"name", "codes"}),
    Do.SPLIT: ({"village", "cells", "code", "name"}, set()),
    Do.TRANSFER: ({"village", "to"}, {"code", "name"}),
}


@dataclass(frozen=True, slots=True)
class AreaNow:
    """An Area as it is."""

    id: UUID
    level: str
    code: str
    name: str
    parent_id: UUID | None
    label_id: UUID
    boundary_id: UUID | None = None
    polygon: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class CellNow:
    """A cell as it is."""

    id: UUID
    village_id: UUID
    code: str
    name: str
    groups: frozenset[int]
    label_id: UUID
    boundary_id: UUID | None = None
    polygon: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class AreaThen:
    """An Area as it will be; `now` None: a new one."""

    id: UUID
    level: str
    code: str
    name: str
    parent_id: UUID | None
    now: AreaNow | None


@dataclass(frozen=True, slots=True)
class CellThen:
    """A cell as it will be."""

    now: CellNow
    code: str
    village_id: UUID


@dataclass(frozen=True, slots=True)
class Leaving:
    """Unplaced households of these groups go from one village to another."""

    village_id: UUID
    to_id: UUID
    groups: frozenset[int]


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan does. `ended`: Area → what it became part of. `follows`: (from, to, kind).

    `drawn`: Area → its boundary from then on. `warnings`: (slug, text).
    """

    areas: Sequence[AreaThen] = ()
    cells: Sequence[CellThen] = ()
    ended: Mapping[UUID, UUID] = field(default_factory=dict)
    follows: Sequence[tuple[UUID, UUID, str]] = ()
    drawn: Mapping[UUID, BaseGeometry] = field(default_factory=dict)
    leaving: Leaving | None = None
    warnings: Sequence[tuple[str, str]] = ()
