"""What a preview of a redraw tells, and what history keeps of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from geo.partition import Findings
from server.households.rules import PlacedBy, Unplaced
from server.moves.form import Moving
from server.moves.phones import Change, weigh
from server.moves.redraw import queries
from server.moves.redraw.outcome import Case, Home, Outcome
from server.moves.redraw.rules import concerned
from server.moves.rules import Serves, shift, shown

Said = Mapping[str, str]


def answer_of(moving: Moving, outcome: Outcome) -> dict[str, Any]:
    """The members of the preview, ready for JSON; lists are bounded, counts are whole."""
    phones, strained = weigh(moving, _change(moving, outcome))
    return {
        "village": {"code": outcome.village.code, "name": outcome.village.name},
        "cells": _cells(outcome),
        "households": _households(outcome.homes),
        "placed": _counted([h for h in outcome.homes if not h.before and h.after]),
        "unplaced": _counted([h for h in outcome.homes if h.before and not h.after]),
        "still_unplaced": sum(not h.before and not h.after for h in outcome.homes),
        "disputes": _disputes(outcome),
        "holdings": {"moved": sum(case.open for case in outcome.cases if _goes(case))},
        "workers": _workers(outcome),
        "phones": phones,
        "findings": Findings(tuple(outcome.findings)).as_geojson(),
        "warnings": [*_warnings(outcome), *strained],
    }


def counts_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What history keeps: codes and numbers, nobody's id."""
    return {
        "village": answer["village"]["code"],
        "cells": {how: [cell["code"] for cell in cells] for how, cells in answer["cells"].items()},
        "households": {way: found["moved"] for way, found in answer["households"].items()},
        "placed": answer["placed"]["count"],
        "unplaced": answer["unplaced"]["count"],
        "disputes": {name: answer["disputes"][name] for name in ("moved", "to_village", "open")},
        "holdings": answer["holdings"]["moved"],
    }


def _cells(outcome: Outcome) -> dict[str, list[dict[str, str]]]:
    then = outcome.then
    changed = [c for c in then.cells.values() if c.now and (c.redrawn or c.relabelled)]
    return {
        "new": [{"code": cell.code, "name": cell.name} for cell in then.new],
        "changed": [{"code": cell.code, "name": cell.name} for cell in changed],
        "ended": [{"code": cell.code, "name": cell.name} for cell in then.ended],
    }


def _households(homes: Iterable[Home]) -> dict[str, Any]:
    """Those that go from one cell to another, apart by how they had got the one they leave."""
    moved: dict[str, list[Home]] = {way.value: [] for way in PlacedBy}
    for home in homes:
        if home.before and home.after and home.before != home.after and home.by_before:
            moved[home.by_before].append(home)
    return {
        f"by_{way}": {"moved": len(found), "list": [_home(home) for home in shown(found)]}
        for way, found in moved.items()
    }


def _counted(homes: Sequence[Home]) -> dict[str, Any]:
    return {"count": len(homes), "list": [_home(home) for home in shown(homes)]}


def _home(home: Home) -> dict[str, Any]:
    return {
        "id": str(home.id),
        "from": home.before,
        "to": home.after,
        "placed_by": home.by_after,
        "unplaced": home.why,
    }


def _disputes(outcome: Outcome) -> dict[str, Any]:
    codes = {cell: code for code, cell in outcome.ids.items()}
    moved = [case for case in outcome.cases if _goes(case)]
    return {
        "moved": len(moved),
        "to_village": sum(case.after is None for case in moved),
        "open": sum(case.open for case in moved),
        "list": [
            {
                "id": str(case.id),
                "from": codes[case.before],
                "to": codes[case.after] if case.after else None,
                "open": case.open,
            }
            for case in shown(moved)
        ],
    }


def _goes(case: Case) -> bool:
    return case.before != case.after


def _workers(outcome: Outcome) -> dict[str, list[dict[str, str]]]:
    codes = {cell: code for code, cell in outcome.ids.items()}
    staff = outcome.staff
    return {
        "end": [{"user": one.login, "cell": codes[one.cell_id]} for one in staff.ends],
        "begin": [{"user": one.login, "cell": codes[one.cell_id]} for one in staff.begins],
    }


def _change(moving: Moving, outcome: Outcome) -> Change:
    then, ids, village = outcome.then, outcome.ids, outcome.village.id
    moved = shift(_shifts(moving, outcome))
    cells = concerned(outcome.village, then)
    if moved.get(f"v:{village}"):  # every phone in the village holds what is in no cell
        cells |= {cell.id for cell in outcome.village.cells.values()}
    return Change(
        cells=cells | {ids[cell.code] for cell in then.new},
        villages=[village],
        moved=moved,
        begins=[
            Serves(one.user_id, village, one.cell_id)
            for one in outcome.staff.begins
            if one.start <= moving.by.now
        ],
        ends=[(one.user_id, one.cell_id) for one in outcome.staff.ends],
        cells_after={village: {ids[code] for code in then.cells}},
    )


def _shifts(moving: Moving, outcome: Outcome) -> Iterator[tuple[str, str, int]]:
    """(old bucket, new bucket, rows): a household with its visits, a dispute with its events, and
    the row of a new cell, which comes from nowhere."""
    ids, village = outcome.ids, f"v:{outcome.village.id}"

    def bucket(cell: UUID | None) -> str:
        return f"c:{cell}" if cell else village

    moved = [home for home in outcome.homes if home.before != home.after]
    visits = queries.count_visits(moving.session, [home.id for home in moved])
    for home in moved:
        old, new = (bucket(ids[code] if code else None) for code in (home.before, home.after))
        yield old, new, 1 + visits.get(home.id, 0)
    for case in outcome.cases:
        yield bucket(case.before), bucket(case.after), 1 + case.events
    for cell in outcome.then.new:
        yield "", bucket(ids[cell.code]), 1


def _warnings(outcome: Outcome) -> Iterator[Said]:
    yield from _slivers(outcome)
    yield from _unserved(outcome)
    yield from _groups(outcome)


def _slivers(outcome: Outcome) -> Iterator[Said]:
    if outcome.findings:
        n = len(outcome.findings)
        yield _say("slivers", f"{n} 处边界未对齐。 Edges do not meet in {n} places.")


def _unserved(outcome: Outcome) -> Iterator[Said]:
    """Cells that nobody would serve, where somebody did or the cell is new."""
    served = {one.cell_id for one in outcome.staff.rows}
    for code, cell in outcome.then.cells.items():
        id_ = outcome.ids[code]
        if not outcome.staff.serving.get(id_) and (cell.now is None or id_ in served):
            yield _say("unserved", f"网格 {code} 没有网格员。 Nobody serves cell {code}.")


def _groups(outcome: Outcome) -> Iterator[Said]:
    """Groups that lose their cell, or get a second one."""
    before = Counter(g for cell in outcome.village.cells.values() for g in cell.groups)
    after = Counter(g for cell in outcome.then.cells.values() for g in cell.groups)
    for group in sorted({*before, *after}):
        if before[group] and not after[group]:
            yield _say("group-lost", f"没有网格含 {group} 组。 No cell names group {group} now.")
        if after[group] > 1 >= before[group]:
            yield _say("group-twice", f"{group} 组属两个网格。 Two cells name group {group}.")
    lost = sum(h.why == Unplaced.NO_PLACE for h in outcome.homes if h.before)
    if lost:
        yield _say(
            "no-place",
            f"{lost} 户无坐标也无村组，将待落格。 {lost} households have neither point nor group.",
        )


def _say(slug: str, text: str) -> Said:
    return {"slug": slug, "text": text}
