"""Redraw cells of one village: what it would do, and doing it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import shapely
from sqlalchemy.orm import Session

from geo.partition import Finding, Findings, Kind, check
from geo.redraw import successors
from server.db import Identity
from server.ids import new_id
from server.moves.errors import CellsDoNotTile
from server.moves.form import Moving, Survey
from server.moves.queries import map_old_cells
from server.moves.redraw import queries
from server.moves.redraw.cases import foresee_cases, write_cases
from server.moves.redraw.homes import foresee_homes, write_homes
from server.moves.redraw.outcome import Outcome
from server.moves.redraw.reports import answer_of, counts_of
from server.moves.redraw.rules import (
    Redrawn,
    VillageNow,
    as_it_is,
    check_changes,
    concerned,
    drawing,
    in_present_codes,
    named_cells,
    redrawn,
)
from server.moves.redraw.staff import foresee_staff, write_staff
from server.places import queries as places
from server.places.locks import move_places

TOLERANCE_M2 = 1.0  # overlap or gap that is let pass: drawing by hand is not exact to the metre


def survey_redraw(moving: Moving, plan: Mapping[str, Any]) -> Survey:
    """What the redraw (RedrawIn) would do.

    Raises AreaNotFound, NotInCharge, BadPlan, and CellsDoNotTile with the edges to mend.
    """
    area = places.get_area(moving.session, plan["village"])
    moving.answer_for([area.id])
    village = queries.find_village(moving.session, area)
    then = redrawn(_in_present_codes(moving.session, plan), village)
    check_changes(then)
    findings = _check_tiling(village, then)
    touched = concerned(village, then)
    outcome = _foresee(moving.session, moving.by, village, then, touched, findings)
    answer = answer_of(moving, outcome)
    return Survey(
        answer=answer,
        counts=counts_of(answer),
        seen=outcome.seen,
        area_ids=[area.id],
        carry_out=partial(_carry_out, moving.session, moving.by, outcome),
    )


def check_cells(session: Session, plan: Mapping[str, Any]) -> Findings:
    """What keeps these cells from tiling their village: nothing if they do. Raises as above."""
    return _findings(*village_then(session, plan))


def village_then(session: Session, plan: Mapping[str, Any]) -> tuple[VillageNow, Redrawn]:
    """The village as it is, and as the plan would have it. Raises AreaNotFound, BadPlan."""
    village = queries.find_village(session, places.get_area(session, plan["village"]))
    return village, redrawn(_in_present_codes(session, plan), village)


def replace_households(session: Session, by: Identity) -> int:
    """Place anew the households of every village whose cells this transaction redrew or regrouped,
    as a redraw would; how many moved. For what loads cells: call it last, in the same transaction.
    """
    move_places(session)
    moved = 0
    for area in queries.list_redrawn(session, by.now):
        village = queries.find_village(session, area)
        cells = {cell.id for cell in village.cells.values()}
        outcome = _foresee(session, by, village, as_it_is(village), cells, ())
        write_homes(session, by, outcome.homes, outcome.ids)
        write_cases(session, outcome.cases)
        moved += sum(home.differs for home in outcome.homes)
    return moved


def _foresee(
    session: Session,
    by: Identity,
    village: VillageNow,
    then: Redrawn,
    touched: Collection[UUID],
    findings: Sequence[Finding],
) -> Outcome:
    """What becomes of everything in the village. Writes nothing."""
    ids = {code: cell.id for code, cell in village.cells.items()}
    ids |= {cell.code: new_id(by.now) for cell in then.new}
    heirs = {cell.now.id: cell.now.id for cell in then.cells.values() if cell.now is not None}
    went = successors(drawing(village.cells), drawing(then.cells))
    heirs |= {ids[gone]: ids[heir] for gone, heir in went.items()}
    homes, seen_homes = foresee_homes(session, village, then, touched)
    cases, seen_cases = foresee_cases(session, homes, ids, heirs, touched)
    staff = foresee_staff(session, by, village, then, ids, heirs)
    seen = {
        "village": [village.id, village.code, village.name, village.boundary_id],
        "cells": [[c.id, c.code, c.name, c.groups, c.boundary_id] for c in village.cells.values()],
        "used": sorted(village.used),
        "homes": seen_homes,
        "cases": seen_cases,
        "staff": [[one.id, one.leads, one.start, one.until] for one in staff.rows],
    }
    return Outcome(village, then, ids, findings, homes, cases, staff, seen)


def _carry_out(session: Session, by: Identity, outcome: Outcome) -> None:
    """Cells and boundaries, households with their history, disputes, assignments."""
    then = outcome.then
    if then.ended:
        queries.end_cells(session, [cell.id for cell in then.ended], by.now)
    cells = list(then.cells.values())
    queries.write_cells(session, outcome.village.id, cells, outcome.ids, by.now)
    write_homes(session, by, outcome.homes, outcome.ids)
    write_cases(session, outcome.cases)
    write_staff(session, by, outcome.staff)


def _in_present_codes(session: Session, plan: Mapping[str, Any]) -> Mapping[str, Any]:
    return in_present_codes(plan, map_old_cells(session, named_cells(plan)))


def _check_tiling(village: VillageNow, then: Redrawn) -> Sequence[Finding]:
    """What does not meet. Raises CellsDoNotTile for more than slivers where anything is drawn anew;
    a name or a group breaks nothing that was not broken."""
    found = _findings(village, then)
    drawn = then.ended or any(cell.redrawn for cell in then.cells.values())
    if drawn and any(finding.kind is not Kind.SLIVER for finding in found.found):
        raise CellsDoNotTile(found)
    return found.found


def _findings(village: VillageNow, then: Redrawn) -> Findings:
    """Against the village's own boundary; where that is unknown, against what its cells covered."""
    drawn = {code: cell.polygon for code, cell in then.cells.items() if cell.polygon is not None}
    if not drawn:  # a village of groups alone
        return Findings(())
    before = [cell.polygon for cell in village.cells.values() if cell.polygon is not None]
    if village.polygon is not None:
        return check(village.polygon, drawn, tolerance_m2=TOLERANCE_M2)
    shape = shapely.union_all(before) if before else _whole(list(drawn.values()))
    return check(shape, drawn, tolerance_m2=TOLERANCE_M2)


def _whole(polygons: Sequence[Any]) -> Any:
    """Of the first cells of a village nothing is known but that they may not overlap."""
    return shapely.union_all([one for one in polygons if one.is_valid])
