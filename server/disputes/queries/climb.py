"""The climb: one statement for all due cases, exactly once, whatever the number of workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from server.disputes.queries.ways import DUE_CASES, Way
from server.ids import new_id
from server.ladder.clocks import Bar, Deadlines
from server.ladder.routing import Category, Level

# A due Holding is locked or, where another worker has it, left alone; what is locked here is ended
# here. One at the county is marked instead, supervised, and not looked at again. Every step takes
# its rows from the one before, so that a Holding has ended before the next one opens, and both
# stand before their event is linked. Which bar fell, ladder.clocks.next_bar says likewise.
_CLIMB = text(f"""
    WITH way AS MATERIALIZED (
        SELECT * FROM unnest(cast(:areas AS uuid[]), cast(:from_levels AS text[]),
                             cast(:way_kinds AS text[]), cast(:asides AS text[]),
                             cast(:offices AS uuid[]), cast(:levels AS text[]),
                             cast(:stands_in AS boolean[]))
            w (area_id, from_level, kind, aside, office_id, level, stands_in)
    ), term AS MATERIALIZED (
        SELECT * FROM unnest(cast(:categories AS text[]), cast(:term_levels AS text[]),
                             cast(:accept_by AS timestamptz[]), cast(:handle_by AS timestamptz[]))
            t (category, level, accept_by, handle_by)
    ), stuck AS MATERIALIZED (
        SELECT * FROM unnest(cast(:stuck_categories AS text[]), cast(:stuck_areas AS uuid[]),
                             cast(:stuck_levels AS text[]), cast(:stuck_asides AS text[]))
            s (category, area_id, level, aside)
    ), picked AS MATERIALIZED (
        SELECT h.id AS holding_id, h.dispute_id, h.office_id AS from_office, h.due_at, d.status,
               CASE WHEN strpos(apart.aside, cast(h.sent_by AS text)) = 0 THEN h.sent_by END
                    AS answerable,
               d.category, d.area_id, h.level AS from_level, coalesce(route.kind, '') AS kind,
               apart.aside,
               CASE WHEN d.status = 'registered' AND h.accept_by = h.due_at THEN 'accept'
                    WHEN h.request_answer_by = h.due_at AND h.request_answered_at IS NULL
                    THEN 'request' ELSE 'handle' END AS bar
        {DUE_CASES}
           AND NOT EXISTS (SELECT FROM stuck s
                            WHERE s.area_id = d.area_id AND s.level = h.level
                              AND s.category = d.category AND s.aside = apart.aside)
         ORDER BY h.due_at, h.id
         LIMIT :batch
           FOR NO KEY UPDATE OF h, d SKIP LOCKED
    ), due AS MATERIALIZED (
        SELECT p.*, w.office_id, w.level, w.stands_in, t.accept_by, t.handle_by,
               -- A withdrawn climb has left a later number behind.
               (SELECT max(n) + 1 FROM holding h WHERE h.dispute_id = p.dispute_id) AS next_n,
               (:head || substr(gen_random_uuid()::text, 16))::uuid AS next_id
          FROM picked p
          -- Outer joins, for the planner's sake: an inner one seems to leave a single row, and then
          -- the steps below are joined in loops, two thousand times two thousand.
          LEFT JOIN way w  ON w.area_id = p.area_id AND w.from_level = p.from_level
                          AND w.kind = p.kind AND w.aside = p.aside
          LEFT JOIN term t ON t.category = p.category AND t.level = w.level
         WHERE t.accept_by IS NOT NULL OR p.from_level = 'county'
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
                             begun_how, accept_by, handle_by, due_at, climbed_from)
        SELECT e.next_id, e.dispute_id, e.next_n, e.office_id, e.level, :policy, :at, :at, 'climb',
               e.accept_by, e.handle_by, least(e.accept_by, e.handle_by), e.holding_id
          FROM ended e WHERE e.office_id IS NOT NULL
     RETURNING dispute_id
    ), moved AS (
        UPDATE dispute d
           SET status = 'registered', level = e.level, office_id = e.office_id
          FROM ended e JOIN opened USING (dispute_id)
         WHERE d.id = e.dispute_id
     RETURNING e.*
    ), note AS MATERIALIZED (
        SELECT * FROM unnest(cast(:note_ids AS uuid[]), cast(:notes AS bytea[]))
            WITH ORDINALITY n (id, why, nth)
    ), unheld AS (
        SELECT dispute_id, next_id, row_number() OVER () AS nth FROM moved WHERE stands_in
    ), told AS (
        SELECT dispute_id, 1 AS step, 'climb' AS kind, status AS from_status,
               'registered' AS to_status, holding_id, cast(NULL AS uuid) AS id,
               cast(NULL AS bytea) AS why, cast(NULL AS bytea) AS why_mac,
               jsonb_build_object('bar', bar) AS details
          FROM moved
        UNION ALL
        SELECT dispute_id, 2, 'note', 'registered', 'registered', next_id, note.id,
               note.why, :note_mac, NULL
          FROM unheld LEFT JOIN note USING (nth)
        UNION ALL
        SELECT dispute_id, 1, 'overdue', status, status, holding_id, NULL, NULL, NULL,
               jsonb_build_object('bar', bar)
          FROM ended WHERE office_id IS NULL
        UNION ALL
        SELECT dispute_id, 2, 'supervise', status, status, holding_id, next_id, NULL, NULL,
               jsonb_build_object('kind', cast(:supervision AS text))
          FROM ended WHERE office_id IS NULL
    ), written AS (
        INSERT INTO dispute_event (id, dispute_id, kind, from_status, to_status, holding_id,
                                   why, why_mac, details, occurred_at, recorded_at, received_at,
                                   proof)
        SELECT coalesce(id, (:head || substr(gen_random_uuid()::text, 16))::uuid), dispute_id, kind,
               from_status, to_status, holding_id, why, why_mac, details, :at, :at, :at, 'proved'
          FROM told
         ORDER BY dispute_id, step
    ), supervised AS (
        INSERT INTO supervision (event_id, dispute_id, kind, since)
        SELECT next_id, dispute_id, :supervision, :at FROM ended WHERE office_id IS NULL
    )
    SELECT dispute_id, from_office, from_level, office_id, level, bar, due_at, answerable FROM ended
