"""Pure: what becomes of codes, cells and villages when areas are renamed, merged, split, moved.

Ids stay whatever happens: what hangs on them follows without being touched. A code that a place had
once is not given to another cell: an old list or a slip of paper still says it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from geo.codes import parse
from geo.draft import reading_order
from geo.errors import InvalidCode
from server.moves.areas.rules.drawing import cut_over, halve, unite
from server.moves.areas.rules.form import (
    AreaNow,
    AreaThen,
    CellNow,
    CellThen,
    Change,
    Leaving,
)
from server.moves.errors import BadPlan


def rename(
    area: AreaNow,
    below: Sequence[AreaNow],
    cells: Sequence[CellNow],
    name: str | None,
    code: str | None,
) -> Change:
    """An Area gets another name, another code, or both; what lies below takes the code's prefix.

    Raises BadPlan where the code is of another level or would lie elsewhere.
    """
    new = check_code(code, len(area.code)) if code else area.code
    if new[: _ABOVE[len(new)]] != area.code[: _ABOVE[len(new)]]:
        raise BadPlan(errors={"code": "上级代码不同，请用 transfer。 It lies elsewhere: transfer."})
    top = AreaThen(area.id, area.level, new, name or area.name, area.parent_id, area)
    if (top.code, top.name) == (area.code, area.name):
        raise BadPlan(errors={"name": "没有变化。 Nothing would change."})
    recoded = new != area.code
    under = [_moved_area(one, new) for one in below] if recoded else []
    return Change(
        areas=[top, *under],
        cells=[_moved_cell(cell, new) for cell in cells] if recoded else [],
        follows=[(area.id, area.id, "renamed")],
    )


def transfer(
    village: AreaNow,
    origin: AreaNow,
    township: AreaNow,
    cells: Sequence[CellNow],
    taken: Collection[str],
    code: str | None,
    name: str | None,
) -> Change:
    """A village goes to another township. Its code keeps its last three digits where that is free.

    `taken`: codes that are or were in use. Raises BadPlan.
    """
    if township.id == origin.id:
        raise BadPlan(errors={"to": "已在该乡镇。 It lies there already."})
    new = check_code(code, 12, township.code) if code else _village_code(village, township, taken)
    moved = AreaThen(village.id, "village", new, name or village.name, township.id, village)
    drawn, warnings = cut_over(origin, township, village)
    return Change(
        areas=[moved],
        cells=[_moved_cell(cell, new) for cell in cells],
        follows=[(village.id, village.id, "transferred")],
        drawn=drawn,
        warnings=warnings,
    )


def merge_villages(
    target: AreaNow,
    sources: Sequence[AreaNow],
    cells: Mapping[UUID, Sequence[CellNow]],
    used: Collection[int],
    name: str | None,
) -> Change:
    """Villages end and become part of `target`; their cells get its next free codes, in the
    order of `in_order`.

    `cells`: by village; `used`: sequences that cells of the target have or had. Raises BadPlan.
    """
    coming = in_order(cell for source in sources for cell in cells.get(source.id, ()))
    numbers = _free(used)
    moved = [CellThen(cell, f"{target.code}{next(numbers):03d}", target.id) for cell in coming]
    drawn, warnings = unite(target, sources)
    if clash := _groups(cells.get(target.id, ())) & _groups(coming):
        named = "、".join(map(str, sorted(clash)))
        warnings += [("groups-clash", _CLASH.format(groups=named))]
    renamed = [] if name is None else [_named(target, name)]
    return Change(
        areas=renamed,
        cells=moved,
        ended={source.id: target.id for source in sources},
        follows=[(source.id, target.id, "merged") for source in sources],
        drawn=drawn,
        warnings=warnings,
    )


def merge_townships(
    target: AreaNow,
    sources: Sequence[AreaNow],
    villages: Sequence[AreaNow],
    cells: Mapping[UUID, Sequence[CellNow]],
    taken: Collection[str],
    given: Mapping[str, str],
    name: str | None,
) -> Change:
    """Townships end; their villages are transferred to `target`.

    `given`: new codes of villages by old ones; the others keep their last three digits where that
    is free. `taken`: codes that are or were in use. Raises BadPlan.
    """
    codes = _codes_under(target, villages, taken, given)
    drawn, warnings = unite(target, sources)
    return Change(
        areas=[
            *([] if name is None else [_named(target, name)]),
            *(AreaThen(v.id, v.level, codes[v.code], v.name, target.id, v) for v in villages),
        ],
        cells=[
            _moved_cell(cell, codes[village.code])
            for village in villages
            for cell in cells.get(village.id, ())
        ],
        ended={source.id: target.id for source in sources},
        follows=[
            *((source.id, target.id, "merged") for source in sources),
            *((village.id, village.id, "transferred") for village in villages),
        ],
        drawn=drawn,
        warnings=warnings,
    )


def split(
    village: AreaNow,
    cells: Sequence[CellNow],
    leaving: Collection[str],
    new_id: UUID,
    code: str,
    name: str,
) -> Change:
    """Cells of a village become a new village with `code`, numbered from 001 on in the order of
    `in_order`. Unplaced households follow where only leaving cells name their group.

    Raises BadPlan.
    """
    check_code(code, 12, village.code[:9])
    if strange := set(leaving) - {cell.code for cell in cells}:
        raise BadPlan(errors={"cells": f"不是本村网格 not its cell: {sorted(strange)[0]}"})
    going = in_order(cell for cell in cells if cell.code in leaving)
    staying = [cell for cell in cells if cell.code not in leaving]
    if not staying:
        raise BadPlan(errors={"cells": "须留下至少一个网格。 One cell must stay; else rename it."})
    drawn, warnings = halve(village, new_id, staying, going)
    return Change(
        areas=[AreaThen(new_id, "village", code, name, village.parent_id, None)],
        cells=[CellThen(c, f"{code}{k:03d}", new_id) for k, c in enumerate(going, start=1)],
        follows=[(village.id, new_id, "split")],
        drawn=drawn,
        leaving=Leaving(village.id, new_id, _groups(going) - _groups(staying)),
        warnings=[*warnings, ("no-office", _NO_OFFICE.format(name=name))],
    )


def check_code(code: str, digits: int, parent: str = "") -> str:
    """The code of a place-to-be. Raises BadPlan unless it has this form and lies under `parent`."""
    try:
        parse(code)
    except InvalidCode as error:
        raise BadPlan(errors={"code": str(error)}) from error
    if len(code) != digits or not code.startswith(parent):
        raise BadPlan(
            errors={"code": f"{code}：应为 {parent}… {digits} 位。 {digits} digits wanted."}
        )
    return code


def in_order(cells: Iterable[CellNow]) -> list[CellNow]:
    """As geo.draft numbers cells: rows from north to south, in each from west to east; those
    without a boundary last, by code.
    """
    listed = sorted(cells, key=lambda cell: cell.code)
    drawn = [cell for cell in listed if cell.polygon is not None]
    order = reading_order([cell.polygon for cell in drawn if cell.polygon is not None])
    return [*(drawn[at] for at in order), *(cell for cell in listed if cell.polygon is None)]


def _codes_under(
    target: AreaNow,
    villages: Sequence[AreaNow],
    taken: Collection[str],
    given: Mapping[str, str],
) -> dict[str, str]:
    """Old code → new one of every village that comes to `target`. Raises BadPlan."""
    if strange := given.keys() - {village.code for village in villages}:
        raise BadPlan(errors={"codes": f"不在合并之列 not among them: {sorted(strange)[0]}"})
    codes = {old: check_code(new, 12, target.code) for old, new in given.items()}
    if len(set(codes.values())) < len(codes):
        raise BadPlan(errors={"codes": "新代码重复。 One new code twice."})
    used = {*taken, *codes.values()}
    for village in villages:
        if village.code not in codes:
            codes[village.code] = _village_code(village, target, used)
            used.add(codes[village.code])
    return codes


def _free(used: Collection[int]) -> Iterator[int]:
    """Sequences after the last one used; where 999 is reached, those left out before."""
    last = max(used, default=0)
    yield from (n for n in [*range(last + 1, 1000), *range(1, last)] if n not in used)
    raise BadPlan(errors={"sources": "网格编号用尽（999）。 No sequence of cells is left."})


def _village_code(village: AreaNow, township: AreaNow, taken: Collection[str]) -> str:
    """Its own last three digits where they are free, else the next ones that are."""
    own = int(village.code[9:])
    for n in [*range(own, 600), *range(1, own)]:
        code = f"{township.code}{n:03d}"
        if code not in taken:
            return code
    raise BadPlan(errors={"code": f"{township.code} 村码用尽。 No village code is left."})


def _named(area: AreaNow, name: str) -> AreaThen:
    return AreaThen(area.id, area.level, area.code, name, area.parent_id, area)


def _moved_area(area: AreaNow, prefix: str) -> AreaThen:
    code = prefix + area.code[len(prefix) :]
    return AreaThen(area.id, area.level, code, area.name, area.parent_id, area)


def _moved_cell(cell: CellNow, prefix: str) -> CellThen:
    return CellThen(cell, prefix + cell.code[len(prefix) :], cell.village_id)


def _groups(cells: Iterable[CellNow]) -> frozenset[int]:
    return frozenset(number for cell in cells for number in cell.groups)


_ABOVE = {9: 6, 12: 9}
_CLASH = "组号 {groups} 将有多个网格，不能再按组落格。 Groups {groups} are then in several cells."
_NO_OFFICE = (
    "{name}还没有承办单位，由上级受理。 It has no Office yet: the one above receives its cases."
)
