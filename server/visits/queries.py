"""All SQL of visits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, any_, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text, Uuid

from server.access.models import User
from server.db import run
from server.rows import as_array, as_json
from server.visits.errors import VisitExists, VisitNotFound
from server.visits.models import Visit


class Served(NamedTuple):
    """Where a household is now, where it was when something was recorded, and whether by whom."""

    bucket: str
    cell_id: str | None
    served: bool


_SERVED = """
    SELECT ord, bucket, cast(cell_id AS text) AS cell_id, served
      FROM gate.served(cast(:households AS uuid[]), cast(:times AS timestamptz[]))
"""


def find_served(session: Session, asked: Sequence[tuple[UUID, datetime]]) -> Mapping[int, Served]:
    """Index of (household, recorded_at) → Served; a household that does not exist is missing."""
    households, times = zip(*asked, strict=True)
    at = as_array(time.isoformat() for time in times)
    rows = run(session, _SERVED, {"households": as_array(households), "times": at})
    return {row.ord - 1: Served(row.bucket, row.cell_id, row.served) for row in rows}


_COLUMNS = ", ".join(column.name for column in Visit.__table__.columns)
_INSERT = f"""
    INSERT INTO visit ({_COLUMNS})
    SELECT {_COLUMNS} FROM json_populate_recordset(cast(NULL AS visit), :rows)
        ON CONFLICT DO NOTHING
 RETURNING cast(id AS text) AS id
"""


def insert_visits(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """New visits.

    Raises VisitExists where an id is taken, in sight or out of it: both look the same.
    """
    written = {"rows": as_json(rows, seal={"note": "visit.note"})}
    made = {row.id for row in run(session, _INSERT, written)}
    for index, row in enumerate(rows):
        if str(row["id"]) not in made:
            raise VisitExists(index=index)


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


LATE: Final = timedelta(days=1)  # between writing and arriving: a day's walk out of range is not


def list_late(places: Collection[str] | None, since: datetime) -> Select[tuple[Visit]]:
    """Visits within `places` (None: the county) that came since then, more than a day after they
    were written down: an index has those alone.
    """
    late = Visit.received_at - Visit.recorded_at > LATE
    return list_visits(places).where(Visit.received_at >= since, late)


def list_late_phones(
    session: Session, places: Collection[str] | None, since: datetime
) -> Sequence[Row[tuple[str, int, datetime, datetime, datetime]]]:
    """(name, how many, first and last written, last received) of late visits by who made them, the
    last to arrive first.
    """
    late = list_late(places, since).subquery()
    last = func.max(late.c.received_at)
    query = (
        select(
            User.name,
            func.count().label("visits"),
            func.min(late.c.recorded_at).label("first"),
            func.max(late.c.recorded_at).label("last"),
            last.label("received"),
        )
        .join(User, User.id == late.c.done_by)
        .group_by(User.id, User.name)
        .order_by(last.desc(), User.id)
    )
    return session.execute(query).all()


def list_known_users(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Which of these are users."""
    return set(session.scalars(select(User.id).where(User.id.in_(ids))))


_OF_HOUSEHOLD = text("""
    SELECT v.id, v.household_id
      FROM unnest(cast(:visits AS uuid[]), cast(:households AS uuid[])) AS asked (id, household_id)
      JOIN visit v USING (id, household_id)
""")


def find_pairs(session: Session, pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Which of these (visit, household) exist: an amendment stays with its household."""
    visits, households = zip(*pairs, strict=True)
    rows = session.execute(_OF_HOUSEHOLD, {"visits": list(visits), "households": list(households)})
    return {(row.id, row.household_id) for row in rows}


_ERASED = text("SELECT id FROM gate.presence('visit', cast(:ids AS uuid[])) WHERE erased")


def list_erased(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Which of these visits were erased."""
    return set(session.scalars(_ERASED, {"ids": list(ids)}))


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
    "proof",  # since schema 2
    "received_at",
)


def select_sync_rows() -> Select[Any]:
    """Visits as phones hold them: id, then SYNC_COLUMNS."""
    return select(Visit.id, *(getattr(Visit, name) for name in SYNC_COLUMNS))


def list_sync_rows(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Those among these that the asker may see, as phones hold them."""
    wanted = Visit.id == any_(literal(list(ids), ARRAY(Uuid)))
    return session.execute(select_sync_rows().where(wanted)).all()
