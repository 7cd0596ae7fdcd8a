"""The climb: one statement for all due cases, exactly once, whatever the number of workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.ladder.clocks import Deadlines
from server.ladder.routing import Category, Level

# A due Holding is locked or, where another worker has it, left alone; what is locked here is ended
# here. One that has nowhere to go is marked instead and not looked at again. Every step takes its
# rows from the one before, so that a Holding has ended before the next one opens, and both stand
# before their event is linked.
_CLIMB = text("""
    WITH due AS MATERIALIZED (
        SELECT h.id AS holding_id, h.dispute_id, h.n, h.level AS from_level,
               d.category, d.status, lies.code
          FROM holding h
          JOIN dispute d ON d.id = h.dispute_id
          JOIN area lies ON lies.id = d.area_id
         WHERE h.ended_at IS NULL AND h.overdue_at IS NULL AND h.due_at <= :at
         ORDER BY h.due_at, h.id
         LIMIT :batch
           FOR NO KEY UPDATE OF h, d SKIP LOCKED
    ), bound AS MATERIALIZED (
        SELECT due.*, up.office_id, up.level, up.stands_in, gen_random_uuid() AS next_id
          FROM due
          LEFT JOIN LATERAL gate.receiver(due.code, gate.rung(due.from_level) + 1, :at) up ON true
    ), ended AS (
        UPDATE holding h
           SET ended_at   = CASE WHEN b.office_id IS NOT NULL THEN cast(:at AS timestamptz) END,
               ended_how  = CASE WHEN b.office_id IS NOT NULL THEN 'climb' END,
               due_at     = CASE WHEN b.office_id IS NULL THEN h.due_at END,
               overdue_at = CASE WHEN b.office_id IS NULL THEN cast(:at AS timestamptz) END
          FROM bound b
         WHERE h.id = b.holding_id
     RETURNING b.*
    ), opened AS (
        INSERT INTO holding (id, dispute_id, n, office_id, level, policy_id, received_at,
                             accept_by, handle_by, due_at, climbed_from)
        SELECT e.next_id, e.dispute_id, e.n + 1, e.office_id, e.level, :policy, :at,
               l.accept_by, l.handle_by, least(l.accept_by, l.handle_by), e.holding_id
          FROM ended e
          JOIN unnest(cast(:categories AS text[]), cast(:levels AS text[]),
                      cast(:accept_by AS timestamptz[]), cast(:handle_by AS timestamptz[]))
               l (category, level, accept_by, handle_by) USING (category, level)
     RETURNING dispute_id
    ), moved AS (
        UPDATE dispute d
           SET status = 'registered', level = e.level, office_id = e.office_id
          FROM ended e JOIN opened USING (dispute_id)
         WHERE d.id = e.dispute_id
     RETURNING e.*
    )
    INSERT INTO dispute_event (id, dispute_id, kind, from_status, to_status, holding_id,
                               why, why_mac, occurred_at, recorded_at, received_at, proof)
    SELECT gen_random_uuid(), dispute_id, kind, from_status, to_status, holding_id,
           why, why_mac, :at, :at, :at, 'proved'
      FROM (SELECT dispute_id, 1 AS step, 'climb' AS kind, status AS from_status,
                   'registered' AS to_status, holding_id,
                   cast(NULL AS bytea) AS why, cast(NULL AS bytea) AS why_mac
              FROM moved
            UNION ALL
            SELECT dispute_id, 2, 'note', 'registered', 'registered', next_id, :note, :note_mac
              FROM moved WHERE stands_in
            UNION ALL
            SELECT dispute_id, 1, 'overdue', status, status, holding_id, NULL, NULL
              FROM ended WHERE office_id IS NULL) events
     ORDER BY dispute_id, step
 RETURNING kind
""")


class Note(NamedTuple):
    """A sealed text and its keyed digest."""

    sealed: bytes
    mac: bytes


class Climbed(NamedTuple):
    """How many cases went up, and how many had nowhere to go."""

    up: int
    overdue: int


def climb(
    session: Session,
    at: datetime,
    batch: int,
    policy_id: UUID,
    deadlines: Mapping[tuple[Category, Level], Deadlines],
    stands_in: Note,
) -> Climbed:
    """Let at most `batch` due cases climb one level; what others have locked is left to them.

    `deadlines`: of a Holding that begins at `at`, for every category and level that can receive.
    """
    keys: Sequence[tuple[Category, Level]] = list(deadlines)
    kinds = session.scalars(
        _CLIMB,
        {
            "at": at,
            "batch": batch,
            "policy": policy_id,
            "categories": [category.value for category, _ in keys],
            "levels": [level.value for _, level in keys],
            "accept_by": [deadlines[key].accept_by for key in keys],
            "handle_by": [deadlines[key].handle_by for key in keys],
            "note": stands_in.sealed,
            "note_mac": stands_in.mac,
        },
    ).all()
    return Climbed(kinds.count("climb"), kinds.count("overdue"))


_DUE = text("""
    SELECT EXISTS (SELECT FROM holding
                    WHERE ended_at IS NULL AND overdue_at IS NULL AND due_at <= :at)
""")


def any_due(session: Session, at: datetime) -> bool:
    """Whether anything is due: most wakings of the worker end here."""
    return bool(session.scalar(_DUE, {"at": at}))
