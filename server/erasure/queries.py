"""All SQL of erasing: what a person's rows are, who wrote them, and taking them away."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, delete, select, text, tuple_, update
from sqlalchemy.orm import Session

from server.erasure.models import Erasure
from server.syncing.models import SyncQuarantine


def find_erasure(session: Session, entity: str, row_id: UUID) -> Erasure | None:
    """The erasure of this row, asked for or done."""
    query = select(Erasure).where(Erasure.entity == entity, Erasure.row_id == row_id)
    return session.scalar(query)


def insert_erasure(session: Session, erasure: Erasure) -> None:
    """An erasure that was asked for."""
    session.add(erasure)
    session.flush()


def is_there(session: Session, entity: str, row_id: UUID) -> bool:
    """Whether the asker sees such a row."""
    return bool(session.scalar(_IS_THERE[entity], {"id": row_id}))


_IS_THERE = {
    "household": text("SELECT EXISTS (SELECT FROM household WHERE id = :id)"),
    "visit": text("SELECT EXISTS (SELECT FROM visit WHERE id = :id)"),
}


def list_erasures() -> Select[tuple[Erasure]]:
    """Every erasure that the asker may see."""
    return select(Erasure)


def list_waiting(session: Session) -> Sequence[Erasure]:
    """Erasures that nobody has carried out yet."""
    return session.scalars(select(Erasure).where(Erasure.done_at.is_(None))).all()


def list_done(session: Session) -> Sequence[Row[Any]]:
    """(entity, row_id) of every erasure that was carried out."""
    query = select(Erasure.entity, Erasure.row_id).where(Erasure.done_at.is_not(None))
    return session.execute(query).all()


def finish_erasure(
    session: Session, entity: str, row_id: UUID, at: datetime, counts: Mapping[str, Any]
) -> None:
    """It is done; what went is counted."""
    session.execute(
        update(Erasure)
        .where(Erasure.entity == entity, Erasure.row_id == row_id)
        .values(done_at=at, counts=dict(counts))
    )


_TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('erasure ' || :id, 0))")


def take_turn(session: Session, row_id: UUID) -> None:
    """Whoever else erases this row just now is waited for, and its count is the one that stays."""
    session.execute(_TAKE_TURN, {"id": str(row_id)})


# FOR UPDATE: who would add a visit just now waits, and is told that the household is gone.
_LOCK = {
    "household": text("SELECT id, bucket FROM household WHERE id = :id FOR UPDATE"),
    "visit": text("SELECT id, bucket FROM visit WHERE id = :id FOR UPDATE"),
}


def lock_row(session: Session, entity: str, row_id: UUID) -> str | None:
    """Lock what is to be erased; its bucket, or None where it is not in this database."""
    found = session.execute(_LOCK[entity], {"id": row_id}).one_or_none()
    return found.bucket if found else None


def list_visits(session: Session, household_id: UUID) -> list[UUID]:
    """Ids of a household's visits."""
    query = text("SELECT id FROM visit WHERE household_id = :id")
    return list(session.scalars(query, {"id": household_id}))


# Without an index on row_id: a receipt is written thousands of times for each erasure.
_AUTHORS = text("""
    SELECT d.user_id FROM sync_receipt r JOIN device d ON d.id = r.device_id
     WHERE r.row_id = ANY (cast(:ids AS uuid[]))
    UNION SELECT recorded_by FROM visit     WHERE id = ANY (cast(:ids AS uuid[]))
    UNION SELECT recorded_by FROM household WHERE id = ANY (cast(:ids AS uuid[]))
                                              AND recorded_by IS NOT NULL
""")


