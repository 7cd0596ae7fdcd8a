"""Where the disputes of the cells concerned are known afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.moves.redraw import queries
from server.moves.redraw.outcome import Case, Home
from server.moves.redraw.rules import dispute_cell


def foresee_cases(
    session: Session,
    homes: Sequence[Home],
    ids: Mapping[str, UUID],
    heirs: Mapping[UUID, UUID],
    concerned: Collection[UUID],
) -> tuple[list[Case], Any]:
    """Open and closed alike: one that stayed with a cell that ended, nobody would see again.

    `heirs`: cell that was → the cell that it is, or that all of it went into. Beside them what was
    read, for the token.
    """
    rows = queries.list_disputes(session, concerned)
    lived_in = {home.id: ids[home.before] for home in homes if home.before}
    before = {home: cell for home, cell in lived_in.items() if cell in concerned}
    after = {home.id: ids[home.after] if home.after else None for home in homes}
    cases = [
        Case(
            id=row.dispute_id,
            before=row.cell_id,
            after=dispute_cell(
                heirs.get(row.cell_id),
                {home: before[home] for home in row.households if home in before},
                after,
            ),
            open=row.open,
            events=row.events,
        )
        for row in rows
    ]
    return cases, [[row.dispute_id, row.cell_id, row.open, row.households] for row in rows]


def write_cases(session: Session, cases: Sequence[Case]) -> None:
    """Disputes follow; their Holdings and Offices stay."""
    moved = [(case.id, case.before, case.after) for case in cases if case.before != case.after]
    if moved:
        queries.move_disputes(session, moved)
