"""SQL of the collections: one select each, with the columns of schemas.COLLECTIONS by name.

Every select has `id`, then the columns, then `geometry` in the form that was asked for. Boxes are
found by quadkey, since spatial operators drive no index under row security; of some thousand
boundaries every one is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    and_,
    any_,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import Text

from server.access.models import User
from server.households.models import Household
from server.maps.features.rules import Box, Span, Wanted, cover
from server.places.models import Area, Boundary, GridCell
from server.visits.models import Visit

COUNTED_TO = 250_000  # more is not counted: a page would cost more than it says
Places = Collection[str] | None


class Form(StrEnum):
    """How a geometry is read."""

    GEOJSON = "ST_AsGeoJSON"
    WKB = "ST_AsBinary"


def features_of(name: str, places: Places, wanted: Wanted, form: Form) -> Select[Any]:
    """What is `wanted` of a collection within `places` (None: the county), in no order."""
    return _SELECTS[name](places, wanted, form)


def count(session: Session, query: Select[Any]) -> int | None:
    """How many there are; None for more than COUNTED_TO."""
    bounded = query.with_only_columns(true()).limit(COUNTED_TO + 1).subquery()
    found = session.execute(select(func.count()).select_from(bounded)).scalar_one()
    return found if found <= COUNTED_TO else None


def list_page(
    session: Session, query: Select[Any], after: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """At most `limit` rows after an id, in the order of ids."""
    key = query.selected_columns["id"]
    page = query.where(key > after) if after else query
    return session.execute(page.order_by(key).limit(limit)).mappings().all()


def find_one(session: Session, query: Select[Any], feature_id: UUID) -> RowMapping | None:
    """The feature of this id, where the query has it."""
    query = query.where(query.selected_columns["id"] == feature_id)
    return session.execute(query).mappings().one_or_none()


def _areas(places: Places, wanted: Wanted, form: Form) -> Select[Any]:
    del places  # areas are no secret among those who work here
    parent, shape = aliased(Area), _boundaries(Boundary.area_id, wanted.span)
    query = (
        select(
            Area.id,
            Area.level,
            Area.code,
            Area.name,
            parent.code.label("parent_code"),
            shape.c.valid_from,
            _shown(shape.c.geom, form),
        )
        .outerjoin(parent, parent.id == Area.parent_id)
        .join(shape, shape.c.area_id == Area.id, isouter=not (wanted.boxes or wanted.span))
    )
    if wanted.span is None:
        query = query.where(Area.ended_at.is_(None))
    if wanted.under:
        query = query.where(Area.code.startswith(wanted.under, autoescape=True))
    return _narrowed(query, wanted, {"level": Area.level, "code": Area.code}, _meets(shape.c.geom))


def _cells(places: Places, wanted: Wanted, form: Form) -> Select[Any]:
    del places
    shape = _boundaries(Boundary.cell_id, wanted.span)
    village, township = aliased(Area), aliased(Area)
    query = (
        select(
            GridCell.id,
            GridCell.code,
            GridCell.name,
            township.name.label("township"),
            village.name.label("village"),
            village.code.label("village_code"),
            func.array_to_string(GridCell.groups, ",").label("groups"),
            GridCell.synthetic,
            shape.c.valid_from,
            _shown(shape.c.geom, form),
        )
        .join(village, village.id == GridCell.village_id)
        .outerjoin(township, township.id == village.parent_id)
        .join(shape, shape.c.cell_id == GridCell.id, isouter=not (wanted.boxes or wanted.span))
    )
    if wanted.span is None:
        query = query.where(GridCell.ended_at.is_(None))
    if wanted.under:
        query = query.where(GridCell.code.startswith(wanted.under, autoescape=True))
    equal = {"code": GridCell.code, "village_code": village.code}
    return _narrowed(query, wanted, equal, _meets(shape.c.geom))


def _households(places: Places, wanted: Wanted, form: Form) -> Select[Any]:
    h = Household
    return _lived_in_places(
        select(
            h.id,
            *_where(),
            h.group_no,
            h.head_name,
            h.telephone,
            h.address,
            h.kind,
            h.state,
            h.people,
            h.placed_by,
            h.unplaced,
            h.accuracy_m,
            h.external_id,
            h.created_at,
            _shown(h.geom, form),
        ),
        h.bucket,
        h.created_at,
        places,
        wanted,
        {"kind": h.kind, "state": h.state, "placed_by": h.placed_by},
    )


def _visits(places: Places, wanted: Wanted, form: Form) -> Select[Any]:
    v = Visit
    query = select(
        v.id,
        *_where(),
        v.household_id,
        v.outcome,
        v.purpose,
        v.companions,
        User.name.label("done_by"),
        v.occurred_at,
        v.recorded_at,
        v.received_at,
        _shown(Household.geom, form),
    ).select_from(v)
    query = query.join(Household, Household.id == v.household_id).join(User, User.id == v.done_by)
    equal = {"outcome": v.outcome, "purpose": v.purpose, "household_id": v.household_id}
    return _lived_in_places(query, v.bucket, v.recorded_at, places, wanted, equal)


_SELECTS: Mapping[str, Callable[[Places, Wanted, Form], Select[Any]]] = {
    "areas": _areas,
    "cells": _cells,
    "households": _households,
    "visits": _visits,
}
_VILLAGE, _TOWNSHIP, _CELL = aliased(Area), aliased(Area), aliased(GridCell)


def _where() -> tuple[ColumnElement[Any], ...]:
    """Where a household lies, in the words of today."""
    return (
        _TOWNSHIP.name.label("township"),
        _VILLAGE.name.label("village"),
        _VILLAGE.code.label("village_code"),
        _CELL.code.label("cell_code"),
    )


def _lived_in_places(
    query: Select[Any],
    bucket: Any,
    at: Any,
    places: Places,
    wanted: Wanted,
    equal: Mapping[str, Any],
) -> Select[Any]:
    """Rows of households: within the asker's places, in the boxes, of that time."""
    query = (
        query.join(_VILLAGE, _VILLAGE.id == Household.village_id)
        .outerjoin(_TOWNSHIP, _TOWNSHIP.id == _VILLAGE.parent_id)
        .outerjoin(_CELL, _CELL.id == Household.cell_id)
    )
    if places is not None:
        query = query.where(bucket == any_(literal(list(places), ARRAY(Text))))
    if wanted.span and wanted.span.since:
        query = query.where(at >= wanted.span.since)
    if wanted.span and wanted.span.until:
        query = query.where(at <= wanted.span.until)
    if wanted.under:
        lies = _CELL.code if len(wanted.under) == 15 else _VILLAGE.code
        query = query.where(lies.startswith(wanted.under, autoescape=True))
    equal = {"village_code": _VILLAGE.code, "cell_code": _CELL.code, **equal}
    return _narrowed(query, wanted, equal, _within)


