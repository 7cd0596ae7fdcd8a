"""The climb: one statement for all due cases, exactly once, whatever the number of workers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.ladder.clocks import Deadlines
from server.ladder.routing import Category, Level

# Where cases are due, by what decides who receives them and until when: one question each, however
# many cases. What lies below the county and has no Office above it stays due and is left out here,
# so that it keeps nobody waiting; it climbs once there is one.
_WAYS = text("""
    WITH ways AS MATERIALIZED (
        SELECT DISTINCT d.category, d.area_id, h.level AS from_level
          FROM holding h JOIN dispute d ON d.id = h.dispute_id
         WHERE h.ended_at IS NULL AND h.overdue_at IS NULL AND h.due_at <= :at
    ), places AS MATERIALIZED (
        SELECT p.area_id, p.from_level, up.office_id, up.level, up.stands_in
          FROM (SELECT DISTINCT area_id, from_level FROM ways) p
          JOIN area lies ON lies.id = p.area_id
          LEFT JOIN LATERAL gate.receiver(lies.code, gate.rung(p.from_level) + 1, :at) up ON true
    )
    SELECT ways.category, area_id, from_level, office_id, level,
           coalesce(stands_in, false) AS stands_in
      FROM ways JOIN places USING (area_id, from_level)
     WHERE office_id IS NOT NULL OR from_level = 'county'
""")


class Way(NamedTuple):
    """What cases of one category, in one Area and on one level, do now; no Office: they stay."""

    category: Category
    area_id: UUID
    from_level: Level
    office_id: UUID | None
    level: Level | None
    stands_in: bool


def list_ways(session: Session, at: datetime) -> list[Way]:
    """The ways of all cases that are due and can go on, or are at the county."""
    return [
        Way(
            Category(row.category),
            row.area_id,
            Level(row.from_level),
            row.office_id,
            Level(row.level) if row.level else None,
            row.stands_in,
        )
        for row in session.execute(_WAYS, {"at": at})
    ]


# A due Holding is locked or, where another worker has it, left alone; what is locked here is ended
# here. One at the county is marked instead and not looked at again. Every step takes its rows from
# the one before, so that a Holding has ended before the next one opens, and both stand before their
# event is linked.
_CLIMB = text("""
    WITH way AS MATERIALIZED (
        SELECT * FROM unnest(cast(:categories AS text[]), cast(:areas AS uuid[]),
                             cast(:from_levels AS text[]), cast(:offices AS uuid[]),
                             cast(:levels AS text[]), cast(:stands_in AS boolean[]),
                             cast(:accept_by AS timestamptz[]), cast(:handle_by AS timestamptz[]))
            w (category, area_id, from_level, office_id, level, stands_in, accept_by, handle_by)
    ), due AS MATERIALIZED (
        SELECT h.id AS holding_id, h.dispute_id, h.n, d.status, gen_random_uuid() AS next_id,
               w.office_id, w.level, w.stands_in, w.accept_by, w.handle_by
          FROM holding h
          JOIN dispute d ON d.id = h.dispute_id
          JOIN way w     ON (w.category, w.area_id, w.from_level) = (d.category, d.area_id, h.level)
         WHERE h.ended_at IS NULL AND h.overdue_at IS NULL AND h.due_at <= :at
         ORDER BY h.due_at, h.id
         LIMIT :batch
           FOR NO KEY UPDATE OF h, d SKIP LOCKED
    ), ended AS (
        UPDATE holding h
           SET ended_at   = CASE WHEN due.office_id IS NOT NULL THEN cast(:at AS timestamptz) END,
               ended_how  = CASE WHEN due.office_id IS NOT NULL THEN 'climb' END,
               due_at     = CASE WHEN due.office_id IS NULL THEN h.due_at END,
               overdue_at = CASE WHEN due.office_id IS NULL THEN cast(:at AS timestamptz) END
          FROM due
         WHERE h.id = due.holding_id
     RETURNING due.*
    ), opened AS (
        INSERT INTO holding (id, dispute_id, n, office_id, level, policy_id, begun_at, received_at,
                             accept_by, handle_by, due_at, climbed_from)
        SELECT e.next_id, e.dispute_id, e.n + 1, e.office_id, e.level, :policy, :at, :at,
               e.accept_by, e.handle_by, least(e.accept_by, e.handle_by), e.holding_id
          FROM ended e WHERE e.office_id IS NOT NULL
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
    policy_id: UUID | None,
    ways: Mapping[Way, Deadlines | None],
    stands_in: Note,
) -> Climbed:
    """Let at most `batch` due cases go these ways; what others have locked is left to them.

    The deadlines are those of a Holding that begins at `at`; None for those that stay.
    """
    kinds = session.scalars(
        _CLIMB,
        {
            "at": at,
            "batch": batch,
            "policy": policy_id,
            "categories": [way.category.value for way in ways],
            "areas": [way.area_id for way in ways],
            "from_levels": [way.from_level.value for way in ways],
            "offices": [way.office_id for way in ways],
            "levels": [way.level and way.level.value for way in ways],
            "stands_in": [way.stands_in for way in ways],
            "accept_by": [by and by.accept_by for by in ways.values()],
            "handle_by": [by and by.handle_by for by in ways.values()],
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
