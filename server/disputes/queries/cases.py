"""SQL of cases: opening them under lock, writing what became of them, reading them back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Row, Select, any_, cast, func, insert, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.types import Text, Uuid

from server.access.models import Office
from server.db import Base
from server.disputes.errors import DisputeNotFound
from server.disputes.models import (
    Dispute,
    DisputeEvent,
    DisputePlace,
    Holding,
    JointOffice,
    Party,
    Supervision,
)
from server.sealed import bound

_OPEN_CASES = text("""
    SELECT * FROM gate.open_cases(cast(:ids AS uuid[]), cast(:times AS timestamptz[]))
""")


def lock_cases(session: Session, asked: Sequence[tuple[UUID, datetime]]) -> Mapping[int, Row[Any]]:
    """Lock cases in id order. Index of (dispute, time of the act) → which Offices the asker acted
    for then, and with the first act on a case where it stands (`facts`); one that is absent, or
    nothing of the asker's, is missing.
    """
    ids, times = zip(*asked, strict=True)
    rows = session.execute(_OPEN_CASES, {"ids": list(ids), "times": list(times)})
    return {row.ord - 1: row for row in rows}


def map_late_notes(session: Session, ids: Collection[UUID]) -> Mapping[UUID, DisputeEvent]:
    """Id → note that was kept of a record which came late, of those that the asker may read."""
    late = select(DisputeEvent).where(
        among(DisputeEvent.id, ids),
        DisputeEvent.kind == "note",
        DisputeEvent.refused.startswith("late-"),
    )
    return {note.id: note for note in session.scalars(late)}


def list_known(session: Session, table: type[Base], ids: Collection[UUID | None]) -> set[UUID]:
    """Which of these rows the asker may know of."""
    wanted = {id_ for id_ in ids if id_}
    key = table.__table__.c.id
    return set(session.scalars(select(key).where(among(key, wanted)))) if wanted else set()


_ERASED_PARTIES = text("SELECT gate.erased_parties(cast(:ids AS uuid[]))")


def list_erased_parties(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Which of these parties were erased."""
    return set(session.scalars(_ERASED_PARTIES, {"ids": list(ids)})) if ids else set()


def insert_disputes(
    session: Session,
    disputes: Sequence[Mapping[str, Any]],
    places: Sequence[Sequence[Mapping[str, Any]]],
    parties: Sequence[Mapping[str, Any]],
) -> None:
    """New disputes with their places and parties; the keys of a table's dicts must be the same.

    `places` are in two parts: row security lets others in only beside what the author served.
    """
    session.execute(insert(Dispute), bound(Dispute, disputes))
    for part in places:
        if part:
            session.execute(insert(DisputePlace), list(part))
    if parties:
        session.execute(insert(Party), bound(Party, parties))


