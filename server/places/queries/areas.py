"""SQL of areas and cells as they are now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Row, Select, func, literal_column, select
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session, aliased

from server.errors import in_both
from server.places.errors import CodeIsOld
from server.places.models import Area, AreaLabel, GridCell


def areas_under(code: str, level: str | None) -> Select[tuple[Area]]:
    """Present areas whose code begins with `code`; the page is cut by the caller."""
    query = select(Area).where(Area.code.startswith(code, autoescape=True), Area.ended_at.is_(None))
    return query.where(Area.level == level) if level else query


def cells_under(code: str) -> Select[tuple[GridCell]]:
    """Present cells whose code begins with `code`."""
    return select(GridCell).where(
        GridCell.code.startswith(code, autoescape=True), GridCell.ended_at.is_(None)
    )


def map_area_codes(session: Session, level: str) -> Mapping[str, UUID]:
    """Code → id of every present Area of one level."""
    query = select(Area.code, Area.id).where(Area.level == level, Area.ended_at.is_(None))
    return dict(session.execute(query).tuples().all())


def list_villages(session: Session) -> Sequence[Row[tuple[UUID, str, str, str]]]:
    """(id, code, name, name of its township) of every present village."""
    township = aliased(Area)
    query = select(Area.id, Area.code, Area.name, township.name.label("township"))
    query = query.join(township, township.id == Area.parent_id)
    return session.execute(query.where(Area.level == "village", Area.ended_at.is_(None))).all()


def upsert_areas(session: Session, areas: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Areas by code (dicts of id, level, code, name, parent_id); a known code keeps its id.

    Returns how many are new and how many changed; the others are not touched. Raises CodeIsOld
    where a list would bring back a code that was changed: places would be there twice.
    """
    _check_not_old(session, [area["code"] for area in areas])
    statement = upsert(Area)
    return _upsert(
        session,
        statement.on_conflict_do_update(
            index_elements=[Area.code],
            index_where=Area.ended_at.is_(None),
            set_={"name": statement.excluded.name, "parent_id": statement.excluded.parent_id},
            where=(Area.name != statement.excluded.name)
            | Area.parent_id.is_distinct_from(statement.excluded.parent_id),
        ),
        areas,
    )


def _check_not_old(session: Session, codes: Sequence[str]) -> None:
    present = select(Area.code).where(Area.ended_at.is_(None))
    query = select(AreaLabel.code).where(AreaLabel.code.in_(codes), AreaLabel.code.not_in(present))
    if old := session.scalars(query.distinct().order_by(AreaLabel.code)).all():
        shown = ", ".join(old[:10])
        n, ask = len(old), f"GET /api/v1/places/codes/{old[0]}"
        said = (
            f"共 {n} 个：{shown}；查现行代码：{ask}",
            f"{n} of them: {shown}; present codes: {ask}",
        )
        raise CodeIsOld(in_both(CodeIsOld.text, *said))


def upsert_cells(session: Session, cells: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Cells by code (dicts of id, village_id, code, name, groups, synthetic).

    Returns how many are new and how many changed; the others are not touched.
    """
    statement = upsert(GridCell)
    return _upsert(
        session,
        statement.on_conflict_do_update(
            index_elements=[GridCell.code],
            index_where=GridCell.ended_at.is_(None),
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
    """Code → id of these cells, where they are present."""
    query = select(GridCell.code, GridCell.id)
    query = query.where(GridCell.code.in_(codes), GridCell.ended_at.is_(None))
    return dict(session.execute(query).tuples().all())


def get_cell_by_id(session: Session, cell_id: UUID) -> GridCell:
    """One cell."""
    return session.get_one(GridCell, cell_id)


def find_villages(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Which of these are present villages."""
    query = select(Area.id).where(
        Area.id.in_(ids), Area.level == "village", Area.ended_at.is_(None)
    )
    return set(session.scalars(query))


def map_cell_villages(session: Session, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Id → village of these present cells."""
    rows = session.execute(
        select(GridCell.id, GridCell.village_id).where(
            GridCell.id.in_(ids), GridCell.ended_at.is_(None)
        )
    )
    return dict(rows.tuples().all())


def select_sync_areas() -> Select[Any]:
    """Areas as phones hold them."""
    return select(Area.id, Area.level, Area.code, Area.name)


def list_sync_areas(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """These areas, as phones hold them."""
    return session.execute(select_sync_areas().where(Area.id.in_(ids))).all()


def select_sync_cells() -> Select[Any]:
    """Cells as phones hold them."""
    return select(GridCell.id, GridCell.village_id, GridCell.code, GridCell.name, GridCell.groups)


def list_sync_cells(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """These cells, as phones hold them."""
    return session.execute(select_sync_cells().where(GridCell.id.in_(ids))).all()


def list_chain(session: Session, area_id: UUID) -> Sequence[Area]:
    """An Area and all above it, from the province down: their codes are prefixes of its code."""
    code = select(Area.code).where(Area.id == area_id).scalar_subquery()
    above = code.startswith(Area.code) & Area.ended_at.is_(None)
    return session.scalars(select(Area).where(above).order_by(func.length(Area.code))).all()
