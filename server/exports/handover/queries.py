"""SQL of hand-overs: what a platform has not heard yet, and what it was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, and_, case, exists, func, insert, select, text, true
from sqlalchemy.orm import Session, aliased

from server.disputes.models import Dispute
from server.exports.handover.models import ExternalRef, Handover, HandoverRow
from server.exports.queries import read, rows_of
from server.households.models import Household
from server.maps.features.queries import Form
from server.maps.features.rules import Wanted
from server.visits.models import Visit

# The name of an entity in a mapping file → in the tables.
ENTITIES = {"households": "household", "visits": "visit", "disputes": "dispute"}
_KEYS = {"households": Household.id, "visits": Visit.id, "disputes": Dispute.id}


def lock_next(session: Session, platform: str) -> int:
    """The number of a platform's next hand-over; until the end of this transaction nobody else's.

    The file is written within the transaction, so that this may wait for a disk.
    """
    session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    session.execute(_LOCK, {"platform": platform})
    last = session.scalar(select(func.max(Handover.n)).where(Handover.platform == platform))
    return (last or 0) + 1


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('handover ' || :platform, 0))")


def list_unheard(
    session: Session, platform: str, entity: str, now: datetime
) -> Iterator[Sequence[RowMapping]]:
    """Rows that the platform has not heard of, and changeable ones with the version it heard last.

    Decided by what was told, never by time: a visit that a phone delivers late is among them.
    """
    key, told = _KEYS[entity], aliased(HandoverRow)
    of_row = and_(told.platform == platform, told.entity == ENTITIES[entity], told.row_id == key)
    query = _with_fields(rows_of(entity, None, None, now, Wanted(), Form.WKB), platform, entity)
    if entity == "visits":  # immutable: heard is heard
        return read(session, query.where(~exists().where(of_row)))
    last = select(told.version).where(of_row).order_by(told.n.desc()).limit(1).lateral()
    return read(session, query.outerjoin(last, true()).add_columns(last.c.version.label("before")))


def list_told(
    session: Session, platform: str, entity: str, now: datetime, n: int
) -> Iterator[Sequence[RowMapping]]:
    """The rows of one hand-over as they are now, with what was told of each."""
    told = aliased(HandoverRow)
    query = _with_fields(rows_of(entity, None, None, now, Wanted(), Form.WKB), platform, entity)
    query = query.join(
        told,
        and_(
            told.platform == platform,
            told.entity == ENTITIES[entity],
            told.row_id == _KEYS[entity],
            told.n == n,
        ),
    )
    return read(session, query.add_columns(told.version.label("before"), told.change))


def _with_fields(query: Select[Any], platform: str, entity: str) -> Select[Any]:
    """The fields that only hand-overs have."""
    ref = _ref(platform, entity)
    query = query.outerjoin(ref, ref.c.row_id == _KEYS[entity])
    geom = Household.geom
    if entity == "disputes":
        return query.add_columns(ref.c.external_id.label("their_id"))
    by_theirs = case((Household.external_system == platform, Household.external_id))
    if entity == "households":
        return query.add_columns(
            func.coalesce(ref.c.external_id, by_theirs).label("their_id"),
            func.ST_X(geom).label("lon"),
            func.ST_Y(geom).label("lat"),
        )
    home, amended = _ref(platform, "households"), _ref(platform, "visits")
    return (
        query.outerjoin(home, home.c.row_id == Visit.household_id)
        .outerjoin(amended, amended.c.row_id == Visit.supersedes_id)
        .add_columns(
            ref.c.external_id.label("their_id"),
            func.coalesce(home.c.external_id, by_theirs).label("household_their_id"),
            amended.c.external_id.label("supersedes_their_id"),
            Visit.supersedes_id,
            Visit.note,
            Household.head_name,
        )
    )


def _ref(platform: str, entity: str) -> Any:
    """The ids by which the platform knows rows of an entity."""
    mine = select(ExternalRef.row_id, ExternalRef.external_id)
    return mine.where(
        ExternalRef.system == platform, ExternalRef.entity == ENTITIES[entity]
    ).subquery()


def insert_handover(session: Session, **values: Any) -> None:
    """Open a hand-over; its digest and counts follow when its file is complete."""
    session.execute(insert(Handover).values(digest=b"", counts={}, **values))


def insert_rows(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """What was told."""
    session.execute(insert(HandoverRow), [dict(row) for row in rows])


def finish_handover(
    session: Session, platform: str, n: int, digest: bytes, counts: Mapping[str, Any]
) -> None:
    """The file is complete."""
    handover = session.get_one(Handover, (platform, n))
    handover.digest, handover.counts = digest, dict(counts)
    session.flush()


def find_handover(session: Session, platform: str, n: int) -> Handover | None:
    """One hand-over."""
    return session.get(Handover, (platform, n))


def list_handovers(session: Session, platform: str) -> Sequence[Handover]:
    """All of a platform, oldest first."""
    query = select(Handover).where(Handover.platform == platform).order_by(Handover.n)
    return session.scalars(query).all()


# Ids are made where a row is made and are unique among all of them: an id tells its entity.
_ENTITIES_OF = text("""
    SELECT asked.id, CASE WHEN h.id IS NOT NULL THEN 'household'
                          WHEN v.id IS NOT NULL THEN 'visit'
                          WHEN d.id IS NOT NULL THEN 'dispute' END AS entity
      FROM unnest(cast(:ids AS uuid[])) asked (id)
      LEFT JOIN household h ON h.id = asked.id
      LEFT JOIN visit v     ON v.id = asked.id
      LEFT JOIN dispute d   ON d.id = asked.id
""")


def map_entities(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Id → entity, of the rows that exist."""
    found = session.execute(_ENTITIES_OF, {"ids": list(ids)})
    return {row.id: row.entity for row in found if row.entity}


def map_refs(session: Session, system: str, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Row → the id by which a system knows it."""
    query = select(ExternalRef.row_id, ExternalRef.external_id).where(
        ExternalRef.system == system, ExternalRef.row_id.in_(ids)
    )
    return dict(session.execute(query).tuples().all())


def map_owners(
    session: Session, system: str, theirs: Sequence[str]
) -> Mapping[tuple[str, str], UUID]:
    """(entity, their id) → our row."""
    query = select(ExternalRef.entity, ExternalRef.external_id, ExternalRef.row_id).where(
        ExternalRef.system == system, ExternalRef.external_id.in_(theirs)
    )
    return {(row.entity, row.external_id): row.row_id for row in session.execute(query)}


_KEEP = text("""
    INSERT INTO external_ref (entity, row_id, system, external_id)
    VALUES (:entity, :row_id, :system, :external_id)
    ON CONFLICT (entity, row_id, system) DO UPDATE SET external_id = excluded.external_id
""")


def keep_refs(session: Session, refs: Sequence[Mapping[str, Any]]) -> None:
    """Ids by which a system knows our rows; a row that has one gets the new one."""
    if refs:
        session.execute(_KEEP, [dict(ref) for ref in refs])
