"""What a preview of a change of areas tells, and what history keeps of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from server.moves.areas.planning import Planned
from server.moves.areas.queries import world
from server.moves.form import Moving
from server.moves.phones import Change as PhoneChange
from server.moves.phones import weigh
from server.moves.rules import Serves, shift, shown

Said = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scene:
    """What lives and is held in the villages of a planned change."""

    planned: Planned
    homes: Sequence[Row[Any]]  # (village_id, cell_id, group_no, households)
    cases: Sequence[Row[Any]]
    offices: Sequence[Row[Any]]
    serving: Sequence[Row[Any]]
    leading: Collection[UUID]  # Offices of ended areas that go on receiving what comes
    became: Mapping[UUID, UUID]  # cell → its village then
    between: Sequence[Row[Any]]  # cases of the whole village, with parties who leave it

    def village_after(self, village: UUID, cell: UUID | None, group: int | None) -> UUID:
        """Where somebody lives then who lives here now."""
        change = self.planned.change
        if cell is not None:
            return self.became.get(cell, change.ended.get(village, village))
        leaving = change.leaving
        if leaving and leaving.village_id == village and group in leaving.groups:
            return leaving.to_id
        return change.ended.get(village, village)


def look_around(moving: Moving, planned: Planned) -> Scene:
    """Read what the change concerns."""
    session, at = moving.session, moving.by.now
    buckets = [f"v:{village}" for village in planned.villages]
    buckets += [f"c:{cell.id}" for cell in planned.cells]
    ended = planned.change.ended
    areas = {*ended, *ended.values(), *planned.villages}
    offices = world.list_offices(session, areas, at)
    return Scene(
        planned=planned,
        homes=world.count_homes(session, buckets),
        cases=world.list_cases(session, planned.villages),
        offices=offices,
        serving=world.list_serving(session, areas, [cell.id for cell in planned.cells], at),
        leading=_leading(ended, offices),
        became={cell.now.id: cell.village_id for cell in planned.change.cells},
        between=_between(moving, planned),
    )


def _between(moving: Moving, planned: Planned) -> Sequence[Row[Any]]:
    leaving = planned.change.leaving
    if leaving is None:
        return []
    cells = [cell.now.id for cell in planned.change.cells]
    return world.list_between(moving.session, leaving.village_id, cells, leaving.groups)


def _leading(ended: Mapping[UUID, UUID], offices: Sequence[Row[Any]]) -> set[UUID]:
    """Where an Area has no lead Office of its own, the first of those that come leads on."""
    led = {office.area_id for office in offices if office.lead and office.area_id not in ended}
    leading: set[UUID] = set()
    for office in offices:
        became = ended.get(office.area_id)
        if became is not None and office.lead and became not in led:
            led.add(became)
            leading.add(office.id)
    return leading


def seen(scene: Scene) -> dict[str, Any]:
    """All that the preview hangs on. A label's id never comes back once its code has changed."""
    planned = scene.planned
    return {
        "areas": [[a.id, a.label_id, a.boundary_id] for a in planned.areas],
        "cells": [[c.id, c.label_id, c.boundary_id] for c in planned.cells],
        "used": list(planned.used),
        "homes": [list(row) for row in scene.homes],
        "cases": [list(row) for row in scene.cases],
        "between": [row.dispute_id for row in scene.between],
        "offices": [list(row) for row in scene.offices],
        "serving": [list(row) for row in scene.serving],
    }


def answer_of(moving: Moving, scene: Scene) -> dict[str, Any]:
    """The members of the preview, ready for JSON; lists are bounded, counts are whole."""
    phones, strained = weigh(moving, _phones(moving, scene))
    change, codes = scene.planned.change, list(_codes(scene.planned))
    names = {area.id: area for area in scene.planned.areas}
    return {
        "do": scene.planned.do.value,
        "codes": {"count": len(codes), "list": shown(codes)},
        "ended": [
            {"code": names[a].code, "name": names[a].name, "into": names[b].code}
            for a, b in change.ended.items()
        ],
        "new": [{"code": a.code, "name": a.name} for a in change.areas if a.now is None],
        "households": _households(scene),
        "disputes": _disputes(scene),
        "holdings": {"stay": len({case.holding_id for case in scene.cases if case.holding_id})},
        "offices": list(_offices(scene)),
        "assignments": {"follow": sum(one.area_id in change.ended for one in scene.serving)},
        "phones": shown(phones),
        "phones_concerned": len(phones),
        "warnings": [*_warnings(scene), *strained],
    }


def counts_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What history keeps: codes and numbers, nobody's id."""
    return {
        "do": answer["do"],
        "codes": answer["codes"]["count"],
        "ended": [f"{one['code']} → {one['into']}" for one in answer["ended"]],
        "new": [one["code"] for one in answer["new"]],
        "households": answer["households"],
        "disputes": answer["disputes"],
        "offices": len(answer["offices"]),
    }