def list_authors(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Users whose phones may keep what they sent about these rows."""
    return set(session.scalars(_AUTHORS, {"ids": list(ids)}))


_PLATFORMS = text("""
    SELECT DISTINCT platform FROM handover_row WHERE row_id = ANY (cast(:ids AS uuid[]))
""")


def list_platforms(session: Session, ids: Collection[UUID]) -> list[str]:
    """Other platforms that were told of these rows, and have to be asked to erase them too."""
    return sorted(session.scalars(_PLATFORMS, {"ids": list(ids)}))


def list_quarantined(session: Session, since: datetime | None) -> Iterator[SyncQuarantine]:
    """What is kept aside, received since then (None: ever); a few hundred at a time in memory."""
    query = select(SyncQuarantine).execution_options(yield_per=200)
    if since:
        query = query.where(SyncQuarantine.received_at >= since)
    yield from session.scalars(query)


_IS_LIVE = text("""
    SELECT EXISTS (SELECT FROM gate.presence(:entity, ARRAY[cast(:id AS uuid)]) WHERE NOT deleted)
""")


def is_live(session: Session, entity: str, row_id: UUID) -> bool:
    """Whether there is such a row, whoever may see it."""
    return bool(session.scalar(_IS_LIVE, {"entity": entity, "id": row_id}))


def delete_quarantined(session: Session, rows: Collection[SyncQuarantine]) -> None:
    """Drop changes that were kept aside. A mid is one phone's own: another may use the same."""
    key = tuple_(SyncQuarantine.device_id, SyncQuarantine.mid)
    keys = [(row.device_id, row.mid) for row in rows]
    session.execute(delete(SyncQuarantine).where(key.in_(keys)))


# In this order: what points at a row goes before it. The counts are told by these names.
_TAKE_AWAY: Mapping[str, str] = {
    "duplicates": "DELETE FROM likely_duplicate WHERE first_id = ANY ({ids})"
    " OR second_id = ANY ({ids})",
    "links": "DELETE FROM household_link WHERE from_id = ANY ({ids}) OR to_id = ANY ({ids})",
    "refs": "DELETE FROM external_ref WHERE row_id = ANY ({ids})",
    "told": "DELETE FROM handover_row WHERE row_id = ANY ({ids})",
    # The code that would still lead to the case, and what was said with a rating.
    "codes": "DELETE FROM party_code WHERE party_id IN"
    " (SELECT id FROM party WHERE household_id = ANY ({ids}))",
    "comments": "UPDATE rating SET comment = NULL WHERE comment IS NOT NULL AND party_id IN"
    " (SELECT id FROM party WHERE household_id = ANY ({ids}))",
    "parties": "UPDATE party SET kind = 'outsider', household_id = NULL, name = NULL,"
    " telephone = NULL, telephone_index = NULL WHERE household_id = ANY ({ids})",
    "conflicts": "DELETE FROM sync_conflict WHERE row_id = ANY ({ids})",
    "amended": "UPDATE visit SET supersedes_id = NULL WHERE supersedes_id = ANY ({ids})"
    " AND id <> ALL ({ids})",
    # Their files go within a minute, unless another record has the same (server/attachments).
    "attachments": "WITH gone AS (DELETE FROM attachment WHERE owner_entity = 'visit'"
    " AND owner_id = ANY ({ids}) RETURNING sha256) INSERT INTO attachment_leftover"
    " SELECT DISTINCT sha256 FROM gone ON CONFLICT DO NOTHING",
    "visits": "DELETE FROM visit WHERE id = ANY ({ids})",
    "placings": "DELETE FROM household_placing WHERE household_id = ANY ({ids})",
    "households": "DELETE FROM household WHERE id = ANY ({ids})",
}


def list_disputes(session: Session, household_id: UUID) -> list[UUID]:
    """Disputes in which a household is a party: their stories may still speak of it."""
    query = text("SELECT DISTINCT dispute_id FROM party WHERE household_id = :id")
    return sorted(session.scalars(query, {"id": household_id}))


def take_away(session: Session, ids: Collection[UUID]) -> dict[str, int]:
    """Delete these rows with all that hangs on them; how many of each went."""
    gone = {}
    for name, statement in _TAKE_AWAY.items():
        written = text(statement.format(ids="cast(:ids AS uuid[])"))
        done: Any = session.execute(written, {"ids": list(ids)})
        gone[name] = int(done.rowcount)
    return gone


_ERASE = text("""
    SELECT feed.erase(:entity, cast(:ids AS uuid[]), cast(:buckets AS text[]))
""")


def mark_erased(
    session: Session, entity: str, ids: Collection[UUID], buckets: Collection[str]
) -> None:
    """These ids are never taken again; whoever holds one of these buckets hears why."""
    values = {"entity": entity, "ids": list(ids), "buckets": sorted(buckets)}
    session.execute(_ERASE, values)
