"""All SQL of retention: what has been kept for long enough, kind by kind, oldest first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.retention.models import Run, Setting


class Old(NamedTuple):
    """A row that was kept for long enough, and since when its time is counted."""

    id: UUID
    at: datetime


_REST: Final = "('closed','unsettled','referred','withdrawn','refused','joined')"
# Cases that came to rest, by their last event.
_RESTED: Final = f"""
    SELECT d.id, (SELECT max(e.received_at) FROM dispute_event e WHERE e.dispute_id = d.id) AS at
      FROM dispute d WHERE d.status IN {_REST}
"""
# Each of them gives (id, at). What a preview counts is what a run takes: there is no second query.
_KEPT: Final[Mapping[str, str]] = {
    "visits": "SELECT id, recorded_at AS at FROM visit",
    "disputes": _RESTED,
    "households": f"""
        SELECT h.id, greatest(
                   h.created_at,
                   to_timestamp(cast(h.stamps -> 'state' ->> 0 AS double precision) / 1000),
                   (SELECT max(v.received_at) FROM visit v WHERE v.household_id = h.id),
                   (SELECT max(l.valid_from) FROM household_link l WHERE l.from_id = h.id)) AS at
          FROM household h
         WHERE h.state = 'ended'
           AND NOT EXISTS (SELECT FROM party p JOIN dispute d ON d.id = p.dispute_id
                            WHERE p.household_id = h.id AND d.status NOT IN {_REST})
    """,
    "telephones": f"""
        SELECT p.id, r.at FROM party p JOIN ({_RESTED}) r ON r.id = p.dispute_id
         WHERE p.kind = 'outsider' AND p.telephone IS NOT NULL
    """,
    "attachments": f"""
        SELECT a.id, r.at
          FROM attachment a
          LEFT JOIN dispute_event e ON a.owner_entity = 'dispute_event' AND e.id = a.owner_id
          LEFT JOIN agreement g     ON a.owner_entity = 'agreement' AND g.id = a.owner_id
          JOIN ({_RESTED}) r
            ON r.id = CASE a.owner_entity WHEN 'dispute' THEN a.owner_id
                      ELSE coalesce(e.dispute_id, g.dispute_id) END
    """,
    "consents": """
        SELECT id, ended_at AS at FROM consent c
         WHERE ended_at IS NOT NULL AND NOT EXISTS (SELECT FROM service_need n WHERE n.id = c.id)
    """,
    "receipts": "SELECT mid AS id, received_at AS at FROM sync_receipt",
    "quarantine": """
        SELECT mid AS id, closed_at AS at FROM sync_quarantine WHERE closed_at IS NOT NULL
    """,
    "conflicts": """
        SELECT id, recorded_at AS at FROM sync_conflict
         WHERE NOT needs_person OR decided IS NOT NULL
    """,
    "notices": """
        SELECT id, ended_at AS at FROM notice_delivery WHERE ended_at IS NOT NULL
    """,
    "logins": "SELECT id, refresh_until AS at FROM login",
    "letters": "SELECT letter_id AS id, at FROM resident_receipt",
}


def list_old(session: Session, kind: str, before: datetime, limit: int | None) -> Sequence[Old]:
    """What of a kind is older than `before`: oldest first, at most `limit` (None: all)."""
    query = text(
        f"SELECT id, at FROM ({_KEPT[kind]}) kept WHERE at < :before ORDER BY at, id LIMIT :limit"
    )
    found = session.execute(query, {"before": before, "limit": limit})
    return [Old(row.id, row.at) for row in found]


def summarize(
    session: Session, kind: str, before: datetime
) -> tuple[int, datetime | None, datetime | None]:
    """(how many, the oldest, the newest) of what is older than `before`."""
    query = text(f"SELECT count(*), min(at), max(at) FROM ({_KEPT[kind]}) kept WHERE at < :before")
    count, oldest, newest = session.execute(query, {"before": before}).one()
    return count, oldest, newest


def map_settings(session: Session) -> Mapping[str, Setting]:
    """What the county decided, by kind."""
    return {one.kind: one for one in session.scalars(select(Setting))}


def set_setting(session: Session, **values: Any) -> None:
    """What the county decides from now on."""
    written = insert(Setting).values(**values)
    session.execute(written.on_conflict_do_update(index_elements=["kind"], set_=values))


def lock_run(session: Session, kind: str, day: date, at: datetime) -> Run:
    """Today's run of a kind, begun now if it has not been; nobody else goes on with it."""
    session.execute(
        insert(Run).values(kind=kind, day=day, began_at=at, taken=0).on_conflict_do_nothing()
    )
    query = select(Run).where(Run.kind == kind, Run.day == day).with_for_update()
    return session.execute(query).scalar_one()


_FORGET_TELEPHONES = text("""
    UPDATE party SET telephone = NULL, telephone_index = NULL WHERE id = ANY (cast(:ids AS uuid[]))
""")
_DELETE_CONSENTS = text("DELETE FROM consent WHERE id = ANY (cast(:ids AS uuid[]))")
_DELETE_ATTACHMENTS = text("""
    WITH gone AS (DELETE FROM attachment WHERE id = ANY (cast(:ids AS uuid[])) RETURNING sha256),
         left_over AS (INSERT INTO attachment_leftover SELECT DISTINCT sha256 FROM gone
                           ON CONFLICT DO NOTHING)
    SELECT sha256 FROM gone
""")


def forget_telephones(session: Session, ids: Collection[UUID]) -> None:
    """These parties keep their names and lose their numbers."""
    session.execute(_FORGET_TELEPHONES, {"ids": list(ids)})


def delete_consents(session: Session, ids: Collection[UUID]) -> None:
    """Consents that ended long ago."""
    session.execute(_DELETE_CONSENTS, {"ids": list(ids)})


def delete_attachments(session: Session, ids: Collection[UUID]) -> set[bytes]:
    """Rows of files, which go within a minute unless another row names them; their SHA-256."""
    return {bytes(one) for one in session.scalars(_DELETE_ATTACHMENTS, {"ids": list(ids)})}