def _codes(planned: Planned) -> Iterator[dict[str, Any]]:
    for area in planned.change.areas:
        if area.now and (area.now.code, area.now.name) != (area.code, area.name):
            yield _relabelled(area.level, area.now.code, area.code, area.now.name, area.name)
    for cell in planned.change.cells:
        yield _relabelled("cell", cell.now.code, cell.code, cell.now.name, cell.now.name)


def _relabelled(level: str, old: str, new: str, was: str, name: str) -> dict[str, str]:
    renamed = {"was": was} if was != name else {}
    return {"level": level, "old": old, "new": new, "name": name, **renamed}


def _households(scene: Scene) -> dict[str, int]:
    moved = {True: 0, False: 0}  # whether they are placed
    for home in scene.homes:
        after = scene.village_after(home.village_id, home.cell_id, home.group_no)
        if after != home.village_id:
            moved[home.cell_id is not None] += home.households
    return {
        "concerned": sum(home.households for home in scene.homes),
        "change_village": sum(moved.values()),
        "unplaced": moved[False],
    }


def _disputes(scene: Scene) -> dict[str, int]:
    moved = {
        case.dispute_id: case.holding_id
        for case in scene.cases
        if scene.village_after(case.village_id, case.cell_id, None) != case.village_id
    }
    return {
        "concerned": len({case.dispute_id for case in scene.cases}),
        "change_village": len(moved),
        "open": sum(holding is not None for holding in moved.values()),
    }


def _offices(scene: Scene) -> Iterator[dict[str, Any]]:
    areas = {area.id: area for area in scene.planned.areas}
    for office in scene.offices:
        became = scene.planned.change.ended.get(office.area_id)
        if became is not None:
            yield {
                "name": office.name,
                "from": areas[office.area_id].code,
                "to": areas[became].code,
                "leads": office.id in scene.leading,
                "people": office.people,
                "open_cases": sum(case.office_id == office.id for case in scene.cases),
            }


def _phones(moving: Moving, scene: Scene) -> PhoneChange:
    """Whoever serves a cell serves it on, in the village that it is in then; who serves a village
    that ends serves what it became.
    """
    change = scene.planned.change
    cells_after: dict[UUID, set[UUID]] = {village: set() for village in scene.planned.villages}
    became = scene.became
    for cell in scene.planned.cells:
        cells_after.setdefault(became.get(cell.id, cell.village_id), set()).add(cell.id)
    begins, ends = [], []
    for one in scene.serving:
        if one.role == "grid_worker" and one.cell_id in became:
            ends.append((one.user_id, one.cell_id))
            begins.append(Serves(one.user_id, became[one.cell_id], one.cell_id))
        elif one.role == "mediator" and one.area_id in change.ended:
            ends.append((one.user_id, None))
            begins.append(Serves(one.user_id, change.ended[one.area_id], None))
    return PhoneChange(
        cells=[cell.id for cell in scene.planned.cells],
        villages=scene.planned.villages,
        moved=shift(_shifts(moving, scene)),
        begins=begins,
        ends=ends,
        cells_after=cells_after,
    )


def _shifts(moving: Moving, scene: Scene) -> Iterator[tuple[str, str, int]]:
    """(old bucket, new bucket, rows): unplaced households, disputes known in a village."""
    buckets = [f"v:{village}" for village in scene.planned.villages]
    visits = world.count_visits(moving.session, buckets)
    for home in scene.homes:
        after = scene.village_after(home.village_id, home.cell_id, home.group_no)
        if home.cell_id is None:
            yield f"v:{home.village_id}", f"v:{after}", home.households
    for case in scene.cases:
        after = scene.village_after(case.village_id, case.cell_id, None)
        if case.cell_id is None:
            yield f"v:{case.village_id}", f"v:{after}", 1 + case.events
    for ended, became in scene.planned.change.ended.items():
        yield f"v:{ended}", f"v:{became}", visits.get(f"v:{ended}", 0)
    if leaving := scene.planned.change.leaving:
        yield "", f"v:{leaving.to_id}", sum(1 + case.events for case in scene.between)


def _warnings(scene: Scene) -> Iterator[Said]:
    change = scene.planned.change
    for slug, text in change.warnings:
        yield {"slug": slug, "text": text}
    if scene.leading:
        text = "由并入的承办单位牵头。 One of the Offices that come leads, for want of another."
        yield {"slug": "lead-office", "text": text}
    if count := len(scene.between):
        text = (
            f"{count} 件纠纷的当事人分属两村，两村都知悉。 "
            f"{count} cases of the whole village have parties who leave: both villages know them."
        )
        yield {"slug": "cases-in-both", "text": text}
    stay = sum(
        case.holding_id is not None
        and case.area_id not in scene.planned.villages
        and case.area_id not in change.ended
        for case in scene.cases
    )
    if stay and change.follows and scene.planned.do.value != "rename":
        text = (
            f"{stay} 件跨村在办纠纷仍由原承办单位办理。 "
            f"{stay} open cases across villages stay with the Office that holds them."
        )
        yield {"slug": "cases-stay", "text": text}
