"""Which households a redraw concerns, and where each is afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from sqlalchemy import Row
from sqlalchemy.orm import Session

from geo.redraw import Homes, Why, redraw
from server.db import Identity
from server.households import queries as households
from server.households.rules import PlacedBy, Unplaced
from server.moves.redraw import queries
from server.moves.redraw.outcome import Home
from server.moves.redraw.rules import Redrawn, VillageNow, drawing
from server.places import queries as places


def foresee_homes(
    session: Session, village: VillageNow, then: Redrawn, concerned: Collection[UUID]
) -> tuple[list[Home], Any]:
    """The households of the cells concerned, the village's unplaced, and those on an edge that was
    redrawn; beside them what was read, for the token."""
    beside = {cell.id for cell in village.cells.values()} - set(concerned)
    drawn = [cell for cell in then.cells.values() if cell.polygon is not None]
    reached = shapely.union_all([cell.polygon for cell in drawn if cell.redrawn])
    rows = queries.list_homes(session, village.id, concerned, beside, reached)
    shape = shapely.union_all([cell.polygon for cell in drawn])
    around, edges = queries.list_around(session, village.id, shape)
    codes = {cell.id: code for code, cell in village.cells.items()}
    placed = redraw(drawing(village.cells), drawing(then.cells), around, _columns(rows, codes))
    whys = _reasons(session, rows, placed.why)
    homes = [
        Home(
            id=row.id,
            before=codes.get(row.cell_id),
            after=cell or None,
            by_before=row.placed_by,
            by_after=way,
            why_before=row.unplaced,
            why=why,
        )
        for row, cell, way, why in zip(rows, placed.cell, placed.way, whys, strict=True)
    ]
    return homes, [[[str(value) for value in row] for row in rows], edges]


def write_homes(
    session: Session, by: Identity, homes: Sequence[Home], ids: Mapping[str, UUID]
) -> None:
    """Write down whose place or reason changed, and their history. The raw readings stay."""
    changed = [home for home in homes if home.differs]
    if not changed:
        return
    queries.place_homes(
        session,
        [
            (home.id, ids[home.after] if home.after else None, home.by_after, home.why)
            for home in changed
        ],
    )
    households.move_placings(session, [home.id for home in changed], by.now)


def _columns(rows: Sequence[Row[Any]], codes: Mapping[UUID, str]) -> Homes:
    by_hand = [codes[row.cell_id] if row.placed_by == PlacedBy.HAND else "" for row in rows]
    return Homes(
        lon=np.array([row.lon for row in rows], dtype=np.float64),
        lat=np.array([row.lat for row in rows], dtype=np.float64),
        group=np.array([row.group_no or 0 for row in rows], dtype=np.int64),
        hand=np.array(by_hand, dtype=np.str_),
    )


def _reasons(
    session: Session, rows: Sequence[Row[Any]], whys: Sequence[Why | None]
) -> list[Unplaced | None]:
    """Why each is unplaced. A point in no cell hereabouts may lie in a village farther off."""
    lost = [k for k, why in enumerate(whys) if why is Why.OUTSIDE]
    elsewhere = places.locate(session, [(rows[k].lon, rows[k].lat) for k in lost])
    far = {lost[i] for i in elsewhere}
    return [
        Unplaced.OTHER_VILLAGE if k in far else REASONS[why] if why else None
        for k, why in enumerate(whys)
    ]


REASONS = {
    Why.NO_PLACE: Unplaced.NO_PLACE,
    Why.OUTSIDE: Unplaced.OUTSIDE_COUNTY,
    Why.OTHER_VILLAGE: Unplaced.OTHER_VILLAGE,
    Why.GROUP_UNKNOWN: Unplaced.GROUP_UNKNOWN,
    Why.GROUP_AMBIGUOUS: Unplaced.GROUP_AMBIGUOUS,
}
