"""All SQL of areas, cells and boundaries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Row, Select, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session, aliased

from server.places.errors import AreaNotFound, CellNotFound
from server.places.models import Area, Boundary, GridCell


def get_area(session: Session, code: str) -> Area:
    """The Area that has this code now. Raises AreaNotFound."""
    area = session.scalar(select(Area).where(Area.code == code))
    if area is None:
        raise AreaNotFound
    return area


def get_cell(session: Session, code: str) -> GridCell:
    """The cell that has this code now. Raises CellNotFound."""
    cell = session.scalar(select(GridCell).where(GridCell.code == code))
    if cell is None:
        raise CellNotFound
    return cell


def areas_under(code: str, level: str | None) -> Select[tuple[Area]]:
    """Areas whose code begins with `code`; the page is cut by the caller."""
    query = select(Area).where(Area.code.startswith(code, autoescape=True))
    return query.where(Area.level == level) if level else query


def cells_under(code: str) -> Select[tuple[GridCell]]:
    """Present cells whose code begins with `code`."""
    return select(GridCell).where(
        GridCell.code.startswith(code, autoescape=True), GridCell.ended_at.is_(None)
    )


def map_area_codes(session: Session, level: str) -> Mapping[str, UUID]:
    """Code → id of every Area of one level."""
    return dict(
        session.execute(select(Area.code, Area.id).where(Area.level == level)).tuples().all()
    )


def list_villages(session: Session) -> Sequence[Row[tuple[UUID, str, str, str]]]:
    """(id, code, name, name of its township) of every village."""
    township = aliased(Area)
    query = select(Area.id, Area.code, Area.name, township.name.label("township"))
    return session.execute(
        query.join(township, township.id == Area.parent_id).where(Area.level == "village")
    ).all()


def upsert_areas(session: Session, areas: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Areas by code (dicts of id, level, code, name, parent_id); a known code keeps its id.

    Returns how many are new and how many changed; the others are not touched.
    """
    statement = upsert(Area)
    return _upsert(
        session,
        statement.on_conflict_do_update(
            index_elements=[Area.code],
            set_={"name": statement.excluded.name, "parent_id": statement.excluded.parent_id},
            where=(Area.name != statement.excluded.name)
            | Area.parent_id.is_distinct_from(statement.excluded.parent_id),
        ),
        areas,
    )