""")
CLOCK_SUPERVISES = "tracked"  # 跟踪督办: what opens by itself


class Notes(NamedTuple):
    """One text, its keyed digest, and so many events that say it: each is sealed for its own."""

    ids: Sequence[UUID]
    sealed: Sequence[bytes]
    mac: bytes


class Climbed(NamedTuple):
    """A case that the clock took: from which Office it went to which, or none at the county.

    `answerable`: the Office that had sent it to where it climbs from.
    """

    dispute_id: UUID
    from_office: UUID
    from_level: Level
    office_id: UUID | None
    level: Level | None
    bar: Bar
    due_at: datetime
    answerable: UUID | None


def climb(
    session: Session,
    at: datetime,
    batch: int,
    policy_id: UUID | None,
    ways: Sequence[Way],
    routes: Mapping[Category, str],
    terms: Mapping[tuple[Category, Level], Deadlines],
    stands_in: Notes,
) -> list[Climbed]:
    """Let at most `batch` due cases go these ways; what others have locked is left to them.

    `routes` are those that the ways were listed with; `terms` the deadlines of a Holding that
    begins at `at`, by category and the level above. What has no Office or no term there stays as it
    is, and fills no batch. `stands_in`: a note for each case of a batch, where any way needs one.
    """
    going = {
        "at": at,
        "batch": batch,
        "head": str(new_id(at))[:15],  # time and version of a UUIDv7
        "policy": policy_id,
        "routed": [one.value for one in routes],
        "kinds": list(routes.values()),
        "categories": [category.value for category, _ in terms],
        "term_levels": [level.value for _, level in terms],
        "accept_by": [by.accept_by for by in terms.values()],
        "handle_by": [by.handle_by for by in terms.values()],
        "note_ids": list(stands_in.ids),
        "notes": list(stands_in.sealed),
        "note_mac": stands_in.mac,
        "supervision": CLOCK_SUPERVISES,
    }
    rows = session.execute(_CLIMB, {**going, **_ways(ways), **_stuck(ways, terms)})
    return [_climbed(row) for row in rows]


def _ways(ways: Sequence[Way]) -> dict[str, list[Any]]:
    return {
        "areas": [way.area_id for way in ways],
        "from_levels": [way.from_level.value for way in ways],
        "way_kinds": [way.kind for way in ways],
        "asides": [way.aside for way in ways],
        "offices": [way.office_id for way in ways],
        "levels": [way.level and way.level.value for way in ways],
        "stands_in": [way.stands_in for way in ways],
    }


def _stuck(
    ways: Sequence[Way], terms: Mapping[tuple[Category, Level], Deadlines]
) -> dict[str, list[Any]]:
    below = [way for way in ways if way.from_level is not Level.COUNTY]
    stuck = [
        (way, category)
        for way in below
        for category in way.categories
        if way.level is None or (category, way.level) not in terms
    ]
    return {
        "stuck_categories": [category.value for _, category in stuck],
        "stuck_areas": [way.area_id for way, _ in stuck],
        "stuck_levels": [way.from_level.value for way, _ in stuck],
        "stuck_asides": [way.aside for way, _ in stuck],
    }


def _climbed(row: Row[Any]) -> Climbed:
    return Climbed(
        row.dispute_id,
        row.from_office,
        Level(row.from_level),
        row.office_id,
        Level(row.level) if row.level else None,
        Bar(row.bar),
        row.due_at,
        row.answerable,
    )


_DUE = text("""
    SELECT EXISTS (SELECT FROM holding
                    WHERE ended_at IS NULL AND overdue_at IS NULL AND due_at <= :at)
""")


def any_due(session: Session, at: datetime) -> bool:
    """Whether anything is due: most wakings of the worker end here."""
    return bool(session.scalar(_DUE, {"at": at}))
