"""What the clock does beside the climb: warnings, follow-ups that are over, terms that fall due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from server.ids import new_id
from server.ladder.warning import Window

# The Office that sent a case here stays answerable and hears of it with the one above; of a case at
# the county, its Office alone. Who steps aside hears nothing.
_WARN = text("""
    WITH near AS MATERIALIZED (
        SELECT * FROM unnest(cast(:policies AS uuid[]), cast(:afters AS timestamptz[]),
                             cast(:untils AS timestamptz[]), cast(:started_before AS timestamptz[]))
            w (policy_id, after, until, started_before)
    ), due AS MATERIALIZED (
        SELECT h.id, h.dispute_id, h.office_id, h.sent_by, h.level, h.due_at, d.area_id, bar.bar,
               gate.aside_of(d.id) AS aside
          FROM holding h
          JOIN dispute d ON d.id = h.dispute_id
         CROSS JOIN LATERAL (
               SELECT CASE WHEN d.status = 'registered' AND h.accept_by = h.due_at THEN 'accept'
                           WHEN h.request_answer_by = h.due_at AND h.request_answered_at IS NULL
                           THEN 'request' ELSE 'handle' END AS bar) bar
          JOIN near ON near.policy_id = h.policy_id
                   AND h.due_at > near.after AND h.due_at <= near.until
                   AND CASE bar WHEN 'request' THEN h.request_at ELSE h.received_at END
                       < near.started_before
         WHERE h.ended_at IS NULL AND h.overdue_at IS NULL AND h.warned_at IS NULL
           AND h.due_at > :at AND h.due_at <= :latest
         ORDER BY h.due_at, h.id
         LIMIT :batch
           FOR NO KEY UPDATE OF h SKIP LOCKED
    ), above AS MATERIALIZED (
        SELECT p.area_id, p.level, p.aside, up.office_id
          FROM (SELECT DISTINCT area_id, level, aside FROM due) p
          JOIN area lies ON lies.id = p.area_id
         CROSS JOIN LATERAL gate.receiver(lies.code, gate.rung(p.level) + 1, :at,
                                          aside => p.aside) up
    ), warned AS (
        UPDATE holding h SET warned_at = :at FROM due WHERE h.id = due.id RETURNING due.*
    )
    SELECT w.id, dispute_id, level, bar, due_at,
           ARRAY(SELECT who FROM unnest(ARRAY[w.office_id, above.office_id, w.sent_by])
                                 WITH ORDINALITY told (who, turn)
                  WHERE who IS NOT NULL AND who <> ALL (aside) ORDER BY turn) AS office_ids
      FROM warned w LEFT JOIN above USING (area_id, level, aside)
""")


def warn(
    session: Session, at: datetime, batch: int, windows: Mapping[UUID, Sequence[Window]]
) -> Sequence[Row[Any]]:
    """Mark at most `batch` Holdings as warned, by the windows of the policies they began under.

    (id, dispute_id, level, bar, due_at, office_ids to be told) of each.
    """
    near = [(policy, window) for policy, of in windows.items() for window in of]
    return session.execute(
        _WARN,
        {
            "at": at,
            "batch": batch,
            "latest": max((window.until for _, window in near), default=at),
            "policies": [policy for policy, _ in near],
            "afters": [window.after for _, window in near],
            "untils": [window.until for _, window in near],
            "started_before": [window.started_before for _, window in near],
        },
    ).all()


# What is locked here is closed here; what somebody reopens at this moment is left to them.
_CLOSE = text("""
    WITH due AS MATERIALIZED (
        SELECT d.id, d.office_id,
               (SELECT h.id FROM holding h
                 WHERE h.dispute_id = d.id AND h.ended_how IS DISTINCT FROM 'withdrawn_climb'
                 ORDER BY h.n DESC LIMIT 1) AS holding_id
          FROM dispute d
         WHERE d.status = 'settled' AND d.follow_up_until <= :at
         ORDER BY d.follow_up_until, d.id
         LIMIT :batch
           FOR NO KEY UPDATE SKIP LOCKED
    ), closed AS (
        UPDATE dispute d SET status = 'closed', follow_up_until = NULL
          FROM due WHERE d.id = due.id
     RETURNING due.*
    ), written AS (
        INSERT INTO dispute_event (id, dispute_id, kind, from_status, to_status, holding_id,
                                   occurred_at, recorded_at, received_at, proof)
        SELECT (:head || substr(gen_random_uuid()::text, 16))::uuid, id, 'close', 'settled',
               'closed', holding_id, :at, :at, :at, 'proved'
          FROM closed ORDER BY id
    )
    SELECT id, office_id FROM closed
