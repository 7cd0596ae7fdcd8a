"""SQL of exports: which rows, counted, and read row by row in one snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.orm import Session, aliased

from server.access.models import Office
from server.disputes.models import Dispute, DisputePlace, Holding
from server.disputes.queries import cases
from server.maps.features.queries import Form, Places, features_of
from server.maps.features.rules import Wanted
from server.places.models import Area, Boundary, GridCell

BATCH = 1000  # rows in memory at a time


def rows_of(
    name: str, places: Places, author: UUID | None, now: datetime, wanted: Wanted, form: Form
) -> Select[Any]:
    """The rows of an export with their columns by name, as `features_of`; disputes too."""
    if name == "disputes":
        return _disputes(places, author, now, wanted, form)
    return features_of(name, places, wanted, form)


def count(session: Session, query: Select[Any]) -> int:
    """How many there are."""
    rows = query.with_only_columns(query.selected_columns["id"]).subquery()
    return session.execute(select(func.count()).select_from(rows)).scalar_one()


def read(session: Session, query: Select[Any]) -> Iterator[Sequence[RowMapping]]:
    """The rows in the order of ids, in batches, from a cursor of the server."""
    ordered = query.order_by(query.selected_columns["id"])
    found = session.execute(ordered, execution_options={"yield_per": BATCH})
    return (batch for batch in found.mappings().partitions())


def _disputes(
    places: Places, author: UUID | None, now: datetime, wanted: Wanted, form: Form
) -> Select[Any]:
    """Cases stand at a point of their cell: where exactly, is known to who handles them."""
    d, held = Dispute, aliased(Holding)
    village, township, cell, shape = aliased(Area), aliased(Area), aliased(GridCell), Boundary
    known = cases.list_disputes(places, author, now).subquery()
    query = (
        select(
            d.id,
            township.name.label("township"),
            village.name.label("village"),
            village.code.label("village_code"),
            cell.code.label("cell_code"),
            d.category,
            d.status,
            d.level,
            Office.name.label("office"),
            d.channel,
            d.size,
            d.story,
            held.due_at,
            func.coalesce(held.due_at <= now, False).label("overdue"),
            d.occurred_at,
            d.recorded_at,
            d.received_at,
            getattr(func, form.value)(func.ST_PointOnSurface(shape.geom)).label("geometry"),
        )
        .join(Office, Office.id == d.office_id)
        .outerjoin(held, (held.dispute_id == d.id) & held.ended_at.is_(None))
        .outerjoin(cell, cell.id == d.cell_id)
        .outerjoin(shape, (shape.cell_id == cell.id) & shape.valid_to.is_(None))
        .outerjoin(village, village.id == d.village_id)
        .outerjoin(township, township.id == village.parent_id)
        .where(d.id.in_(select(known.c.id)))
    )
    return _narrowed(query, wanted)


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.span and wanted.span.since:
        query = query.where(Dispute.recorded_at >= wanted.span.since)
    if wanted.span and wanted.span.until:
        query = query.where(Dispute.recorded_at <= wanted.span.until)
    if wanted.under:
        area, cell = aliased(Area), aliased(GridCell)
        there = (
            select(DisputePlace.dispute_id)
            .join(area, area.id == DisputePlace.village_id)
            .outerjoin(cell, cell.id == DisputePlace.cell_id)
        )
        lies = cell.code if len(wanted.under) == 15 else area.code
        there = there.where(lies.startswith(wanted.under, autoescape=True))
        query = query.where(Dispute.id.in_(there))
    return query
