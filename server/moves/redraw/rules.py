"""Pure: what a plan makes of a village's cells, and whom disputes and workers follow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

from geo.codes import cell_code
from geo.errors import InvalidSequence
from geo.redraw import Cell, Drawing, changed, same_shape
from server.moves.errors import BadPlan
from server.sheets import Unreadable, shape_of


@dataclass(frozen=True, slots=True)
class CellNow:
    """A present cell of the village."""

    id: UUID
    code: str
    name: str
    groups: tuple[int, ...]
    boundary_id: UUID | None
    polygon: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class VillageNow:
    """A village with its present cells, by code; `used`: sequences that a cell had once."""

    id: UUID
    code: str
    name: str
    boundary_id: UUID | None
    polygon: BaseGeometry | None
    cells: Mapping[str, CellNow]
    used: Collection[int]


@dataclass(frozen=True, slots=True)
class CellThen:
    """A cell as it shall be; `now`: what it was, None for a new one. `workers`: logins, if told."""

    code: str
    name: str
    groups: tuple[int, ...]
    polygon: BaseGeometry | None
    now: CellNow | None
    workers: tuple[str, ...] | None = None

    @property
    def redrawn(self) -> bool:
        """Whether its polygon is another one than before."""
        return self.now is None or not same_shape(self.now.polygon, self.polygon)

    @property
    def relabelled(self) -> bool:
        """Whether its name or its groups are others."""
        return self.now is not None and (self.name, self.groups) != (self.now.name, self.now.groups)


@dataclass(frozen=True, slots=True)
class Redrawn:
    """The whole village after the redraw, by code, and the cells that ended."""

    cells: Mapping[str, CellThen]
    ended: Sequence[CellNow]

    @property
    def new(self) -> Sequence[CellThen]:
        """Cells that were not there before."""
        return [cell for cell in self.cells.values() if cell.now is None]


def redrawn(plan: Mapping[str, Any], village: VillageNow) -> Redrawn:
    """The village once the plan (RedrawIn) is carried out; a split and a merge reduce to a redraw.

    Raises BadPlan naming the field. Whether the cells tile the village is not judged here.
    """
    if "split" in plan:
        plan = _of_split(plan["split"], village)
    elif "merge" in plan:
        plan = _of_merge(plan["merge"], village)
    ended = [_present(code, village, f"ended.{k}") for k, code in enumerate(plan.get("ended", ()))]
    drawn = plan.get("cells", ())
    _check_once([*(c["code"] for c in drawn if "code" in c), *(cell.code for cell in ended)])
    gone = {cell.code for cell in ended}
    cells = {code: _stays(cell) for code, cell in village.cells.items() if code not in gone}
    used = set(village.used)
    for k, one in enumerate(drawn):
        cell = _then(one, k, village, used)
        cells[cell.code] = cell
    if not cells:
        raise BadPlan(errors={"ended": "至少保留一个网格。 One cell must remain."})
    return Redrawn(dict(sorted(cells.items())), ended)


def named_cells(plan: Mapping[str, Any]) -> set[str]:
    """Codes that the plan (RedrawIn) names."""
    found = {*plan.get("ended", ()), *(c["code"] for c in plan.get("cells", ()) if "code" in c)}
    found |= {plan["split"]["cell"]} if "split" in plan else set()
    return found | ({*plan["merge"]["cells"], plan["merge"]["keep"]} if "merge" in plan else set())


def in_present_codes(plan: Mapping[str, Any], present: Mapping[str, str]) -> Mapping[str, Any]:
    """The same plan with old codes (`present`: old → present) as they are now."""

    def now(code: str) -> str:
        return present.get(code, code)

    def renamed(cell: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**cell, "code": now(cell["code"])} if "code" in cell else cell

    found = dict(plan)
    if "cells" in plan:
        found["cells"] = [renamed(cell) for cell in plan["cells"]]
    if "ended" in plan:
        found["ended"] = [now(code) for code in plan["ended"]]
    if "split" in plan:
        found["split"] = {**plan["split"], "cell": now(plan["split"]["cell"])}
    if "merge" in plan:
        merge = plan["merge"]
        cells = [now(code) for code in merge["cells"]]
        found["merge"] = {**merge, "cells": cells, "keep": now(merge["keep"])}
    return found


def check_changes(found: Redrawn) -> None:
    """Raises BadPlan where a redraw changes nothing."""
    cells = found.cells.values()
    if not found.ended and not any(
        cell.redrawn or cell.relabelled or cell.workers is not None for cell in cells
    ):
        raise BadPlan(errors={"cells": "没有任何变化。 Nothing would change."})


def as_it_is(village: VillageNow) -> Redrawn:
    """The village with nothing changed."""
    return Redrawn({code: _stays(cell) for code, cell in village.cells.items()}, ())


def concerned(village: VillageNow, then: Redrawn) -> set[UUID]:
    """Present cells whose households may belong elsewhere now."""
    codes = changed(drawing(village.cells), drawing(then.cells))
    return {village.cells[code].id for code in codes}


def drawing(cells: Mapping[str, CellNow] | Mapping[str, CellThen]) -> Drawing:
    """These cells as geo.redraw takes them."""
    return {code: Cell(one.polygon, frozenset(one.groups)) for code, one in cells.items()}


def read_polygon(geometry: Any, field: str) -> BaseGeometry:
    """A GeoJSON Polygon or MultiPolygon; what is wrong with its shape is for the check to say.

    Raises BadPlan.
    """
    found = _read(geometry, field)
    if found.geom_type not in ("Polygon", "MultiPolygon"):
        raise BadPlan(errors={field: "应为 Polygon 或 MultiPolygon。 A polygon is wanted."})
    return found


def next_sequence(used: Collection[int]) -> int:
    """The sequence of a new cell: after the highest ever used, so that an old code keeps its
    meaning; else any that is free. Raises InvalidSequence where none is."""
    number = max(used, default=0) + 1
    if number > _LAST:
        number = next((n for n in range(1, _LAST + 1) if n not in used), number)
    if number > _LAST:
        raise InvalidSequence(number)
    return number


def dispute_cell(
    heir: UUID | None, lived_in: Mapping[UUID, UUID], homes: Mapping[UUID, UUID | None]
) -> UUID | None:
    """Where a dispute that was known in a cell is known afterwards; None: in the village.

    `lived_in`: party households that lived in the cells concerned → their cell then; `homes`:
    household → its cell afterwards. It follows its households where all end in one cell; without
    any it stays with its cell (`heir`: that cell, or what all of it went into, if it was not cut).
    """
    if not lived_in:
        return heir
    after = {homes.get(household, before) for household, before in lived_in.items()}
    return after.pop() if len(after) == 1 else None


def _of_split(split_: Mapping[str, Any], village: VillageNow) -> Mapping[str, Any]:
    cell = _present(split_["cell"], village, "split.cell")
    into = [dict(piece) for piece in split_.get("into", ())]
    if "line" in split_:
        pieces = _cut(cell, _read(split_["line"], "split.line"))
        into = into or [{}, {}]
        if len(pieces) != len(into):
            said = f"此线分成 {len(pieces)} 块。 The line makes {len(pieces)} pieces."
            raise BadPlan(errors={"split.line": said})
        for piece, polygon in zip(into, pieces, strict=True):
            piece["geometry"] = polygon
    if not into:
        raise BadPlan(errors={"split": "请给出 line 或 into。 Give a line, or drawn pieces."})
    return {"cells": [{**into[0], "code": cell.code}, *into[1:]]}


def _cut(cell: CellNow, line: BaseGeometry) -> list[BaseGeometry]:
    """The pieces, west to east, north to south."""
    on_earth = (np.abs(shapely.get_coordinates(line)) <= (180, 90)).all()
    if line.geom_type not in _LINES or not on_earth or not line.is_simple:
        said = "应为不自交的 LineString。 A line that does not cross itself is wanted."
        raise BadPlan(errors={"split.line": said})
    if cell.polygon is None:
        raise BadPlan(errors={"split.cell": "该网格没有边界。 The cell has no boundary."})
    pieces: list[BaseGeometry] = [cell.polygon]
    for part in shapely.get_parts(line):
        pieces = [one for piece in pieces for one in split(piece, part).geoms]
    return sorted(pieces, key=lambda piece: (piece.centroid.x, -piece.centroid.y))


def _of_merge(merge: Mapping[str, Any], village: VillageNow) -> Mapping[str, Any]:
    cells = [_present(c, village, f"merge.cells.{k}") for k, c in enumerate(merge["cells"])]
    _check_once([cell.code for cell in cells])
    if merge["keep"] not in merge["cells"]:
        raise BadPlan(errors={"merge.keep": "应为其中之一。 It must be one of the cells."})
    polygons = [cell.polygon for cell in cells if cell.polygon is not None]
    kept = {
        "code": merge["keep"],
        "groups": sorted({group for cell in cells for group in cell.groups}),
        **{name: merge[name] for name in ("name", "groups", "workers") if name in merge},
    }
    if polygons:
        kept["geometry"] = shapely.union_all(polygons)
    return {"cells": [kept], "ended": [c.code for c in cells if c.code != merge["keep"]]}


def _present(code: str, village: VillageNow, field: str) -> CellNow:
    cell = village.cells.get(code)
    if cell is None:
        said = f"{code} 不是本村现有网格。 {code} is no present cell of the village."
        raise BadPlan(errors={field: said})
    return cell


def _check_once(codes: Sequence[str]) -> None:
    for code in codes:
        if codes.count(code) > 1:
            raise BadPlan(errors={"cells": f"{code} 出现两次。 {code} is named twice."})


def _stays(cell: CellNow) -> CellThen:
    return CellThen(cell.code, cell.name, cell.groups, cell.polygon, cell)


def _then(one: Mapping[str, Any], k: int, village: VillageNow, used: set[int]) -> CellThen:
    field = f"cells.{k}"
    polygon = _given(one["geometry"], f"{field}.geometry") if "geometry" in one else None
    if "code" in one:
        cell = _stays(_present(one["code"], village, f"{field}.code"))
        cell = replace(cell, polygon=polygon) if polygon is not None else cell
    elif polygon is None:
        raise BadPlan(errors={f"{field}.geometry": "新网格须有边界。 A new cell needs a boundary."})
    else:
        number = next_sequence(used)
        used.add(number)
        code = cell_code(village.code, number)
        cell = CellThen(code, f"{village.name}{number:03d}网格", (), polygon, None)
    return replace(
        cell,
        name=one.get("name", cell.name),
        groups=tuple(sorted(set(one.get("groups", cell.groups)))),
        workers=tuple(dict.fromkeys(one["workers"])) if "workers" in one else None,
    )


def _given(geometry: Any, field: str) -> BaseGeometry:
    return geometry if isinstance(geometry, BaseGeometry) else read_polygon(geometry, field)


def _read(geometry: Any, field: str) -> BaseGeometry:
    try:
        return shape_of(geometry)
    except Unreadable as error:
        raise BadPlan(errors={field: str(error)}) from error


_LAST = 999
_LINES = ("LineString", "MultiLineString")
