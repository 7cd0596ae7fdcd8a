"""All SQL of households."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import WKTElement
from sqlalchemy import Row, Select, any_, case, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from server.households.errors import HouseholdExists, HouseholdNotFound
from server.households.models import Household, Placing
from server.places.locks import share_places
from server.sealed import bound


def get_household(session: Session, household_id: UUID) -> Household:
    """One household. Raises HouseholdNotFound, also where it is hidden from the asker."""
    household = session.get(Household, household_id)
    if household is None:
        raise HouseholdNotFound
    return household


def list_households(
    places: Collection[str] | None,
    *,
    village_id: UUID | None = None,
    cell_id: UUID | None = None,
    placed_by: str | None = None,
    unplaced: str | None = None,
    state: str | None = None,
) -> Select[tuple[Household]]:
    """Households within `places` (None: the county). `placed_by="none"`: those without a cell."""
    query = select(Household)
    if places is not None:
        query = query.where(Household.bucket == any_(literal(list(places), ARRAY(Text))))
    if placed_by == "none":
        query, placed_by = query.where(Household.cell_id.is_(None)), None
    wanted = {
        Household.village_id: village_id,
        Household.bucket: f"c:{cell_id}" if cell_id else None,
        Household.placed_by: placed_by,
        Household.unplaced: unplaced,
        Household.state: state,
    }
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


def map_households(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Household]:
    """Id → household, of those among these that the asker may see."""
    found = session.scalars(select(Household).where(Household.id.in_(ids)))
    return {household.id: household for household in found}


def list_households_then(
    places: Collection[str] | None, cell_id: UUID, at: datetime
) -> Select[tuple[Household]]:
    """Households that were in a cell as of `at`, of those that are within `places` now."""
    then = select(Placing.household_id).where(
        Placing.cell_id == cell_id,
        Placing.valid_from < at,
        Placing.valid_to.is_(None) | (Placing.valid_to >= at),
    )
    return list_households(places).where(Household.id.in_(then))


def map_buckets(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Id → bucket of these households."""
    rows = session.execute(select(Household.id, Household.bucket).where(Household.id.in_(ids)))
    return dict(rows.tuples().all())


_ERASED = text("""
    SELECT id FROM gate.presence('household', cast(:ids AS uuid[])) WHERE erased
""")


def list_erased(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Which of these households were erased with their people."""
    return set(session.scalars(_ERASED, {"ids": list(ids)})) if ids else set()


def list_known(session: Session, ids: Collection[UUID]) -> Sequence[Household]:
    """Those of these households that the asker may see."""
    return session.scalars(select(Household).where(Household.id.in_(ids))).all()


def map_heads(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Household → name of its head, of those that the asker may see."""
    query = select(Household.id, Household.head_name).where(Household.id.in_(ids))
    return dict(session.execute(query).tuples().all())


def lock_households(session: Session, ids: Collection[UUID]) -> Sequence[Household]:
    """Lock these, in id order, as far as the asker may see them; and the ground they stand on."""
    share_places(session)
    query = select(Household).where(Household.id.in_(ids)).order_by(Household.id)
    return session.scalars(query.with_for_update(key_share=True)).all()


def insert_households(
    session: Session,
    rows: Sequence[Mapping[str, Any]],
    points: Sequence[tuple[float, float] | None],
) -> None:
    """New households, each with its first placing. `points`: true (WGS-84) positions.

    Raises HouseholdExists where an id is taken, in sight or out of it: both look the same.
    """
    made = session.scalars(
        insert(Household).on_conflict_do_nothing().returning(Household.id),
        [
            {**row, "geom": point_of(at)}
            for row, at in zip(bound(Household, rows), points, strict=True)
        ],
    )
    missing = {row["id"] for row in rows} - set(made)
    if missing:
        raise HouseholdExists(index=next(i for i, r in enumerate(rows) if r["id"] in missing))
    session.execute(
        _OPEN_PLACING,
        {"ids": [row["id"] for row in rows], "at": rows[0]["created_at"]},
    )


def move_placings(session: Session, ids: Sequence[UUID], at: datetime) -> None:
    """Close the placings of households whose place changed, and open those that hold now."""
    session.execute(_CLOSE_PLACING, {"ids": list(ids), "at": at})
    session.execute(_OPEN_PLACING, {"ids": list(ids), "at": at})


_CLOSE_PLACING = text("""
    UPDATE household_placing p SET valid_to = :at
      FROM household h
     WHERE h.id = p.household_id AND p.valid_to IS NULL AND h.id = ANY (cast(:ids AS uuid[]))
       AND (p.cell_id, p.village_id) IS DISTINCT FROM (h.cell_id, h.village_id)
""")
_OPEN_PLACING = text("""
    INSERT INTO household_placing (id, household_id, village_id, cell_id, placed_by, valid_from)
    SELECT gen_random_uuid(), h.id, h.village_id, h.cell_id, h.placed_by, :at
      FROM household h
     WHERE h.id = ANY (cast(:ids AS uuid[]))
       AND NOT EXISTS (SELECT FROM household_placing p
                        WHERE p.household_id = h.id AND p.valid_to IS NULL)
""")


def point_of(at: tuple[float, float] | None) -> WKTElement | None:
    """A WGS-84 position as the column takes it."""
    return None if at is None else WKTElement(f"POINT({at[0]!r} {at[1]!r})", srid=4326)


# What phones hold of a household, in wire order, without id and rev.
SYNC_COLUMNS = (
    "village_id",
    "cell_id",
    "group_no",
    "kind",
    "state",
    "head_name",
    "telephone",
    "address",
    "people",
    "location",
    "placed_by",
    "unplaced",
)


def select_sync_rows() -> Select[Any]:
    """Households as phones hold them: id, then SYNC_COLUMNS."""
    h = Household
    return select(
        h.id,
        h.village_id,
        h.cell_id,
        h.group_no,
        h.kind,
        h.state,
        h.head_name,
        h.telephone,
        h.address,
        h.people,
        # The raw reading, as one value: what a phone may amend as a whole.
        case(
            (h.lon.is_(None), None),
            else_=func.jsonb_build_array(h.lon, h.lat, h.datum, h.accuracy_m),
        ).label("location"),
        h.placed_by,
        h.unplaced,
    )


def list_sync_rows(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Those among these that the asker may see, as phones hold them."""
    wanted = Household.id == any_(literal(list(ids), ARRAY(Household.id.type)))
    return session.execute(select_sync_rows().where(wanted)).all()
