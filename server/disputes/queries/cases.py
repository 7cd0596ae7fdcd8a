"""SQL of cases: opening them under lock, writing what became of them, reading them back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, any_, cast, insert, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.types import Text, Uuid

from server.access.models import Office
from server.db import Base
from server.disputes.errors import DisputeNotFound
from server.disputes.models import Dispute, DisputeEvent, DisputePlace, Holding, Party
from server.disputes.rules.moves import Receiver
from server.ladder.routing import Level
from server.places.models import Area, GridCell

_OPEN_CASES = text("""
    SELECT * FROM gate.open_cases(cast(:ids AS uuid[]), cast(:times AS timestamptz[]))
""")


def lock_cases(session: Session, asked: Sequence[tuple[UUID, datetime]]) -> Mapping[int, Row[Any]]:
    """Lock cases in id order. Index of (dispute, time of the act) → where the case stands and which
    Offices the asker acted for then; one that is absent, or nothing of the asker's, is missing.
    """
    ids, times = zip(*asked, strict=True)
    rows = session.execute(_OPEN_CASES, {"ids": list(ids), "times": list(times)})
    return {row.ord - 1: row for row in rows}


_RECEIVERS = text("""
    SELECT asked.code, asked.rung, found.*
      FROM unnest(cast(:codes AS text[]), cast(:rungs AS int[])) asked (code, rung)
     CROSS JOIN LATERAL gate.receiver(asked.code, asked.rung, :at) found
""")
_RUNGS = {level: rung for rung, level in enumerate(Level, start=1)}


def map_receivers(
    session: Session, asked: Collection[tuple[str, Level]], at: datetime
) -> Mapping[tuple[str, Level], Receiver]:
    """(area code, level) → the Office that receives a case there; missing where there is none."""
    wanted = sorted(set(asked))
    by_rung = {rung: level for level, rung in _RUNGS.items()}
    rows = session.execute(
        _RECEIVERS,
        {
            "codes": [code for code, _ in wanted],
            "rungs": [_RUNGS[level] for _, level in wanted],
            "at": at,
        },
    )
    return {
        (row.code, by_rung[row.rung]): Receiver(row.office_id, Level(row.level), row.stands_in)
        for row in rows
    }


def map_village_codes(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Id → code, of villages."""
    query = select(Area.id, Area.code).where(Area.id.in_(ids), Area.level == "village")
    return dict(session.execute(query).tuples().all())


def map_cells(session: Session, ids: Collection[UUID]) -> Mapping[UUID, tuple[UUID | None, UUID]]:
    """Id → (cell, its village). Of a cell that has ended the village alone: a phone that was away
    may name one, and in it nobody would hear of the dispute."""
    query = select(GridCell.id, GridCell.village_id, GridCell.ended_at).where(GridCell.id.in_(ids))
    rows = session.execute(query)
    return {row.id: (None if row.ended_at else row.id, row.village_id) for row in rows}


def map_area_ids(session: Session, codes: Collection[str]) -> Mapping[str, UUID]:
    """Code → id."""
    rows = session.execute(select(Area.code, Area.id).where(Area.code.in_(codes)))
    return dict(rows.tuples().all())


_VILLAGES_OF = text(
    "SELECT household_id, village_id, cell_id FROM gate.villages_of(cast(:households AS uuid[]))"
)


def map_homes(
    session: Session, households: Collection[UUID]
) -> Mapping[UUID, tuple[UUID, UUID | None]]:
    """Household → (village, cell if it is placed), wherever it is."""
    rows = session.execute(_VILLAGES_OF, {"households": list(households)})
    return {row.household_id: (row.village_id, row.cell_id) for row in rows}


_SERVED = text("""
    SELECT ord FROM gate.served_villages(cast(:villages AS uuid[]), cast(:times AS timestamptz[]))
     WHERE served
""")


def find_served(session: Session, asked: Sequence[tuple[UUID, datetime]]) -> set[int]:
    """Indexes of (village, time) that the asker served then."""
    villages, times = zip(*asked, strict=True)
    rows = session.execute(_SERVED, {"villages": list(villages), "times": list(times)})
    return {row.ord - 1 for row in rows}


def list_known(session: Session, table: type[Base], ids: Collection[UUID | None]) -> set[UUID]:
    """Which of these rows the asker may know of."""
    wanted = {id_ for id_ in ids if id_}
    key = table.__table__.c.id
    return set(session.scalars(select(key).where(_among(key, wanted)))) if wanted else set()


