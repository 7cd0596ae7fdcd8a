"""SQL of erasures themselves: what was asked for, what is done, whose turn it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.erasure.errors import AlreadyErased
from server.erasure.models import Erasure


def find_erasure(session: Session, entity: str, row_id: UUID) -> Erasure | None:
    """The erasure of this row, asked for or done."""
    query = select(Erasure).where(Erasure.entity == entity, Erasure.row_id == row_id)
    return session.scalar(query)


def insert_erasure(session: Session, erasure: Erasure) -> None:
    """An erasure that was asked for. Raises AlreadyErased where somebody was faster."""
    values = {name: getattr(erasure, name) for name in _ASKED}
    written = insert(Erasure).values(values).on_conflict_do_nothing().returning(Erasure.id)
    if session.scalar(written) is None:
        raise AlreadyErased


_ASKED = ("id", "entity", "row_id", "reason", "asked_by", "asked_at")


def insert_erasures(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Many that are asked for at once; those that were asked for before stay as they are."""
    session.execute(_INSERT, list(rows))


_INSERT = text("""
    INSERT INTO erasure (id, entity, row_id, reason, asked_by, asked_at)
    VALUES (:id, :entity, :row_id, :reason, :asked_by, :asked_at)
        ON CONFLICT (entity, row_id) DO NOTHING
""")


def find_status(session: Session, entity: str, row_id: UUID) -> str | None:
    """How such a row stands, as far as the asker sees one: a case's status; "" for the others."""
    found: str | None = session.scalar(_STATUS[entity], {"id": row_id})
    return found


_STATUS = {
    "household": text("SELECT '' FROM household WHERE id = :id"),
    "visit": text("SELECT '' FROM visit WHERE id = :id"),
    "party": text("SELECT '' FROM party WHERE id = :id"),
    "dispute": text("SELECT status FROM dispute WHERE id = :id"),
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


def finish_erasures(
    session: Session, entity: str, ids: Collection[UUID], at: datetime, counts: Mapping[str, Any]
) -> None:
    """They are done; what went is counted."""
    session.execute(
        update(Erasure)
        .where(Erasure.entity == entity, Erasure.row_id.in_(ids), Erasure.done_at.is_(None))
        .values(done_at=at, counts=dict(counts))
    )


_TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('erasure ' || :id, 0))")


def take_turn(session: Session, row_id: UUID) -> None:
    """Whoever else erases this row just now is waited for, and its count is the one that stays."""
    session.execute(_TAKE_TURN, {"id": str(row_id)})


_ERASE = text("""
    SELECT feed.erase(:entity, cast(:ids AS uuid[]), cast(:buckets AS text[]))
""")


def mark_erased(
    session: Session, entity: str, ids: Collection[UUID], buckets: Collection[str]
) -> None:
    """These ids are never taken again; whoever holds one of these buckets hears why."""
    values = {"entity": entity, "ids": list(ids), "buckets": sorted(buckets)}
    session.execute(_ERASE, values)