def upsert_cells(session: Session, cells: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Cells by code (dicts of id, village_id, code, name, groups, synthetic).

    Returns how many are new and how many changed; the others are not touched.
    """
    statement = upsert(GridCell)
    return _upsert(
        session,
        statement.on_conflict_do_update(
            index_elements=[GridCell.code],
            set_={"name": statement.excluded.name, "groups": statement.excluded.groups},
            where=(GridCell.name != statement.excluded.name)
            | (GridCell.groups != statement.excluded.groups),
        ),
        cells,
    )


def _upsert(session: Session, statement: Insert, rows: Sequence[dict[str, Any]]) -> tuple[int, int]:
    # A row that this statement made has no earlier version: its xmax is 0.
    inserted = literal_column("xmax = 0", Boolean)
    made = session.scalars(statement.returning(inserted), list(rows)).all()
    return sum(made), len(made) - sum(made)


def map_cell_codes(session: Session, codes: Collection[str]) -> Mapping[str, UUID]:
    """Code → id of these cells."""
    rows = session.execute(select(GridCell.code, GridCell.id).where(GridCell.code.in_(codes)))
    return dict(rows.tuples().all())


def get_cell_by_id(session: Session, cell_id: UUID) -> GridCell:
    """One cell."""
    return session.get_one(GridCell, cell_id)


def find_villages(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Which of these are villages."""
    query = select(Area.id).where(Area.id.in_(ids), Area.level == "village")
    return set(session.scalars(query))


def map_cell_villages(session: Session, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Id → village of these present cells."""
    rows = session.execute(
        select(GridCell.id, GridCell.village_id).where(
            GridCell.id.in_(ids), GridCell.ended_at.is_(None)
        )
    )
    return dict(rows.tuples().all())


# A boundary equal to the present one is left alone; another closes it and opens its own span.
_CLOSE_CHANGED = text("""
    UPDATE boundary b SET valid_to = :at
      FROM unnest(cast(:owners AS uuid[]), cast(:shapes AS bytea[])) AS new (owner, shape)
     WHERE coalesce(b.cell_id, b.area_id) = new.owner AND b.valid_to IS NULL
       AND NOT ST_OrderingEquals(b.geom, ST_Multi(ST_GeomFromWKB(new.shape, 4326)))
""")
_OPEN_CELLS = text("""
    INSERT INTO boundary (id, cell_id, valid_from, geom)
    SELECT gen_random_uuid(), new.owner, :at, ST_Multi(ST_GeomFromWKB(new.shape, 4326))
      FROM unnest(cast(:owners AS uuid[]), cast(:shapes AS bytea[])) AS new (owner, shape)
     WHERE NOT EXISTS (SELECT FROM boundary b WHERE b.cell_id = new.owner AND b.valid_to IS NULL)
""")
_OPEN_AREAS = text(str(_OPEN_CELLS).replace("cell_id", "area_id"))


def set_boundaries(
    session: Session, owners: Sequence[UUID], shapes: Sequence[bytes], at: datetime, *, cells: bool
) -> int:
    """Give cells (or areas) these polygons, as WKB in EPSG:4326, from `at` on.

    Returns how many replaced another one; equal ones are not touched.
    """
    new = {"owners": list(owners), "shapes": list(shapes), "at": at}
    closed = session.connection().execute(_CLOSE_CHANGED, new).rowcount
    session.execute(_OPEN_CELLS if cells else _OPEN_AREAS, new)
    return closed


def count_boundaries(session: Session) -> int:
    """How many boundaries there are, past ones too."""
    return session.scalar(select(func.count()).select_from(Boundary)) or 0


# The border rule of geo.cells, set-wise: of several covering cells the lowest code has the point.
_LOCATE = text("""
    SELECT DISTINCT ON (p.ord) p.ord, c.id, c.village_id
      FROM unnest(cast(:lons AS float8[]), cast(:lats AS float8[]))
           WITH ORDINALITY p (lon, lat, ord)
      JOIN boundary b  ON b.valid_to IS NULL AND b.cell_id IS NOT NULL
                      AND ST_Covers(b.geom, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326))
      JOIN grid_cell c ON c.id = b.cell_id
     ORDER BY p.ord, c.code COLLATE "C"
""")


def locate(
    session: Session, points: Sequence[tuple[float, float]]
) -> Mapping[int, tuple[UUID, UUID]]:
    """Index of a WGS-84 point → (cell, village) that has it; points in no cell are missing."""
    if not points:
        return {}
    lons, lats = zip(*points, strict=True)
    rows = session.execute(_LOCATE, {"lons": list(lons), "lats": list(lats)})
    return {ord - 1: (cell, village) for ord, cell, village in rows}


# A group named by exactly one cell of its village decides; none or two do not.
_BY_GROUP = text("""
    SELECT g.ord, count(c.id) AS cells, (array_agg(c.id))[1] AS cell_id
      FROM unnest(cast(:villages AS uuid[]), cast(:groups AS int[]))
           WITH ORDINALITY g (village_id, group_no, ord)
      LEFT JOIN grid_cell c ON c.village_id = g.village_id AND c.ended_at IS NULL
                           AND g.group_no = ANY (c.groups)
     GROUP BY g.ord
""")


def cells_of_groups(
    session: Session, groups: Sequence[tuple[UUID, int]]
) -> Mapping[int, Row[tuple[int, int, UUID]]]:
    """Index of (village, group) → (ord, how many cells name it, one of them)."""
    if not groups:
        return {}
    villages, numbers = zip(*groups, strict=True)
    rows = session.execute(_BY_GROUP, {"villages": list(villages), "groups": list(numbers)})
    return {row.ord - 1: row for row in rows}


def list_sync_areas(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Areas as phones hold them."""
    columns = (Area.id, Area.level, Area.code, Area.name)
    return session.execute(select(*columns).where(Area.id.in_(ids))).all()


def list_sync_cells(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Cells as phones hold them."""
    columns = (GridCell.id, GridCell.village_id, GridCell.code, GridCell.name, GridCell.groups)
    return session.execute(select(*columns).where(GridCell.id.in_(ids))).all()


def list_chain(session: Session, area_id: UUID) -> Sequence[Area]:
    """An Area and all above it, from the province down: their codes are prefixes of its code."""
    code = select(Area.code).where(Area.id == area_id).scalar_subquery()
    return session.scalars(
        select(Area).where(code.startswith(Area.code)).order_by(func.length(Area.code))
    ).all()
