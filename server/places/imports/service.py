"""Load areas, cells and boundaries from files: all of a file or nothing, and harmless when again.

What is known by its code keeps its id. A cell or Area that a file does not name stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from geo.codes import Level
from geo.partition import Finding
from server.audit.service import record
from server.db import Identity
from server.errors import halves, in_both
from server.ids import new_id
from server.places import queries as places
from server.places.imports import queries, rules
from server.places.imports.errors import NotATiling, OtherCounty
from server.places.imports.rules import Drawn
from server.places.locks import move_places
from server.sheets import ColumnMapping, Shown, open_drawing, open_sheet

TOLERANCE_M2: Final = 1.0


@dataclass(frozen=True, slots=True)
class PlacesLoaded:
    """What a file did. `findings`: edges that do not meet, which kept nothing out."""

    read: int
    new: int
    changed: int
    redrawn: int = 0  # boundaries that another one replaced
    findings: Sequence[Finding] = field(default=(), repr=False)
    moved: int = 0  # households that were placed anew; who loads cells sees to it


def _nobody_looks(shown: Sequence[Shown]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read: which columns, which sheet or layer; `show` hears what was found,
    before anything is written."""

    mapping: ColumnMapping | None = None
    sheet: str | None = None
    show: Callable[[Sequence[Shown]], None] = _nobody_looks


_AS_IT_IS = Reading()


def load_areas(
    session: Session, by: Identity, path: Path, how: Reading = _AS_IT_IS
) -> PlacesLoaded:
    """Load the official list of areas (CSV, Excel). Raises BadSheet, BadPlaces, OtherCounty."""
    sheet = open_sheet(path, rules.AREA_COLUMNS, rules.AREA_NEEDED, how.mapping, how.sheet)
    how.show(sheet.shown())
    ids = dict(queries.map_areas(session))
    lines = rules.read_areas(sheet.rows(), ids)
    _check_county([line.code for line in lines], ids)
    ids = {line.code: new_id(by.now) for line in lines} | ids
    new, changed = places.upsert_areas(
        session,
        [
            {
                "id": ids[line.code],
                "level": line.level,
                "code": line.code,
                "name": line.name,
                "parent_id": ids[line.parent] if line.parent else None,
            }
            for line in lines
        ],
    )
    record(session, "area.load", read=len(lines), new=new, changed=changed)
    return PlacesLoaded(len(lines), new, changed)


def load_cells(
    session: Session,
    by: Identity,
    path: Path,
    tolerance_m2: float = TOLERANCE_M2,
    how: Reading = _AS_IT_IS,
) -> PlacesLoaded:
    """Load cells with their boundaries (GeoJSON, GeoPackage, Shapefile; degrees of WGS-84).

    The cells of each village, with those that it has already, must tile it. Households are
    placed anew by who calls this (moves.redraw.service). Raises BadSheet, BadPlaces, OtherCounty,
    NotATiling.
    """
    areas = queries.map_areas(session)
    drawn = _drawn(path, {Level.CELL}, areas, how)
    _check_county(drawn, areas)
    move_places(session)  # what is checked must be what is written beside
    findings = _check_tilings(session, drawn.values(), tolerance_m2)
    new, changed = places.upsert_cells(
        session,
        [
            {
                "id": new_id(by.now),
                "village_id": areas[cell.code[: Level.VILLAGE.digits]],
                "code": cell.code,
                "name": cell.name,
                "groups": list(cell.groups),
                "synthetic": cell.synthetic,
            }
            for cell in drawn.values()
        ],
    )
    ids = places.map_cell_codes(session, drawn)
    redrawn = _set_boundaries(session, by, drawn, ids, cells=True)
    record(session, "cell.load", read=len(drawn), new=new, changed=changed, redrawn=redrawn)
    return PlacesLoaded(len(drawn), new, changed, redrawn, findings)


def load_boundaries(
    session: Session,
    by: Identity,
    path: Path,
    tolerance_m2: float = TOLERANCE_M2,
    how: Reading = _AS_IT_IS,
) -> PlacesLoaded:
    """Load the boundaries of villages, townships or the county, from the same kinds of files.

    The cells that a village has already must tile its boundary. Raises as `load_cells`.
    """
    areas = queries.map_areas(session)
    levels = (Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY)
    drawn = _drawn(path, levels, areas, how)
    move_places(session)
    findings = _check_tilings(session, drawn.values(), tolerance_m2)
    before = places.count_boundaries(session)
    redrawn = _set_boundaries(session, by, drawn, areas, cells=False)
    new = places.count_boundaries(session) - before - redrawn
    record(session, "boundary.load", read=len(drawn), new=new, redrawn=redrawn)
    return PlacesLoaded(len(drawn), new, 0, redrawn, findings)


def _drawn(
    path: Path, levels: Collection[Level], areas: Collection[str], how: Reading
) -> Mapping[str, Drawn]:
    drawing = open_drawing(path, rules.PLACE_COLUMNS, rules.PLACE_NEEDED, how.mapping, how.sheet)
    how.show(drawing.shown())
    return rules.read_features(drawing.features(), levels, areas)


def _check_county(codes: Iterable[str], known: Collection[str]) -> None:
    """Raises OtherCounty where a file would bring a second county."""
    found = rules.counties(codes)
    if len(found | rules.counties(known)) > 1:
        raise OtherCounty(in_both(OtherCounty.text, ", ".join(sorted(found))))


def _check_tilings(
    session: Session, drawn: Iterable[Drawn], tolerance_m2: float
) -> Sequence[Finding]:
    """The slivers. Raises NotATiling, with all findings, where anything worse is found."""
    new_cells: dict[str, dict[str, Drawn]] = {}
    new_villages: dict[str, Drawn] = {}
    for place in drawn:
        if len(place.code) == Level.CELL.digits:
            new_cells.setdefault(place.code[: Level.VILLAGE.digits], {})[place.code] = place
        elif len(place.code) == Level.VILLAGE.digits:
            new_villages[place.code] = place
    shapes, cells = queries.map_shapes(session, {*new_cells, *new_villages})
    shapes.update({code: village.polygon for code, village in new_villages.items()})
    findings: list[Finding] = []
    for village in sorted({*new_cells, *new_villages}):
        beside = cells.get(village, {})
        beside.update({code: cell.polygon for code, cell in new_cells.get(village, {}).items()})
        if beside:
            findings += rules.check_village(shapes.get(village), beside, tolerance_m2)
    if any(map(rules.refused, findings)):
        raise NotATiling(_tell(findings), findings)
    return findings


def _tell(findings: Sequence[Finding]) -> str:
    worst = next(filter(rules.refused, findings))
    zh, en = halves(worst.as_geojson()["properties"]["message"])
    n, cells, size = len(findings), ", ".join(worst.cells), f"{worst.area_m2:.1f} m²"
    return in_both(
        NotATiling.text,
        f"共 {n} 处，如 {cells}（{size}）：{zh}",
        f"Places: {n}, such as {cells} ({size}): {en}",
    )


def _set_boundaries(
    session: Session,
    by: Identity,
    drawn: Mapping[str, Drawn],
    ids: Mapping[str, UUID],
    *,
    cells: bool,
) -> int:
    owners = [ids[code] for code in drawn]
    shapes = [place.polygon.wkb for place in drawn.values()]
    return places.set_boundaries(session, owners, shapes, by.now, cells=cells)
