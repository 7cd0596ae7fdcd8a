"""All that a redraw would do: households, disputes, workers, each as it was and as it will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from geo.partition import Finding
from server.moves.redraw.rules import Redrawn, VillageNow


@dataclass(frozen=True, slots=True)
class Home:
    """One household concerned: the code of its cell (None: unplaced), how it got it, why none."""

    id: UUID
    before: str | None
    after: str | None
    by_before: str | None
    by_after: str | None
    why_before: str | None
    why: str | None

    @property
    def differs(self) -> bool:
        """Whether anything of it is to be written."""
        return (self.before, self.by_before, self.why_before) != (
            self.after,
            self.by_after,
            self.why,
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One dispute that was known in a cell concerned; ids of cells, None: in the village."""

    id: UUID
    before: UUID
    after: UUID | None
    open: bool
    events: int


@dataclass(frozen=True, slots=True)
class Served:
    """Somebody serves a cell: `id` of the assignment, None for one that shall begin."""

    id: UUID | None
    user_id: UUID
    login: str
    cell_id: UUID
    leads: bool
    start: datetime
    until: datetime | None

    def beside(self, other: Served) -> bool:
        """Whether both are about one cell and share a moment."""
        return (
            self.cell_id == other.cell_id
            and (other.until is None or self.start < other.until)
            and (self.until is None or other.start < self.until)
        )


@dataclass(frozen=True, slots=True)
class Staff:
    """Assignments that end and begin with the redraw (those of a later day too), and how many
    serve each cell at once."""

    rows: Sequence[Served]
    ends: Sequence[Served]
    begins: Sequence[Served]
    serving: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a village. `ids`: of every cell, past, present and new, by code."""

    village: VillageNow
    then: Redrawn
    ids: Mapping[str, UUID]
    findings: Sequence[Finding]
    homes: Sequence[Home]
    cases: Sequence[Case]
    staff: Staff
    seen: Mapping[str, Any]
