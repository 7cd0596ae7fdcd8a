"""SQL of recusals: who steps aside, who receives a case then, and what the worker sees to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from server.disputes.queries.places import Way
from server.disputes.rules.cases import Receiver
from server.ladder.routing import Level
from server.rows import as_json

# One question for all: `aside` as gate.receiver takes it, of parties that are not written yet.
_PAST = text("""
    SELECT one.dispute_id, up.office_id, up.level, up.stands_in
      FROM gate.aside_among(cast(:parties AS jsonb)) one
      JOIN unnest(cast(:disputes AS uuid[]), cast(:codes AS text[]), cast(:rungs AS int[]),
                  cast(:kinds AS text[])) asked (id, code, rung, kind) ON asked.id = one.dispute_id
      LEFT JOIN LATERAL gate.receiver(asked.code, asked.rung, :at, asked.kind, one.ids) up ON true
""")
_RUNGS = {level: rung for rung, level in enumerate(Level, start=1)}


def map_receivers_past(
    session: Session,
    starts: Mapping[UUID, Way],
    parties: Sequence[Mapping[str, Any]],
    at: datetime,
) -> Mapping[UUID, Receiver | None]:
    """Dispute → who receives it past those who step aside; only those where somebody must.

    `starts`: dispute → the way it starts; `parties`: rows of party, not yet written.
    """
    codes, levels, kinds = zip(*starts.values(), strict=True)
    rows = session.execute(
        _PAST,
        {
            "parties": as_json(parties),
            "disputes": list(starts),
            "codes": list(codes),
            "rungs": [_RUNGS[level] for level in levels],
            "kinds": list(kinds),
            "at": at,
        },
    )
    return {row.dispute_id: _receiver(row) for row in rows}


def _receiver(row: Row[Any]) -> Receiver | None:
    if row.office_id is None:
        return None
    return Receiver(row.office_id, Level(row.level), row.stands_in)


_APART = text("""
    SELECT pair.one FROM unnest(cast(:ones AS uuid[]), cast(:others AS uuid[])) pair (one, other)
     WHERE NOT gate.aside_of(pair.one) <@ gate.aside_of(pair.other)
""")


def list_apart(session: Session, pairs: Mapping[UUID, UUID]) -> set[UUID]:
    """Those of these disputes from which somebody steps aside who would handle the other one."""
    values = {"ones": list(pairs), "others": list(pairs.values())}
    return set(session.scalars(_APART, values)) if pairs else set()


# Since when: as it was recorded. ON CONFLICT: whoever steps aside already does.
_RECUSE = text("""
    INSERT INTO recusal (id, dispute_id, user_id, found_by, event_id, since)
    SELECT :id, e.dispute_id, :person, :found_by, e.id, e.recorded_at
      FROM dispute_event e WHERE e.id = :event AND e.dispute_id = :dispute
    ON CONFLICT DO NOTHING
""")


def insert_recusal(
    session: Session, recusal_id: UUID, dispute_id: UUID, person: UUID, how: str, event_id: UUID
) -> None:
    """Somebody steps aside, by this event."""
    values = {"id": recusal_id, "dispute": dispute_id, "person": person}
    session.execute(_RECUSE, {**values, "found_by": how, "event": event_id})


# What a moment that passes may change: a head whose term begins, a worker who comes or goes.
_LOOK_AGAIN = text("""
    SELECT gate.find_recusals(NULL, ARRAY(SELECT a.user_id FROM assignment a
                                           WHERE a.valid_from > :since AND a.valid_from <= :at)),
           gate.settle_hearers(NULL), feed.mend_recusals()
""")


def look_again(session: Session, since: datetime, at: datetime) -> None:
    """Let the database find recusals and hearers anew that time alone has changed since then."""
    session.execute(_LOOK_AGAIN, {"since": since, "at": at})


# Recusals that the database found: each is said in the history of its case, once, by the clock. How
# it was found is not: a reporter who asked not to be named may be the reason.
_SAY = text("""
    WITH unsaid AS MATERIALIZED (
        SELECT r.id, r.dispute_id, d.status, d.office_id AS held_by, gen_random_uuid() AS event_id,
               jsonb_strip_nulls(jsonb_build_object('person', r.user_id, 'office', r.office_id))
                   AS details,
               (SELECT h.id FROM holding h
                 WHERE h.dispute_id = d.id AND h.ended_how IS DISTINCT FROM 'withdrawn_climb'
                 ORDER BY h.n DESC LIMIT 1) AS holding_id
          FROM recusal r JOIN dispute d ON d.id = r.dispute_id
         WHERE r.event_id IS NULL AND r.ended_at IS NULL
         ORDER BY r.dispute_id, r.id
         LIMIT :batch
           FOR UPDATE OF r SKIP LOCKED
    ), said AS (
        INSERT INTO dispute_event (id, dispute_id, kind, from_status, to_status, holding_id,
                                   details, occurred_at, recorded_at, received_at, proof)
        SELECT event_id, dispute_id, 'recuse', status, status, holding_id, details,
               :at, :at, :at, 'proved'
          FROM unsaid ORDER BY dispute_id, id
    )
    UPDATE recusal r SET event_id = unsaid.event_id FROM unsaid WHERE r.id = unsaid.id
 RETURNING r.dispute_id, unsaid.held_by, unsaid.event_id
""")


def say_recusals(session: Session, at: datetime, batch: int) -> Sequence[Row[Any]]:
    """(dispute_id, held_by, event_id) of recusals whose event was written now."""
    return session.execute(_SAY, {"at": at, "batch": batch}).all()


# Cases held by an Office that steps aside, or in which nobody is left who need not; what another
# worker or an act has locked is left for the next round.
_HELD_ASIDE = text("""
    SELECT h.id AS holding_id, d.id AS dispute_id, d.status, d.category, h.office_id, h.level,
           (SELECT max(n) FROM holding g WHERE g.dispute_id = d.id) AS n
      FROM holding h
      JOIN dispute d ON d.id = h.dispute_id
     CROSS JOIN LATERAL (SELECT gate.aside_of(d.id) AS ids) aside
     WHERE h.ended_at IS NULL
       AND h.dispute_id IN (SELECT r.dispute_id FROM recusal r WHERE r.ended_at IS NULL)
       AND (h.office_id = ANY (aside.ids)
            OR NOT gate.manned(h.office_id, h.level, :at, aside.ids))
     ORDER BY d.id
     LIMIT :batch
       FOR NO KEY UPDATE OF h, d SKIP LOCKED
""")


def lock_held_aside(session: Session, at: datetime, batch: int) -> Sequence[Row[Any]]:
    """Open cases, under lock, that their Office must not hold, or cannot."""
    return session.execute(_HELD_ASIDE, {"at": at, "batch": batch}).all()


# Of parties that are not written (yet): would the asker have to step aside?
_CONCERNS = text("""
    SELECT EXISTS (SELECT FROM gate.aside_among(cast(:parties AS jsonb)) one
                    WHERE one.ids && array_append(ARRAY(SELECT gate.my_offices()), gate.user_id()))
""")


def concerns_asker(session: Session, parties: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the asker would step aside from a case with these parties, rows not yet written."""
    return bool(session.scalar(_CONCERNS, {"parties": as_json(parties)}))
