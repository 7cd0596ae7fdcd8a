"""SQL of assignments that move: who serves what from now on, and writing it anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

_CELLS = text("""
    SELECT id, code, village_id FROM grid_cell WHERE code = ANY (:codes) AND ended_at IS NULL
""")
_SPANS = text("""
    SELECT a.id, a.user_id, u.login, a.cell_id, c.code, c.village_id, a.leads,
           a.valid_from, a.valid_to
      FROM assignment a
      JOIN user_account u ON u.id = a.user_id
      JOIN grid_cell c    ON c.id = a.cell_id AND c.ended_at IS NULL
     WHERE a.role = 'grid_worker'
       AND (a.valid_to IS NULL
            OR a.valid_to > greatest(:at, a.valid_from + interval '1 microsecond'))
       AND (u.login = ANY (:logins) OR c.code = ANY (:codes))
     ORDER BY a.id
""")


def map_cells(session: Session, codes: Collection[str]) -> Mapping[str, Row[Any]]:
    """Code → present cell (id, code, village_id)."""
    return {row.code: row for row in session.execute(_CELLS, {"codes": list(codes)})}


def list_spans(
    session: Session, logins: Collection[str], codes: Collection[str], at: datetime
) -> Sequence[Row[Any]]:
    """Assignments of these users, and those on these cells, that are neither over nor withdrawn."""
    asked = {"logins": list(logins), "codes": list(codes), "at": at}
    return session.execute(_SPANS, asked).all()


_STAFF = text("""
    SELECT u.login, u.name, a.role, a.leads, a.valid_from, a.valid_to,
           v.code AS village, v.name AS village_name, c.code AS cell, c.name AS cell_name
      FROM assignment a
      JOIN user_account u   ON u.id = a.user_id AND u.active
      LEFT JOIN grid_cell c ON c.id = a.cell_id AND c.ended_at IS NULL
      LEFT JOIN office o    ON o.id = a.office_id
      JOIN area v           ON v.id = coalesce(c.village_id, o.area_id) AND v.level = 'village'
     WHERE v.code LIKE :township || '%' AND v.ended_at IS NULL
       AND a.role IN ('grid_worker', 'mediator')
       AND (a.valid_to IS NULL
            OR a.valid_to > greatest(:at, a.valid_from + interval '1 microsecond'))
     ORDER BY u.name, u.login, v.code, c.code, a.valid_from
""")


def list_staff(session: Session, township: str, at: datetime) -> Sequence[Row[Any]]:
    """Who serves a cell or mediates in a village below this code, now or later: one row for each
    thing that they hold, with the names of person, village and cell."""
    return session.execute(_STAFF, {"township": township, "at": at}).all()


# A case known in two of the cells is one case.
_LYING = text("""
    SELECT (SELECT count(*) FROM household h
             WHERE h.bucket = ANY (cast(:buckets AS text[]))) AS households,
           (SELECT count(DISTINCT p.dispute_id)
              FROM dispute_place p
              JOIN holding g ON g.dispute_id = p.dispute_id AND g.ended_at IS NULL
             WHERE p.bucket = ANY (cast(:buckets AS text[]))) AS open_disputes
""")


def count_lying(session: Session, cells: Collection[UUID]) -> Mapping[str, int]:
    """How many households and open disputes lie in these cells."""
    buckets = [f"c:{cell}" for cell in cells]
    row = session.execute(_LYING, {"buckets": buckets}).one()
    return {"households": row.households, "open_disputes": row.open_disputes}


_CUT = text("""
    UPDATE assignment a SET valid_to = new.until
      FROM unnest(cast(:ids AS uuid[]), cast(:untils AS timestamptz[])) AS new (id, until)
     WHERE a.id = new.id
""")


def cut(session: Session, spans: Sequence[tuple[UUID, datetime | None]]) -> None:
    """(assignment, to): spans that end otherwise. When they began is history."""
    if spans:
        ids, untils = (list(column) for column in zip(*spans, strict=True))
        session.execute(_CUT, {"ids": ids, "untils": untils})
