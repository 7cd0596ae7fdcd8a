"""What people do with unplaced households: see what is near, hear suggestions, place them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from geo.groups import group_number
from server.audit.service import record
from server.db import Identity
from server.households.errors import HouseholdNotFound, MovesAway
from server.households.models import Household
from server.households.queries import lock_households, move_placings
from server.households.unplaced import queries
from server.households.unplaced.errors import BadPlacing, PlacedMeanwhile
from server.households.unplaced.rules import Asked, By, Known, Placed, Suggested, settle
from server.places import queries as places
from server.places.errors import CellNotFound
from server.places.locks import share_places


@dataclass(frozen=True, slots=True)
class Lost:
    """An unplaced household with what is near it; `suggested` where suggestions were asked for.

    `village`, `nearest`, `lies_in`, `cell` are codes; of cells: the nearest one of the village, the
    one that has the point, the suggested one.
    """

    household: Household
    village: str
    nearest: str | None
    metres: float | None
    lies_in: str | None
    suggested: Suggested | None = None
    cell: str | None = None


def describe(
    session: Session, held: frozenset[str] | None, found: Sequence[Household], suggest: bool
) -> list[Lost]:
    """These households with their nearest cells, and what their addresses suggest if asked."""
    near = queries.map_nearest(session, [h.id for h in found])
    hints = suggest_by_address(session, held, found) if suggest else {}
    codes = queries.map_codes(session, {hint.cell_id for hint in hints.values()})
    lost = []
    for h in found:
        row, hint = near[h.id], hints.get(h.id)
        cell = codes.get(hint.cell_id) if hint else None
        metres = None if row.metres is None else round(row.metres, 1)
        lost.append(Lost(h, row.village, row.cell, metres, row.lies_in, hint, cell))
    return lost


def suggest_by_address(
    session: Session, held: frozenset[str] | None, asked: Sequence[Household]
) -> Mapping[UUID, Suggested]:
    """What the addresses of unplaced households suggest: nothing is placed by it.

    A villager group that the address names and exactly one cell has; else the one cell in which all
    placed households of the village with the same address prefix lie. That asks for the whole
    village in sight: who holds a few of its cells would hear too sure an answer.
    """
    numbers = {h.id: group_number(h.address) for h in asked}
    named = [(h, group) for h in asked if (group := numbers[h.id]) is not None]
    cells = places.cells_of_groups(session, [(h.village_id, group) for h, group in named])
    found = {
        h.id: Suggested(cells[k].cell_id, group=group)
        for k, (h, group) in enumerate(named)
        if cells[k].cells == 1
    }
    left = [h for h in asked if h.id not in found and numbers[h.id] is None and h.address]
    whole = _held_whole(session, held, {h.village_id for h in left})
    for row in queries.list_alike(session, [h.id for h in left], sorted(whole)):
        found[row.id] = Suggested(row.cell_id, like=row.many)
    return found


def place_households(
    session: Session,
    by: Identity,
    held: frozenset[str] | None,
    items: Sequence[Mapping[str, Any]],
    why: str,
) -> Mapping[str, int]:
    """Place unplaced households, all or none; how many by point, by group and by hand.

    `items`: household (id), by (rules.By), cell (code, stated or confirmed), group. `held`: places
    of the author; None: any. One that has the asked cell already is left: the answer was lost.

    Raises BadPlacing naming every wrong item, HouseholdNotFound (or hidden), PlacedMeanwhile, and
    MovesAway: nobody puts a household into a cell that they do not hold.
    """
    share_places(session)
    asked, faults = _read(session, items)
    homes = {h.id: h for h in lock_households(session, [a.household_id for a in asked])}
    for k, one in enumerate(asked):
        if one.household_id not in homes:
            raise HouseholdNotFound(index=k, errors={f"items.{k}": "not_found"})
    known = _learn(session, held, asked, homes)
    settled = [settle(one, knows) for one, knows in zip(asked, known, strict=True)]
    wrong = {f"items.{k}": slug for k, slug in enumerate(settled) if isinstance(slug, str)}
    if faults | wrong:
        raise BadPlacing(errors=wrong | faults)
    placed = [one for one in settled if isinstance(one, Placed)]
    _check_held(held, placed)
    new = _still_unplaced(asked, placed, homes)
    queries.place_all(session, [(i, p.cell_id, p.placed_by, p.group) for i, p in new])
    session.expire_all()
    move_placings(session, [household_id for household_id, _ in new], by.now)
    counts = Counter(p.placed_by.value for _, p in new)
    ids = [household_id for household_id, _ in new]
    record(session, "household.place", reason=why, ids=ids[:50], count=len(ids), **counts)
    return counts


def _read(
    session: Session, items: Sequence[Mapping[str, Any]]
) -> tuple[list[Asked], dict[str, str]]:
    """Items with the ids of their cells; faults of form by item."""
    codes = {item["cell"] for item in items if item.get("cell")}
    cells = dict(places.map_cell_codes(session, codes))
    for code in codes - cells.keys():
        try:
            cells[code] = places.get_cell(session, code).id  # an old code still resolves
        except CellNotFound:
            continue
    asked, faults, seen = [], {}, set()
    for k, item in enumerate(items):
        if item["household"] in seen:
            faults[f"items.{k}"] = "named_twice"
        elif item.get("cell") and item["cell"] not in cells:
            faults[f"items.{k}"] = "no_cell"
        seen.add(item["household"])
        cell_id = cells.get(item.get("cell") or "")
        asked.append(Asked(item["household"], By(item["by"]), cell_id, item.get("group")))
    return asked, faults


def _learn(
    session: Session,
    held: frozenset[str] | None,
    asked: Sequence[Asked],
    homes: Mapping[UUID, Household],
) -> list[Known]:
    """What decides each of them: one statement for each way, not for each household."""
    villages = places.map_cell_villages(session, {a.cell_id for a in asked if a.cell_id})
    points = queries.map_points(session, [a.household_id for a in asked if a.by is By.POINT])
    located = places.locate(session, list(points.values()))
    at = {household_id: located.get(k) for k, household_id in enumerate(points)}
    groups = [(homes[a.household_id].village_id, a.group or 0) for a in asked]
    cells = places.cells_of_groups(session, groups)
    addressed = [homes[a.household_id] for a in asked if a.by is By.ADDRESS]
    hints = suggest_by_address(session, held, addressed) if addressed else {}
    return [
        Known(
            home=homes[one.household_id].village_id,
            village=villages.get(one.cell_id) if one.cell_id else None,
            has_point=one.household_id in points,
            at_point=at.get(one.household_id),
            of_group=(cells[k].cell_id,) * cells[k].cells,
            suggested=hints.get(one.household_id),
        )
        for k, one in enumerate(asked)
    ]


def _check_held(held: frozenset[str] | None, placed: Sequence[Placed]) -> None:
    for k, one in enumerate(placed):
        if held is not None and f"c:{one.cell_id}" not in held:
            raise MovesAway(index=k, errors={f"items.{k}": "moves_away"})


def _still_unplaced(
    asked: Sequence[Asked], placed: Sequence[Placed], homes: Mapping[UUID, Household]
) -> list[tuple[UUID, Placed]]:
    """Those to be placed. Raises PlacedMeanwhile for one that got another cell."""
    new = []
    for k, (one, place) in enumerate(zip(asked, placed, strict=True)):
        cell_id = homes[one.household_id].cell_id
        if cell_id is None:
            new.append((one.household_id, place))
        elif cell_id != place.cell_id:
            raise PlacedMeanwhile(index=k, errors={f"items.{k}": "placed_meanwhile"})
    return new


def _held_whole(session: Session, held: frozenset[str] | None, villages: set[UUID]) -> set[UUID]:
    """Those of the villages all of whose cells the asker holds."""
    if held is None or not villages:
        return villages
    buckets = queries.map_cell_buckets(session, villages)
    return {village for village, cells in buckets.items() if held.issuperset(cells)}
