"""What a map is asked: all cells with their measures, and one cell with who serves it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from server.db import Identity
from server.maps.measures import queries
from server.maps.measures.queries import CELL, VILLAGE, Asked
from server.maps.measures.rules import KEPT, Days, Question, classes_of, value_of
from server.places import queries as places
from server.places.errors import CellNotFound
from server.places.rules import end_of_day
from server.syncing.status.service import of_users

MEASURES: Final = ("households", "visited", "unseen", "open", "overdue", "unplaced")
BATCH: Final = 200  # cells counted in one transaction of the worker


def measure(
    by: Identity, held: Collection[str] | None, under: str, days: Days, as_of: date | None
) -> dict[str, Any]:
    """Cells within `held` (buckets; None: the county) whose code begins with `under`, in the shape
    of MapOut, and `mark`. As of a past day: as they were drawn and called; without measures, which
    are of the present.
    """
    asked = Asked(held, under, *days.period.span, days.unseen_since)
    if as_of is not None:
        found = queries.recall(by, asked, end_of_day(as_of))
    else:
        found = queries.measure(by, asked)
    cells = [dict(zip(CELL, row, strict=True)) for row in found.cells]
    return {
        "as_of": as_of,
        "first": days.period.first,
        "last": days.period.last,
        "unseen_since": days.unseen_since,
        "columns": CELL,
        "cells": found.cells,
        "village_columns": VILLAGE,
        "villages": found.villages,
        "classes": _classes(cells) if as_of is None else {},
        "mark": found.mark,
        "synthetic": found.synthetic,
        "bounds": found.bounds,
    }


def tally(session: Session, by: Identity) -> int:
    """Count so many of the cells in which something has changed anew; how many. What is left waits
    for the next time, and is counted by whoever asks until then.
    """
    return queries.tally(session, by.now - KEPT, BATCH)


def look_at_cell(
    session: Session, by: Identity, held: Collection[str] | None, code: str
) -> dict[str, Any]:
    """Who serves a cell, the lead first, with their phones: for who is in charge of them.

    Raises CellNotFound, also where it is beyond them.
    """
    cell = places.get_cell(session, code)
    if held is not None and f"c:{cell.id}" not in held:
        raise CellNotFound
    workers = queries.list_workers(session, cell.id, by.now)
    numbers = of_users(session, by, [one.id for one in workers])
    return {
        "id": cell.id,
        "code": cell.code,
        "name": cell.name,
        "groups": cell.groups,
        "synthetic": cell.synthetic,
        "workers": [{**one._mapping, **numbers[one.id]} for one in workers],
    }


def recall_cell(
    session: Session, held: Collection[str] | None, code: str, as_of: date
) -> dict[str, Any]:
    """A cell as it was when a past day ended: how it was called, in which village, and who served
    it, the lead first. `now`: its code today, if it has not ended. Its numbers were not kept.

    Raises CellNotFound, also where it is beyond them or was not there on that day.
    """
    at = end_of_day(as_of)
    then = places.get_cell_as_of(session, code, at)
    if held is not None and f"c:{then.cell_id}" not in held:
        raise CellNotFound
    cell = places.get_cell_by_id(session, then.cell_id)
    village = session.scalar(places.areas_as_of(then.code[:12], "village", at))
    return {
        **{name: getattr(then, name) for name in ("code", "name", "groups")},
        "village": {"name": village.name if village else ""},
        "synthetic": cell.synthetic,
        "now": None if cell.ended_at else cell.code,
        "workers": queries.list_workers_then(session, cell.id, at),
    }


def _classes(cells: Collection[Mapping[str, Any]]) -> dict[str, Any]:
    """Where the classes of each question begin."""
    return {
        question.value: classes_of(question, [value_of(question, one) or 0 for one in cells])
        for question in Question
    }
