"""Rename, merge, split and transfer areas: what it would do, and doing it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from server.moves.areas.planning import plan_change
from server.moves.areas.queries import writing
from server.moves.areas.reports import Scene, answer_of, counts_of, look_around, seen
from server.moves.form import Moving, Survey


def survey_areas(moving: Moving, plan: Mapping[str, Any]) -> Survey:
    """What the plan (AreasIn) would do.

    Raises AreaNotFound, CellNotFound, SeveralSuccessors, NotInCharge, BadPlan.
    """
    planned = plan_change(moving.session, plan, moving.by.now)
    moving.answer_for(planned.villages)
    scene = look_around(moving, planned)
    answer = answer_of(moving, scene)
    return Survey(
        answer=answer,
        counts=counts_of(answer),
        seen=seen(scene),
        area_ids=[area.id for area in planned.areas],
        carry_out=partial(_carry_out, moving, scene),
    )


def _carry_out(moving: Moving, scene: Scene) -> None:
    """Areas and cells under their new codes; households, cases, Offices and people follow; what has
    become part of another ends last, when nothing hangs on it.
    """
    session, at, planned = moving.session, moving.by.now, scene.planned
    change = planned.change
    writing.write_areas(session, change.areas)
    writing.write_cells(session, change.cells)
    writing.write_successors(session, change.follows, at)
    became = {one.village_id for one in change.cells} | set(change.ended.values())
    villages = set(planned.villages)
    if became - villages or change.ended:  # else everybody stays in the same village
        writing.move_homes(session, villages, change.ended, change.leaving, became | villages, at)
        cases = {case.dispute_id for case in scene.cases}
        between = [case.dispute_id for case in scene.between]
        writing.move_cases(session, cases, between, villages, change.ended)
    writing.rehang(session, change.ended, scene.leading, at)
    writing.draw(session, change.drawn, at)
    writing.end_areas(session, list(change.ended), at)
