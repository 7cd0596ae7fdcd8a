"""SQL of dated labels: what an old code means now, and how things stood as of a moment.

A moment is half-open: what ended at it still stood, what began at it did not stand yet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, text
from sqlalchemy.orm import Session

from geo.codes import Level
from server.paging import note_old_code
from server.places.errors import (
    AreaNotFound,
    BoundaryNotFound,
    CellNotFound,
    SeveralSuccessors,
)
from server.places.models import Area, AreaLabel, CellLabel, GridCell


def get_area(session: Session, code: str) -> Area:
    """The Area that has this code now; else the one that had it last, or what that became.

    Raises AreaNotFound; SeveralSuccessors (naming them) where it became several.
    """
    area = session.scalar(select(Area).where(Area.code == code, Area.ended_at.is_(None)))
    if area is not None:
        return area
    heirs = _heirs(session, code)
    if not heirs:
        raise AreaNotFound
    if len(heirs) > 1:
        named = "、".join(f"{heir.code} {heir.name}" for heir in heirs)
        raise SeveralSuccessors(f"{SeveralSuccessors.text} 现为 {named}。 It is now {named}.")
    note_old_code(session, code, heirs[0].code)
    return heirs[0]


def get_cell(session: Session, code: str) -> GridCell:
    """The cell that has this code now; else the one that had it last. Raises CellNotFound, also
    where that one has ended.
    """
    present = GridCell.ended_at.is_(None)
    cell = session.scalar(select(GridCell).where(GridCell.code == code, present))
    if cell is not None:
        return cell
    had = (
        select(CellLabel.cell_id)
        .where(CellLabel.code == code)
        .order_by(CellLabel.valid_from.desc(), CellLabel.id)
        .limit(1)
        .scalar_subquery()
    )
    cell = session.scalar(select(GridCell).where(GridCell.id == had, present))
    if cell is None:
        raise CellNotFound
    note_old_code(session, code, cell.code)
    return cell


def present_prefix(session: Session, prefix: str) -> str:
    """A prefix of codes as a list takes it; an old code of a place becomes its present one.

    Raises SeveralSuccessors.
    """
    lengths = {level.digits for level in Level}
    if len(prefix) not in lengths:
        return prefix
    try:
        found = (get_cell if len(prefix) == Level.CELL.digits else get_area)(session, prefix)
    except (AreaNotFound, CellNotFound):
        return prefix  # nothing lies under it, as the list will say
    return found.code


# An ended Area is followed to what it became; a loop made by hand ends after twenty steps.
_HEIRS = """
    WITH RECURSIVE line (id, steps) AS (
        (SELECT area_id, 0 FROM area_label WHERE code = :code
          ORDER BY valid_to DESC NULLS FIRST, valid_from DESC, area_id LIMIT 1)
        UNION
        SELECT s.to_id, line.steps + 1
          FROM line
          JOIN area a           ON a.id = line.id AND a.ended_at IS NOT NULL
          JOIN area_successor s ON s.from_id = a.id AND s.to_id <> a.id
         WHERE line.steps < 20
    )
    SELECT DISTINCT a.id FROM line JOIN area a USING (id) WHERE a.ended_at IS NULL
"""


def _heirs(session: Session, code: str) -> Sequence[Area]:
    ids = session.scalars(text(_HEIRS), {"code": code}).all()
    return session.scalars(select(Area).where(Area.id.in_(ids)).order_by(Area.code)).all()


_OLD_VILLAGES = text("""
    SELECT DISTINCT ON (l.code) l.code, gate.present_area(l.area_id) AS id
      FROM area_label l
     WHERE length(l.code) = 12
       AND NOT EXISTS (SELECT FROM area a WHERE a.code = l.code AND a.ended_at IS NULL)
     ORDER BY l.code, l.valid_from DESC
""")


def map_old_villages(session: Session) -> Mapping[str, UUID]:
    """Code that is nobody's now → the present village of whoever had it last."""
    return {row.code: row.id for row in session.execute(_OLD_VILLAGES)}


_PRESENT = text("""
    SELECT asked.id, gate.present_area(asked.id) AS present
      FROM unnest(cast(:ids AS uuid[])) asked (id)
""")