""")


def close_followed_up(session: Session, at: datetime, batch: int) -> Sequence[Row[Any]]:
    """Close at most `batch` settled disputes whose follow-up is over: (id, office_id) of each."""
    head = str(new_id(at))[:15]  # time and version of a UUIDv7
    return session.execute(_CLOSE, {"at": at, "batch": batch, "head": head}).all()


# What was agreed last is what binds; the numbers are those of the policy it was held under.
_HELD = """
    JOIN LATERAL (SELECT a.id FROM agreement a JOIN dispute_event e ON e.id = a.event_id
                   WHERE a.dispute_id = d.id ORDER BY e.n DESC LIMIT 1) newest ON true
    JOIN LATERAL (SELECT h.policy_id FROM holding h
                   WHERE h.dispute_id = d.id AND h.ended_how IS DISTINCT FROM 'withdrawn_climb'
                   ORDER BY h.n DESC LIMIT 1) held ON true
    JOIN unnest(cast(:policies AS uuid[]), cast(:days AS date[])) soon (policy_id, day)
      USING (policy_id)
"""

# One that fell due while nobody looked is told of once, as late.
_TERMS = text(f"""
    WITH due AS MATERIALIZED (
        SELECT t.id, t.dispute_id, t.due_on, d.office_id, t.due_on < :today AS late
          FROM term t JOIN dispute d ON d.id = t.dispute_id {_HELD}
         WHERE t.agreement_id = newest.id AND t.done_at IS NULL AND t.due_on <= :latest
           AND d.status = 'settled'
           AND CASE WHEN t.due_on < :today THEN t.overdue_told_at IS NULL
                    ELSE t.reminded_at IS NULL AND t.due_on <= soon.day END
         ORDER BY t.due_on, t.id
         LIMIT :batch
           FOR NO KEY UPDATE OF t SKIP LOCKED
    )
    UPDATE term t
       SET reminded_at     = coalesce(reminded_at, :at),
           overdue_told_at = CASE WHEN late THEN cast(:at AS timestamptz) END
      FROM due
     WHERE t.id = due.id
 RETURNING due.*
""")


def remind_of_terms(
    session: Session, at: datetime, today: date, batch: int, soon: Mapping[UUID, date]
) -> Sequence[Row[Any]]:
    """Mark at most `batch` open terms that are due by `soon` (policy → day), or were before today.

    (id, dispute_id, due_on, office_id, late) of each.
    """
    return session.execute(_TERMS, _soon(at, today, batch, soon)).all()


# Once the day is over, nobody can go to court together any more: then there is nothing to say.
_CONFIRMATIONS = text(f"""
    WITH due AS MATERIALIZED (
        SELECT a.id, a.dispute_id, a.confirm_by, d.office_id
          FROM agreement a JOIN dispute d ON d.id = a.dispute_id {_HELD}
         WHERE a.id = newest.id AND a.confirmed_at IS NULL AND a.reminded_at IS NULL
           AND a.confirm_by BETWEEN :today AND least(soon.day, :latest)
           AND d.status IN ('settled', 'closed')
         ORDER BY a.confirm_by, a.id
         LIMIT :batch
           FOR NO KEY UPDATE OF a SKIP LOCKED
    )
    UPDATE agreement a SET reminded_at = :at FROM due WHERE a.id = due.id RETURNING due.*
""")


def remind_of_confirmations(
    session: Session, at: datetime, today: date, batch: int, soon: Mapping[UUID, date]
) -> Sequence[Row[Any]]:
    """Mark at most `batch` written agreements that both may still take to court until `soon`.

    (id, dispute_id, confirm_by, office_id) of each.
    """
    return session.execute(_CONFIRMATIONS, _soon(at, today, batch, soon)).all()


def _soon(at: datetime, today: date, batch: int, soon: Mapping[UUID, date]) -> dict[str, Any]:
    return {
        "at": at,
        "today": today,
        "batch": batch,
        "policies": list(soon),
        "days": list(soon.values()),
        "latest": max(soon.values(), default=today),
    }