def _narrowed(
    query: Select[Any],
    wanted: Wanted,
    equal: Mapping[str, Any],
    lies_in: Callable[[Box], ColumnElement[bool]],
) -> Select[Any]:
    if wanted.boxes:
        query = query.where(or_(*map(lies_in, wanted.boxes)))
    return query.where(*(equal[name] == value for name, value in wanted.equal.items()))


def _within(box: Box) -> ColumnElement[bool]:
    """Whether a household's point lies in the box. The quadkeys find it, the point decides."""
    near = [and_(Household.quadkey >= low, Household.quadkey < high) for low, high in cover(box)]
    east, north = func.ST_X(Household.geom), func.ST_Y(Household.geom)
    return and_(or_(*near), east.between(box.west, box.east), north.between(box.south, box.north))


def _meets(geom: Any) -> Callable[[Box], ColumnElement[bool]]:
    """Whether a polygon meets the box."""
    return lambda box: func.ST_Intersects(geom, func.ST_MakeEnvelope(*box, 4326))


def _boundaries(owner: Any, span: Span | None) -> Any:
    """The present boundary of each owner; or, of a span, the last one that held in it."""
    query = select(owner, Boundary.geom, Boundary.valid_from).where(owner.is_not(None))
    if span is None:
        return query.where(Boundary.valid_to.is_(None)).subquery()
    if span.until:
        query = query.where(Boundary.valid_from <= span.until)
    if span.since:
        query = query.where(Boundary.valid_to.is_(None) | (Boundary.valid_to > span.since))
    return query.distinct(owner).order_by(owner, Boundary.valid_from.desc()).subquery()


def _shown(geom: Any, form: Form) -> ColumnElement[Any]:
    """Polygons turn as RFC 7946 has it; a point is left as it is by that."""
    read: Callable[[Any], ColumnElement[Any]] = getattr(func, form.value)
    return read(func.ST_ForcePolygonCCW(geom)).label("geometry")