def insert_disputes(
    session: Session,
    disputes: Sequence[Mapping[str, Any]],
    places: Sequence[Sequence[Mapping[str, Any]]],
    parties: Sequence[Mapping[str, Any]],
) -> None:
    """New disputes with their places and parties; the keys of a table's dicts must be the same.

    `places` are in two parts: row security lets others in only beside what the author served.
    """
    session.execute(insert(Dispute), list(disputes))
    for part in places:
        if part:
            session.execute(insert(DisputePlace), list(part))
    if parties:
        session.execute(insert(Party), list(parties))


def insert_events(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Events, in order: the database numbers and links them."""
    if rows:
        session.execute(insert(DisputeEvent), list(rows))


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


def _update(session: Session, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Row security asks its questions once per statement: two hundred rows are one question."""
    if not rows:
        return
    columns = ", ".join(f"{name} = new.{name}" for name in rows[0] if name != "id")
    statement = text(f"""
        UPDATE {table} SET {columns}
          FROM jsonb_populate_recordset(cast(NULL AS {table}), cast(:rows AS jsonb)) new
         WHERE new.id = {table}.id
    """)
    session.execute(statement, {"rows": json.dumps(list(map(dict, rows)), default=str)})


def get_dispute(session: Session, dispute_id: UUID) -> Dispute:
    """One dispute with its Office and present Holding. Raises DisputeNotFound."""
    query = select(Dispute).where(Dispute.id == dispute_id).options(*_WHOLE)
    dispute = session.scalar(query.execution_options(populate_existing=True))
    if dispute is None:
        raise DisputeNotFound
    return dispute


_WHOLE = (joinedload(Dispute.office), joinedload(Dispute.present))


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
    them. `overdue`: their time is up, and still open.
    """
    query = select(Dispute).options(*_WHOLE)
    if places is not None:
        held = any_(literal(list(places), ARRAY(Text)))
        within = select(DisputePlace.dispute_id).where(DisputePlace.bucket == held)
        served = select(DisputePlace.dispute_id).where(
            literal("v:").concat(cast(DisputePlace.village_id, Text)) == held
        )
        own = (Dispute.recorded_by == author) & Dispute.id.in_(served)
        query = query.where(Dispute.id.in_(within) | own)
    if village_id is not None:
        there = select(DisputePlace.dispute_id).where(DisputePlace.village_id == village_id)
        query = query.where(Dispute.id.in_(there))
    if overdue is not None:
        late = select(Holding.dispute_id).where(Holding.ended_at.is_(None), Holding.due_at <= now)
        query = query.where(Dispute.id.in_(late) if overdue else Dispute.id.not_in(late))
    wanted = {Dispute.status: status, Dispute.level: level}
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


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


# What phones hold of a dispute and of an event, in wire order, without id and rev.
DISPUTE_COLUMNS = (
    "category",
    "story",
    "status",
    "level",
    "office_name",
    "due_at",
    "accept_by",
    "handle_by",
    "village_id",
    "cell_id",
    "channel",
    "size",
    "occurred_at",
    "recorded_at",
    "received_at",
    "done_by",
    "recorded_by",
    "related_id",
)
EVENT_COLUMNS = (
    "dispute_id",
    "n",
    "kind",
    "from_status",
    "to_status",
    "why",
    "agreement",
    "referred_to",
    "rights_told",
    "refused",
    "intended",
    "done_by",
    "recorded_by",
    "occurred_at",
    "recorded_at",
    "received_at",
    "proof",  # since schema 2
)


def select_sync_disputes() -> Select[Any]:
    """Disputes as phones hold them: id, then DISPUTE_COLUMNS."""
    held = aliased(Holding)
    elsewhere = {
        "office_name": Office.name.label("office_name"),
        "due_at": held.due_at,
        "accept_by": held.accept_by,
        "handle_by": held.handle_by,
    }
    columns = [elsewhere.get(name, getattr(Dispute, name, None)) for name in DISPUTE_COLUMNS]
    return (
        select(Dispute.id, *columns)
        .join(Office, Office.id == Dispute.office_id)
        .outerjoin(held, (held.dispute_id == Dispute.id) & held.ended_at.is_(None))
    )


def list_sync_disputes(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Those among these that the asker may see, as phones hold them."""
    return session.execute(select_sync_disputes().where(_among(Dispute.id, ids))).all()


def select_sync_events() -> Select[Any]:
    """Events as phones hold them: id, then EVENT_COLUMNS."""
    return select(DisputeEvent.id, *(getattr(DisputeEvent, name) for name in EVENT_COLUMNS))


def list_sync_events(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Those among these that the asker may see, as phones hold them."""
    return session.execute(select_sync_events().where(_among(DisputeEvent.id, ids))).all()


def _among(column: Any, ids: Collection[UUID]) -> Any:
    return column == any_(literal(list(ids), ARRAY(Uuid)))
