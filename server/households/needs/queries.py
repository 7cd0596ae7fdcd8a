"""All SQL of service needs and consents."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, any_, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session
from sqlalchemy.types import Text, Uuid

from server.households.needs.errors import NeedExists, NeedNotFound
from server.households.needs.models import Consent, ServiceNeed
from server.sealed import bound


class Served(NamedTuple):
    """Where a household is now, and whether the asker served it when something was recorded."""

    bucket: str
    served: bool


_SERVED = text("""
    SELECT ord, bucket, served
      FROM gate.served(cast(:households AS uuid[]), cast(:times AS timestamptz[]))
""")


def find_served(session: Session, asked: Sequence[tuple[UUID, datetime]]) -> Mapping[int, Served]:
    """Index of (household, recorded_at) → Served; a household that does not exist is missing."""
    households, times = zip(*asked, strict=True)
    values = {"households": list(households), "times": list(times)}
    return {row.ord - 1: Served(row.bucket, row.served) for row in session.execute(_SERVED, values)}


_TAKE_TURNS = text("""
    SELECT pg_advisory_xact_lock(hashtextextended('need ' || id, 0))
      FROM (SELECT DISTINCT id FROM unnest(cast(:ids AS text[])) id ORDER BY id) households
""")


def take_turns(session: Session, households: Collection[UUID]) -> None:
    """Two that record for one household at once do so one after the other."""
    session.execute(_TAKE_TURNS, {"ids": [str(one) for one in households]})


def insert_needs(
    session: Session, consents: Sequence[Mapping[str, Any]], needs: Sequence[Mapping[str, Any]]
) -> None:
    """New consents with their tags. Raises NeedExists where an id is taken, in sight or not."""
    written = insert(Consent).on_conflict_do_nothing().returning(Consent.id)
    made = set(session.scalars(written, bound(Consent, consents)))
    for index, row in enumerate(consents):
        if row["id"] not in made:
            raise NeedExists(index=index)
    session.execute(insert(ServiceNeed), list(needs))


def list_standing(session: Session, households: Collection[UUID]) -> Sequence[ServiceNeed]:
    """Tags of these households that stand, also such as are about to go."""
    query = select(ServiceNeed).where(
        ServiceNeed.household_id.in_(households), ~ServiceNeed.withdrawn
    )
    return session.scalars(query).all()


def lock_needs(session: Session, ids: Collection[UUID]) -> Sequence[ServiceNeed]:
    """Lock these, in id order, as far as the asker may see them."""
    query = select(ServiceNeed).where(ServiceNeed.id.in_(ids)).order_by(ServiceNeed.id)
    return session.scalars(query.with_for_update()).all()


def get_need(session: Session, household_id: UUID, need_id: UUID) -> ServiceNeed:
    """A tag of this household. Raises NeedNotFound (or hidden)."""
    found = session.get(ServiceNeed, need_id)
    if found is None or found.household_id != household_id:
        raise NeedNotFound
    return found


_END = text("""
    UPDATE consent SET ended_at = :at, ended_how = :how, ended_by = :by
     WHERE id = ANY (cast(:ids AS uuid[])) AND ended_at IS NULL
""")


def end_consents(
    session: Session, ids: Collection[UUID], how: str, at: datetime, by: UUID | None
) -> None:
    """They hold no longer."""
    session.execute(_END, {"ids": list(ids), "how": how, "at": at, "by": by})


def list_needs(
    places: Collection[str] | None,
    today: date,
    *,
    household_id: UUID | None = None,
    until: date | None = None,
) -> Select[tuple[ServiceNeed]]:
    """Tags that hold today within `places` (None: the county); `until`: that end by then."""
    query = select(ServiceNeed).where(~ServiceNeed.withdrawn, ServiceNeed.until >= today)
    if places is not None:
        query = query.where(ServiceNeed.bucket == any_(literal(list(places), ARRAY(Text))))
    if household_id is not None:
        query = query.where(ServiceNeed.household_id == household_id)
    return query if until is None else query.where(ServiceNeed.until <= until)


def list_consents(household_id: UUID) -> Select[tuple[Consent]]:
    """Every consent that a household ever gave."""
    return select(Consent).where(Consent.household_id == household_id)


_TAKE_OVER = text("""
    WITH over AS MATERIALIZED (
        SELECT id FROM service_need
         WHERE withdrawn OR until < :today
         ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED
    ), ended AS (
        UPDATE consent c SET ended_at = :at, ended_how = 'expired'
          FROM over WHERE c.id = over.id AND c.ended_at IS NULL
    )
    DELETE FROM service_need n USING over WHERE n.id = over.id RETURNING n.id
""")


def take_over(session: Session, today: date, at: datetime, batch: int) -> Sequence[UUID]:
    """Take away tags whose consent holds no longer; the consents stay as history."""
    values = {"today": today, "at": at, "batch": batch}
    return session.scalars(_TAKE_OVER, values).all()


SYNC_COLUMNS = (
    "household_id",
    "need",
    "given_by",
    "how",
    "given_on",
    "until",
    "withdrawn",
    "recorded_by",
)


def select_sync_rows() -> Select[Any]:
    """Tags as phones hold them: id, then SYNC_COLUMNS; days as text."""
    n = ServiceNeed
    days = {"given_on": n.given_on.cast(Text), "until": n.until.cast(Text)}
    columns = [
        days[name].label(name) if name in days else getattr(n, name) for name in SYNC_COLUMNS
    ]
    return select(n.id, *columns)


def list_sync_rows(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Those among these that the asker may see, as phones hold them."""
    wanted = ServiceNeed.id == any_(literal(list(ids), ARRAY(Uuid)))
    return session.execute(select_sync_rows().where(wanted)).all()