def map_present(session: Session, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Id of an Area → what it is now: a phone that was away names the village that it knew."""
    rows = session.execute(_PRESENT, {"ids": list(ids)})
    return {row.id: row.present for row in rows}


def map_villages_ever(session: Session, cells: Collection[UUID]) -> Mapping[UUID, set[UUID]]:
    """Cell → every village that it belongs or belonged to."""
    villages: dict[UUID, set[UUID]] = {}
    query = select(CellLabel.cell_id, CellLabel.village_id).where(CellLabel.cell_id.in_(cells))
    for cell_id, village_id in session.execute(query):
        villages.setdefault(cell_id, set()).add(village_id)
    return villages


_CODES = text("""
    SELECT 'area' AS what, l.area_id AS id, l.code, l.name, l.valid_from, l.valid_to,
           a.code AS last_code, a.name AS last_name, a.ended_at
      FROM area_label l JOIN area a ON a.id = l.area_id
     WHERE l.code = :code
    UNION ALL
    SELECT 'cell', l.cell_id, l.code, l.name, l.valid_from, l.valid_to,
           c.code, c.name, c.ended_at
      FROM cell_label l JOIN grid_cell c ON c.id = l.cell_id
     WHERE l.code = :code
     ORDER BY valid_from, valid_to
""")
_BECAME = text("""
    SELECT s.from_id, s.kind, s.at, a.code, a.name
      FROM area_successor s JOIN area a ON a.id = s.to_id
     WHERE s.from_id = ANY (cast(:ids AS uuid[]))
     ORDER BY s.at, a.code
""")


def list_uses(session: Session, code: str) -> Sequence[Row[Any]]:
    """(what, id, code, name, valid_from, valid_to, last_code, last_name, ended_at) of every place
    that has or had this code, oldest first.
    """
    return session.execute(_CODES, {"code": code}).all()


def list_successors(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """(from_id, kind, at, code, name): what became of these areas, oldest first."""
    return session.execute(_BECAME, {"ids": list(ids)}).all()


def areas_as_of(prefix: str, level: str | None, at: datetime) -> Select[tuple[AreaLabel]]:
    """What areas were called as of `at`, of those whose code then began with `prefix`."""
    query = select(AreaLabel).where(
        AreaLabel.code.startswith(prefix, autoescape=True), _in_force(AreaLabel, at)
    )
    return query.where(func.length(AreaLabel.code) == Level(level).digits) if level else query


def cells_as_of(prefix: str, at: datetime) -> Select[tuple[CellLabel]]:
    """What cells were called as of `at`, of those whose code then began with `prefix`."""
    return select(CellLabel).where(
        CellLabel.code.startswith(prefix, autoescape=True), _in_force(CellLabel, at)
    )


def list_chain_as_of(session: Session, code: str, at: datetime) -> Sequence[AreaLabel]:
    """The areas above this code as of `at`, from the province down, the one with it included."""
    above = [code[: level.digits] for level in Level if level.digits <= len(code)]
    query = select(AreaLabel).where(AreaLabel.code.in_(above), _in_force(AreaLabel, at))
    return session.scalars(query.order_by(func.length(AreaLabel.code))).all()


def get_area_as_of(session: Session, code: str, at: datetime) -> AreaLabel:
    """The label as of `at` of the Area that then had this code; else of that which it means now.

    Raises AreaNotFound, SeveralSuccessors.
    """
    label = session.scalar(areas_as_of("", None, at).where(AreaLabel.code == code))
    if label is None:
        area_id = get_area(session, code).id
        label = session.scalar(areas_as_of("", None, at).where(AreaLabel.area_id == area_id))
    if label is None:
        raise AreaNotFound(f"{AreaNotFound.text} 当日尚无此区划。 It was not there on that day.")
    return label


def get_cell_as_of(session: Session, code: str, at: datetime) -> CellLabel:
    """The label as of `at` of the cell that then had this code; else of that which it means now.

    Raises CellNotFound.
    """
    label = session.scalar(cells_as_of("", at).where(CellLabel.code == code))
    if label is None:
        cell_id = get_cell(session, code).id
        label = session.scalar(cells_as_of("", at).where(CellLabel.cell_id == cell_id))
    if label is None:
        raise CellNotFound(f"{CellNotFound.text} 当日尚无此网格。 It was not there on that day.")
    return label


def get_cell_label(session: Session, cell_id: UUID, at: datetime) -> CellLabel:
    """What a cell that is known to stand as of `at` was called."""
    return session.scalars(cells_as_of("", at).where(CellLabel.cell_id == cell_id)).one()


_BOUNDARY = text("""
    SELECT b.valid_from, b.valid_to, ST_AsGeoJSON(b.geom, 7) AS geometry
      FROM boundary b
     WHERE coalesce(b.cell_id, b.area_id) = :owner
       AND b.valid_from < :at AND (b.valid_to IS NULL OR b.valid_to >= :at)
     ORDER BY b.valid_from DESC LIMIT 1
""")


def get_boundary(session: Session, owner: UUID, at: datetime) -> Row[Any]:
    """(valid_from, valid_to, geometry as GeoJSON text) as of `at`. Raises BoundaryNotFound."""
    row = session.execute(_BOUNDARY, {"owner": owner, "at": at}).one_or_none()
    if row is None:
        raise BoundaryNotFound
    return row


def _in_force(table: type[AreaLabel] | type[CellLabel], at: datetime) -> Any:
    return (table.valid_from < at) & (table.valid_to.is_(None) | (table.valid_to >= at))
