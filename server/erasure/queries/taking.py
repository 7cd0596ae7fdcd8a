"""SQL of what hangs on an erased row, who wrote it, and taking it away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

# FOR UPDATE: who would add a visit just now waits, and is told that the household is gone.
_LOCK = {
    "household": text("SELECT id, bucket FROM household WHERE id = ANY (:ids) FOR UPDATE"),
    "visit": text("SELECT id, bucket FROM visit WHERE id = ANY (:ids) FOR UPDATE"),
    "party": text(
        "SELECT p.id, NULL AS bucket FROM party p JOIN dispute d ON d.id = p.dispute_id"
        " WHERE p.id = ANY (:ids) FOR UPDATE"
    ),
    "dispute": text("SELECT id, NULL AS bucket FROM dispute WHERE id = ANY (:ids) FOR UPDATE"),
}


def lock_rows(session: Session, entity: str, ids: Collection[UUID]) -> Mapping[UUID, str | None]:
    """Lock what is to be erased: id → its bucket. What is not in this database is missing."""
    found = session.execute(_LOCK[entity], {"ids": sorted(ids)})
    return {row.id: row.bucket for row in found}


_BUCKETS = text("""
    SELECT bucket FROM dispute_place WHERE dispute_id = :id
    UNION SELECT 'u:' || user_id FROM dispute_hearer WHERE dispute_id = :id
""")


def list_buckets(session: Session, dispute_id: UUID) -> set[str]:
    """Buckets in which phones hold a case."""
    return set(session.scalars(_BUCKETS, {"id": dispute_id}))


def list_visits(session: Session, household_id: UUID) -> list[UUID]:
    """Ids of a household's visits."""
    query = text("SELECT id FROM visit WHERE household_id = :id")
    return list(session.scalars(query, {"id": household_id}))


def list_needs(session: Session, household_id: UUID) -> list[UUID]:
    """Ids of a household's consents, and of its tags with them."""
    query = text("SELECT id FROM consent WHERE household_id = :id")
    return list(session.scalars(query, {"id": household_id}))


def list_events(session: Session, dispute_id: UUID) -> list[tuple[UUID, str]]:
    """(id, hash) of a case's events, in their order."""
    query = text(
        "SELECT id, encode(hash, 'hex') FROM dispute_event WHERE dispute_id = :id ORDER BY n"
    )
    return [(row.id, row[1]) for row in session.execute(query, {"id": dispute_id})]


def list_disputes(session: Session, household_id: UUID) -> list[UUID]:
    """Disputes in which a household is a party: their stories may still speak of it."""
    query = text("SELECT DISTINCT dispute_id FROM party WHERE household_id = :id")
    return sorted(session.scalars(query, {"id": household_id}))


# Without an index on row_id: a receipt is written thousands of times for each erasure.
_AUTHORS = text("""
    SELECT d.user_id FROM sync_receipt r JOIN device d ON d.id = r.device_id
     WHERE r.row_id = ANY (cast(:ids AS uuid[]))
    UNION SELECT recorded_by FROM visit     WHERE id = ANY (cast(:ids AS uuid[]))
    UNION SELECT recorded_by FROM consent   WHERE id = ANY (cast(:ids AS uuid[]))
    UNION SELECT recorded_by FROM dispute   WHERE id = ANY (cast(:ids AS uuid[]))
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


def take_away(
    session: Session,
    statements: Mapping[str, str],
    ids: Collection[UUID],
    at: datetime,
) -> dict[str, int]:
    """Run these statements over `ids`, in their order; how many rows each of them took."""
    gone = {}
    values = {"ids": list(ids), "at": at}
    for name, statement in statements.items():
        written = text(statement.format(ids="cast(:ids AS uuid[])"))
        bound = {key: value for key, value in values.items() if f":{key}" in written.text}
        done: Any = session.execute(written, bound)
        gone[name] = int(done.rowcount)
    return gone


def list_files(session: Session, where: str, ids: Collection[UUID]) -> set[bytes]:
    """SHA-256 of the files that go with these rows. `where`: of statements.FILES_OF_*."""
    query = text(f"SELECT sha256 FROM attachment WHERE {where}".format(ids="cast(:ids AS uuid[])"))
    return {bytes(one) for one in session.scalars(query, {"ids": list(ids)})}
