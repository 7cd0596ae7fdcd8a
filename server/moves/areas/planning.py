"""From a plan to the change that it means, against areas and cells as they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.ids import new_id
from server.moves.areas.queries import world
from server.moves.areas.rules import changes
from server.moves.areas.rules.form import AreaNow, CellNow, Change, Do
from server.moves.errors import BadPlan
from server.places import queries as places


@dataclass(frozen=True, slots=True)
class Planned:
    """A change, and what it was worked out from. `villages`: in which something changes."""

    do: Do
    change: Change
    areas: Sequence[AreaNow]
    cells: Sequence[CellNow]
    villages: Collection[UUID]
    used: Sequence[str] = ()


def plan_change(session: Session, plan: Mapping[str, Any], now: datetime) -> Planned:
    """What a plan (AreasIn) means. Old codes in it resolve.

    Raises AreaNotFound, SeveralSuccessors, BadPlan.
    """
    planned = _PLANS[plan["do"]](session, plan, now)
    said = _check_free(session, planned.change)
    return replace(planned, change=replace(planned.change, warnings=said))


def _rename(session: Session, plan: Mapping[str, Any], now: datetime) -> Planned:
    area = _area(session, plan["area"])
    below = world.list_below(session, [area.id]) if area.level == "township" else []
    villages = [one.id for one in below] if area.level == "township" else [area.id]
    cells = _flat(world.map_cells(session, villages))
    change = changes.rename(area, below, cells, plan.get("name"), plan.get("code"))
    return Planned(Do.RENAME, change, [area, *below], cells, villages)


def _transfer(session: Session, plan: Mapping[str, Any], now: datetime) -> Planned:
    village, township = _area(session, plan["village"]), _area(session, plan["to"])
    if village.parent_id is None:
        raise BadPlan(errors={"village": "没有上级。 It has no Area above."})
    origin = world.map_areas(session, [village.parent_id])[village.parent_id]
    cells = _flat(world.map_cells(session, [village.id]))
    used = _used(session, township.code)
    change = changes.transfer(
        village, origin, township, cells, used, plan.get("code"), plan.get("name")
    )
    return Planned(Do.TRANSFER, change, [village, origin, township], cells, [village.id], used)


def _merge(session: Session, plan: Mapping[str, Any], now: datetime) -> Planned:
    target = _area(session, plan["target"])
    sources = [_area(session, code) for code in plan["sources"]]
    if len({target.id, *(source.id for source in sources)}) <= len(sources):
        raise BadPlan(errors={"sources": "重复，或与 target 相同。 One is named twice."})
    if any(source.level != target.level for source in sources):
        raise BadPlan(errors={"sources": "须与 target 同级。 They must be of the target's level."})
    if target.level == "village":
        return _merge_villages(session, plan, target, sources)
    return _merge_townships(session, plan, target, sources)


def _merge_villages(
    session: Session, plan: Mapping[str, Any], target: AreaNow, sources: Sequence[AreaNow]
) -> Planned:
    if "codes" in plan:
        raise BadPlan(errors={"codes": "仅用于乡镇合并。 For townships only."})
    villages = [target.id, *(source.id for source in sources)]
    cells = world.map_cells(session, villages)
    used = _used(session, target.code)
    sequences = {int(code[12:]) for code in used if len(code) == 15}
    change = changes.merge_villages(target, sources, cells, sequences, plan.get("name"))
    return Planned(Do.MERGE, change, [target, *sources], _flat(cells), villages, used)


def _merge_townships(
    session: Session, plan: Mapping[str, Any], target: AreaNow, sources: Sequence[AreaNow]
) -> Planned:
    coming = world.list_below(session, [source.id for source in sources])
    cells = world.map_cells(session, [village.id for village in coming])
    used = _used(session, target.code)
    given = plan.get("codes", {})
    change = changes.merge_townships(target, sources, coming, cells, used, given, plan.get("name"))
    areas = [target, *sources, *coming]
    return Planned(Do.MERGE, change, areas, _flat(cells), list(cells), used)


def _split(session: Session, plan: Mapping[str, Any], now: datetime) -> Planned:
    village = _area(session, plan["village"])
    cells = _flat(world.map_cells(session, [village.id]))
    leaving = {places.get_cell(session, code).code for code in plan["cells"]}
    change = changes.split(village, cells, leaving, new_id(now), plan["code"], plan["name"])
    return Planned(Do.SPLIT, change, [village], cells, [village.id])


_PLANS = {
    Do.RENAME: _rename,
    Do.MERGE: _merge,
    Do.SPLIT: _split,
    Do.TRANSFER: _transfer,
}


def _area(session: Session, code: str) -> AreaNow:
    area = places.get_area(session, code)
    return world.map_areas(session, [area.id])[area.id]


def _used(session: Session, prefix: str) -> list[str]:
    return sorted({code for code, _ in world.list_used(session, prefix)})


def _flat(cells: Mapping[UUID, Sequence[CellNow]]) -> list[CellNow]:
    return [cell for of_one in cells.values() for cell in of_one]


def _check_free(session: Session, change: Change) -> Sequence[tuple[str, str]]:
    """The change's warnings, and of codes that were another place's once.

    Raises BadPlan where one is another's now.
    """
    areas = {one.id: one.code for one in change.areas if not one.now or one.now.code != one.code}
    cells = {one.now.id: one.code for one in change.cells if one.now.code != one.code}
    wanted = set((areas | cells).values())
    changed = {one.id for one in change.areas} | {one.now.id for one in change.cells}
    clashes = world.list_clashes(session, wanted, changed) if wanted else []
    taken = [code for code, present in clashes if present]
    if taken:
        raise BadPlan(errors={"code": f"{taken[0]} 等 {len(taken)} 个代码已被占用 are taken"})
    if not clashes:
        return change.warnings
    text = (
        f"{clashes[0][0]} 等 {len(clashes)} 个代码曾属他处，今后指新的一处。 "
        "These codes were another place's once; from then on they mean this one."
    )
    return [*change.warnings, ("code-was-used", text)]
