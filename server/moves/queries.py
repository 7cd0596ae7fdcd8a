"""SQL of moves of every kind: their history, who answers for what, what phones hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.orm import Session

from server.moves.models import Move
from server.moves.rules import Serves


def find_move(session: Session, token: str) -> Move | None:
    """The move that was applied with this token."""
    return session.scalar(select(Move).where(Move.token == token))


def insert_move(session: Session, move: Move) -> None:
    """Keep what was moved."""
    session.add(move)
    session.flush()


def list_moves(kind: str | None) -> Select[tuple[Move]]:
    """Moves of the asker's charge; the page is cut by the caller."""
    return select(Move).where(Move.kind == kind) if kind else select(Move)


_CHARGE = text("""
    SELECT v.id
      FROM assignment a
      LEFT JOIN office o ON o.id = a.office_id
      JOIN area top ON top.id = coalesce(a.area_id, o.area_id)
      JOIN area v   ON v.level = 'village' AND v.ended_at IS NULL AND v.code LIKE top.code || '%'
     WHERE a.user_id = :user AND a.valid_from <= :at AND (a.valid_to IS NULL OR a.valid_to > :at)
       AND (a.role, top.level) IN (('township_supervisor', 'township'), ('county_office', 'county'))
""")


def list_charge(session: Session, user_id: UUID, at: datetime) -> frozenset[UUID]:
    """The villages that a user answers for, worked out apart from the gate: the first wall."""
    return frozenset(session.scalars(_CHARGE, {"user": user_id, "at": at}))


# Whoever keeps the system, its security or its audit reads no case, and is sent to no cell.
_USERS = text("""
    SELECT u.login, u.id FROM user_account u
     WHERE u.login = ANY (:logins) AND u.active
       AND NOT EXISTS (SELECT FROM assignment a
                        WHERE a.user_id = u.id AND a.role LIKE '%_admin'
                          AND (a.valid_to IS NULL OR a.valid_to > :at))
""")


def map_users(session: Session, logins: Collection[str], at: datetime) -> Mapping[str, UUID]:
    """Login → id, of active users who may serve a cell."""
    rows = session.execute(_USERS, {"logins": list(logins), "at": at})
    return dict(rows.tuples().all())


_OLD_CELLS = text("""
    SELECT asked.code, c.code AS present
      FROM unnest(cast(:codes AS text[])) asked (code)
     CROSS JOIN LATERAL (SELECT l.cell_id FROM cell_label l WHERE l.code = asked.code
                          ORDER BY l.valid_from DESC, l.id LIMIT 1) had
      JOIN grid_cell c ON c.id = had.cell_id AND c.ended_at IS NULL
     WHERE NOT EXISTS (SELECT FROM grid_cell p WHERE p.code = asked.code AND p.ended_at IS NULL)
""")


def map_old_cells(session: Session, codes: Collection[str]) -> Mapping[str, str]:
    """Code that is no present cell's → present code of the cell that had it last, as
    places.get_cell has it; missing where that one has ended.
    """
    rows = session.execute(_OLD_CELLS, {"codes": sorted(codes)})
    return dict(rows.tuples().all())


_SERVES = text("""
    SELECT a.user_id, c.id AS cell_id, coalesce(c.village_id, v.id) AS village_id
      FROM assignment a
      LEFT JOIN office o    ON o.id = a.office_id
      LEFT JOIN grid_cell c ON c.id = a.cell_id AND a.role = 'grid_worker'
      LEFT JOIN area v      ON v.id = coalesce(a.area_id, o.area_id) AND v.level = 'village'
                           AND a.role = 'mediator'
     WHERE a.user_id = ANY (cast(:users AS uuid[]))
       AND a.valid_from <= :at AND (a.valid_to IS NULL OR a.valid_to > :at)
       AND coalesce(c.village_id, v.id) IS NOT NULL
""")
_HOLDERS = text("""
    SELECT DISTINCT a.user_id
      FROM assignment a
      LEFT JOIN office o ON o.id = a.office_id
     WHERE a.valid_from <= :at AND (a.valid_to IS NULL OR a.valid_to > :at)
       AND (a.role = 'grid_worker' AND a.cell_id = ANY (cast(:cells AS uuid[]))
            OR a.role = 'mediator'
               AND coalesce(a.area_id, o.area_id) = ANY (cast(:villages AS uuid[])))
""")


def list_holders(
    session: Session, cells: Collection[UUID], villages: Collection[UUID], at: datetime
) -> set[UUID]:
    """Whose phones hold one of these cells at a moment: its workers, the village's own people."""
    asked = {"cells": list(cells), "villages": list(villages), "at": at}
    return set(session.scalars(_HOLDERS, asked))


def list_serves(session: Session, users: Collection[UUID], at: datetime) -> list[Serves]:
    """What these users' phones hold at a moment."""
    rows = session.execute(_SERVES, {"users": list(users), "at": at})
    return [Serves(row.user_id, row.village_id, row.cell_id) for row in rows]


_CELLS_OF = text("""
    SELECT id, village_id FROM grid_cell
     WHERE village_id = ANY (cast(:villages AS uuid[])) AND ended_at IS NULL
""")


def map_cells_of(session: Session, villages: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Village → its present cells."""
    cells: dict[UUID, set[UUID]] = {}
    for row in session.execute(_CELLS_OF, {"villages": list(villages)}):
        cells.setdefault(row.village_id, set()).add(row.id)
    return cells


_HEADS = text("SELECT bucket, n FROM feed_head WHERE bucket = ANY (cast(:buckets AS text[]))")


def map_heads(session: Session, buckets: Collection[str]) -> Mapping[str, int]:
    """Bucket → how many rows are in it."""
    rows = session.execute(_HEADS, {"buckets": list(buckets)})
    return {row.bucket: row.n for row in rows}


_PHONES = text("""
    SELECT u.id, u.login, u.name,
           CASE WHEN u.id IN (SELECT gate.my_phones())
                THEN count(d.id) FILTER (WHERE d.revoked_at IS NULL) END AS devices,
           max(d.seen_at) FILTER (WHERE d.revoked_at IS NULL) AS seen_at
      FROM user_account u LEFT JOIN device d ON d.user_id = u.id
     WHERE u.id = ANY (cast(:users AS uuid[]))
     GROUP BY u.id ORDER BY u.login
""")


def list_phones(session: Session, users: Collection[UUID]) -> Sequence[Row[Any]]:
    """Users with the number of their devices, and when one was last heard of; of somebody who
    serves elsewhere alone neither is told.
    """
    return session.execute(_PHONES, {"users": list(users)}).all()
