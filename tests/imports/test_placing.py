"""One rule of placing, three ways to it: a batch in memory, PostGIS, and `geo.CellIndex` alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from uuid import UUID

import numpy as np
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.cells import NO_CELL, CellIndex
from server.db import transaction
from server.households.imports import queries
from server.households.imports.placing import Known
from server.households.rules import Clues, Placement, place
from server.places import queries as places
from tests.smallcounty import CELLS, SOUTH, VILLAGES, WEST, SmallCounty, id_of

Home = tuple[str, int | None, tuple[float, float] | None]

# Corners and edges on purpose: on them several cells cover a point, or the county ends.
_lon = st.sampled_from([w + d for w in WEST.values() for d in (0.0, 0.05, 0.1)])
_lat = st.sampled_from([SOUTH, SOUTH + 0.1])
point = st.tuples(_lon | st.floats(106.95, 107.35, allow_nan=False), _lat | st.floats(31.85, 32.05))
home = st.tuples(
    st.sampled_from(sorted(VILLAGES)),
    st.none() | st.integers(1, 6),
    st.none() | point,
)


@given(homes=st.lists(home, min_size=1, max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_batch_is_placed_as_each_household_alone_would_be(
    county: SmallCounty, homes: list[Home]
) -> None:
    with transaction(county.worker) as session:
        session.execute(
            text("UPDATE grid_cell SET groups = '{2,3,4}' WHERE id = :id"), {"id": id_of("A1e")}
        )  # group 2 of A1 is named twice now
        batch = [_plain(placed) for placed in queries.list_cells(session).place(_known(homes))]
        alone = [_plain(place(clues)) for clues in _clues_by_service(session, homes)]
        by_index = [_plain(place(clues)) for clues in _clues_by_index(homes)]
        session.rollback()
    assert batch == alone == by_index


def _plain(placement: Placement) -> tuple[UUID | None, str | None, str | None]:
    return placement.cell_id, placement.placed_by, placement.unplaced


def _known(homes: Sequence[Home]) -> Known:
    nowhere = (math.nan, math.nan)
    points = np.array([at or nowhere for _, _, at in homes])
    return Known(
        villages=[id_of(village) for village, _, _ in homes],
        groups=[group_no for _, group_no, _ in homes],
        has_point=[at is not None for _, _, at in homes],
        lons=points[:, 0],
        lats=points[:, 1],
    )


def _clues_by_service(session: Session, homes: Sequence[Home]) -> list[Clues]:
    """As a desk registers one household."""
    found = []
    for village, group_no, at in homes:
        located = places.locate(session, [at] if at else [])
        groups = [] if at or group_no is None else [(id_of(village), group_no)]
        named = places.cells_of_groups(session, groups)
        found.append(
            Clues(
                village_id=id_of(village),
                has_point=at is not None,
                at_point=located.get(0),
                has_group=group_no is not None,
                cells_of_group=named[0].cells if named else 0,
                cell_of_group=named[0].cell_id if named else None,
            )
        )
    return found


def _clues_by_index(homes: Sequence[Home]) -> list[Clues]:
    """Without a database: the cells of the small county, and who names which group."""
    names = list(CELLS)
    halves = {"w": (0.0, 0.05), "e": (0.05, 0.1)}
    boxes = [
        shapely.box(
            WEST[n[:2]] + halves[n[2]][0], SOUTH, WEST[n[:2]] + halves[n[2]][1], SOUTH + 0.1
        )
        for n in names
    ]
    index = CellIndex([CELLS[n] for n in names], boxes)
    found = []
    for village, group_no, at in homes:
        cell = int(index.locate([at[0]], [at[1]])[0]) if at else NO_CELL
        name = names[cell]
        groups = {"w": {1, 2}, "e": {2, 3, 4} if village == "A1" else {3, 4}}
        naming = [id_of(village + side) for side, named in groups.items() if group_no in named]
        found.append(
            Clues(
                village_id=id_of(village),
                has_point=at is not None,
                at_point=None if cell == NO_CELL else (id_of(name), id_of(name[:2])),
                has_group=group_no is not None,
                cells_of_group=len(naming),
                cell_of_group=naming[0] if naming else None,
            )
        )
    return found
