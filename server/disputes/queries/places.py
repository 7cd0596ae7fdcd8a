"""SQL of where disputes lie, who served there, and which Office receives a case."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from server.disputes.rules.cases import Place, Receiver
from server.ladder.routing import Level
from server.places.models import Area, GridCell


class Way(NamedTuple):
    """Where a case starts: in the Area of this code, on this level; and the kind of Office that its
    category goes to, where a policy says so.
    """

    code: str
    level: Level
    kind: str | None = None


_RECEIVERS = text("""
    SELECT asked.code, asked.rung, asked.kind, found.*
      FROM unnest(cast(:codes AS text[]), cast(:rungs AS int[]), cast(:kinds AS text[]))
           asked (code, rung, kind)
     CROSS JOIN LATERAL gate.receiver(asked.code, asked.rung, :at, asked.kind) found
""")
_RUNGS = {level: rung for rung, level in enumerate(Level, start=1)}


def map_receivers(session: Session, asked: Collection[Way], at: datetime) -> Mapping[Way, Receiver]:
    """Way → the Office that receives a case there; missing where there is none."""
    wanted = list(set(asked))
    by_rung = {rung: level for level, rung in _RUNGS.items()}
    rows = session.execute(
        _RECEIVERS,
        {
            "codes": [way.code for way in wanted],
            "rungs": [_RUNGS[way.level] for way in wanted],
            "kinds": [way.kind for way in wanted],
            "at": at,
        },
    )
    return {
        Way(row.code, by_rung[row.rung], row.kind): Receiver(
            row.office_id, Level(row.level), row.stands_in
        )
        for row in rows
    }


_RECEIVERS_OF = text("""
    SELECT * FROM gate.receivers_of(cast(:disputes AS uuid[]), cast(:rungs AS int[]),
                                    cast(:kinds AS text[]), :at)
""")


def map_receivers_of(
    session: Session, asked: Mapping[tuple[UUID, Level], str | None], at: datetime
) -> Mapping[tuple[UUID, Level], Receiver]:
    """(case, level) → the Office that receives it there, past those that step aside; missing where
    there is none. Asked with the kind of Office that its category goes to, where there is one.
    """
    by_rung = {rung: level for level, rung in _RUNGS.items()}
    rows = session.execute(
        _RECEIVERS_OF,
        {
            "disputes": [dispute for dispute, _ in asked],
            "rungs": [_RUNGS[level] for _, level in asked],
            "kinds": list(asked.values()),
            "at": at,
        },
    )
    return {
        (row.dispute_id, by_rung[row.rung]): Receiver(
            row.office_id, Level(row.level), row.stands_in
        )
        for row in rows
    }


_OFFICES = text("SELECT * FROM gate.offices_named(cast(:ids AS uuid[]), :at)")


def map_offices(session: Session, ids: Collection[UUID], at: datetime) -> Mapping[UUID, Place]:
    """Id → Office that an act names; one that is not there is missing."""
    rows = session.execute(_OFFICES, {"ids": list(ids), "at": at})
    return {
        row.office_id: Place(row.office_id, Level(row.level), row.code, row.manned) for row in rows
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
