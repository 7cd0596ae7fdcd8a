"""All SQL of visits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, any_, func, insert, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text, Uuid

from server.visits.errors import VisitNotFound
from server.visits.models import Visit


class Served(NamedTuple):
    """Where a household is now, where it was when something was recorded, and whether by whom."""

    bucket: str
    cell_id: UUID | None
    served: bool


_SERVED = text("""
    SELECT ord, bucket, cell_id, served
      FROM gate.served(cast(:households AS uuid[]), cast(:times AS timestamptz[]))
""")


def find_served(session: Session, asked: Sequence[tuple[UUID, datetime]]) -> Mapping[int, Served]:
    """Index of (household, recorded_at) → Served; a household that does not exist is missing."""
    households, times = zip(*asked, strict=True)
    rows = session.execute(_SERVED, {"households": list(households), "times": list(times)})
    return {row.ord - 1: Served(row.bucket, row.cell_id, row.served) for row in rows}


def insert_visits(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """New visits; the keys of every dict must be the same."""
    session.execute(insert(Visit), list(rows))


def get_visit(session: Session, visit_id: UUID) -> Visit:
    """One visit. Raises VisitNotFound."""
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise VisitNotFound
    return visit


def list_visits(
    places: Collection[str] | None,
    *,
    household_id: UUID | None = None,
    outcome: str | None = None,
    recorded_by: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Select[tuple[Visit]]:
    """Visits within `places` (None: the county), recorded in [since, until)."""
    query = select(Visit)
    if places is not None:
        query = query.where(Visit.bucket == any_(literal(list(places), ARRAY(Text))))
    if since:
        query = query.where(Visit.recorded_at >= since)
    if until:
        query = query.where(Visit.recorded_at < until)
    wanted = {
        Visit.household_id: household_id,
        Visit.outcome: outcome,
        Visit.recorded_by: recorded_by,
    }
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


def count_superseded(session: Session, pairs: Sequence[tuple[UUID, UUID]]) -> int:
    """How many of these (visit, household) pairs exist: an amendment stays with its household."""
    visits, households = zip(*pairs, strict=True)
    asked = func.unnest(
        literal(list(visits), ARRAY(Uuid)), literal(list(households), ARRAY(Uuid))
    ).table_valued("visit_id", "household_id")
    return (
        session.scalar(
            select(func.count())
            .select_from(asked)
            .join(
                Visit,
                (Visit.id == asked.c.visit_id) & (Visit.household_id == asked.c.household_id),
            )
        )
        or 0
    )


SYNC_COLUMNS = (
    "household_id",
    "outcome",
    "purpose",
    "note",
    "companions",
    "done_by",
    "recorded_by",
    "occurred_at",
    "recorded_at",
    "supersedes_id",
)


def list_sync_rows(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Visits as phones hold them: id, then SYNC_COLUMNS."""
    columns = [Visit.id, *(getattr(Visit, name) for name in SYNC_COLUMNS)]
    return session.execute(
        select(*columns).where(Visit.id == any_(literal(list(ids), ARRAY(Uuid))))
    ).all()
