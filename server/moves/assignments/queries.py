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