def insert_events(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Events, in order: the database numbers and links them."""
    if rows:
        session.execute(insert(DisputeEvent), bound(DisputeEvent, rows))


def insert_holdings(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """New Holdings."""
    if rows:
        session.execute(insert(Holding), list(rows))


def update_holdings(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Holdings by primary key, in one statement; the rows name the same columns."""
    _update(session, Holding.__tablename__, rows)


def update_disputes(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Disputes by primary key, in one statement; the rows name the same columns."""
    _update(session, Dispute.__tablename__, rows)


def insert_around(
    session: Session,
    joint: Sequence[Mapping[str, Any]],
    supervised: Sequence[Mapping[str, Any]],
) -> None:
    """Offices that help from now on, and supervisions."""
    if joint:
        session.execute(insert(JointOffice), list(joint))
    if supervised:
        session.execute(insert(Supervision), list(supervised))


def update_around(
    session: Session,
    joint: Sequence[Mapping[str, Any]],
    supervised: Sequence[Mapping[str, Any]],
) -> None:
    """Offices that help no more, and supervisions that are lifted, by the event that began them."""
    _update(session, JointOffice.__tablename__, joint, "event_id")
    _update(session, Supervision.__tablename__, supervised, "event_id")


def _update(
    session: Session, table: str, rows: Sequence[Mapping[str, Any]], key: str = "id"
) -> None:
    """Row security asks its questions once per statement: two hundred rows are one question."""
    if not rows:
        return
    columns = ", ".join(f"{name} = new.{name}" for name in rows[0] if name != key)
    statement = text(f"""
        UPDATE {table} SET {columns}
          FROM jsonb_populate_recordset(cast(NULL AS {table}), cast(:rows AS jsonb)) new
         WHERE new.{key} = {table}.{key}
    """)
    session.execute(statement, {"rows": json.dumps(list(map(dict, rows)), default=str)})


def get_dispute(session: Session, dispute_id: UUID) -> Dispute:
    """One dispute with its Office and present Holding. Raises DisputeNotFound, also for whoever
    steps aside from it.
    """
    query = select(Dispute).where(Dispute.id == dispute_id, NOT_ASIDE).options(*_WHOLE)
    dispute = session.scalar(query.execution_options(populate_existing=True))
    if dispute is None:
        raise DisputeNotFound
    return dispute


_WHOLE = (joinedload(Dispute.office), joinedload(Dispute.present))
# Also where row security would let them through: whoever steps aside finds nothing.
NOT_ASIDE = Dispute.id.not_in(select(func.gate.my_recusals()))


def list_disputes(
    places: Collection[str] | None,
    author: UUID | None,
    now: datetime,
    *,
    status: str | None = None,
    level: str | None = None,
    village_id: UUID | None = None,
    overdue: bool | None = None,
) -> Select[tuple[Dispute]]:
    """Disputes within `places` (None: the county), with what `author` registered in a village among
    them and what the own Offices hold, held or help with; nothing from which the asker steps aside.
    `overdue`: their time is up, and still open.
    """
    query = select(Dispute).where(NOT_ASIDE).options(*_WHOLE)
    if places is not None:
        held = any_(literal(list(places), ARRAY(Text)))
        within = select(DisputePlace.dispute_id).where(DisputePlace.bucket == held)
        served = select(DisputePlace.dispute_id).where(
            literal("v:").concat(cast(DisputePlace.village_id, Text)) == held
        )
        own = (Dispute.recorded_by == author) & Dispute.id.in_(served)
        ours = _of_own_offices()
        query = query.where(Dispute.id.in_(within) | own | Dispute.id.in_(ours))
    if village_id is not None:
        there = select(DisputePlace.dispute_id).where(DisputePlace.village_id == village_id)
        query = query.where(Dispute.id.in_(there))
    if overdue is not None:
        late = select(Holding.dispute_id).where(Holding.ended_at.is_(None), Holding.due_at <= now)
        query = query.where(Dispute.id.in_(late) if overdue else Dispute.id.not_in(late))
    wanted = {Dispute.status: status, Dispute.level: level}
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


def _of_own_offices() -> CompoundSelect[tuple[UUID]]:
    """What one's Offices hold, held or help with, wherever it lies."""
    # An array, asked once, lets the index find them.
    mine = any_(func.array(select(func.gate.my_offices()).scalar_subquery()))
    held = select(Holding.dispute_id).where(Holding.office_id == mine)
    helped = select(JointOffice.dispute_id).where(
        JointOffice.office_id == mine, JointOffice.ended_at.is_(None)
    )
    return held.union(helped)


def list_parties(session: Session, dispute_id: UUID) -> Sequence[Party]:
    """Parties of one dispute."""
    return session.scalars(
        select(Party).where(Party.dispute_id == dispute_id).order_by(Party.side, Party.id)
    ).all()


def list_holdings(session: Session, dispute_id: UUID) -> Sequence[Row[Any]]:
    """(Holding, name of its Office) of one dispute, oldest first."""
    query = select(Holding, Office.name).join(Office, Office.id == Holding.office_id)
    return session.execute(query.where(Holding.dispute_id == dispute_id).order_by(Holding.n)).all()


def list_events(session: Session, dispute_id: UUID) -> Sequence[DisputeEvent]:
    """The history of one dispute, in its order."""
    return session.scalars(
        select(DisputeEvent).where(DisputeEvent.dispute_id == dispute_id).order_by(DisputeEvent.n)
    ).all()


def among(column: Any, ids: Collection[UUID]) -> Any:
    """Whether the column is one of these: an array is one bound value, whatever their number."""
    return column == any_(literal(list(ids), ARRAY(Uuid)))
