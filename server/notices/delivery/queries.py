"""All SQL of deliveries. Nothing here waits for what another worker sends, and nothing sends."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text, update
from sqlalchemy.orm import Session

from server.db import run
from server.notices.models import Delivery, Subscription
from server.rows import as_array

# Who asked for what: by kind, by Office, by Area (as its code stands now). A delivery's id is a
# UUIDv7 like all others, made here for all of a batch: 48 bits of time before 74 of chance. The
# oldest goes first, and a threat to life before whatever waits.
_MAKE_OUT = """
    WITH owed AS MATERIALIZED (
        SELECT id, kind, office_ids FROM notice WHERE fanned_at IS NULL
         ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED
    ), asked AS MATERIALIZED (
        SELECT s.id, s.name, s.kinds, s.office_id, s.area_id, area.code
          FROM notice_subscription s LEFT JOIN area ON area.id = gate.present_area(s.area_id)
         WHERE s.active
           FOR SHARE OF s  -- who is being removed hears nothing that nobody would drop
    ), wanted AS (
        SELECT owed.id AS notice_id, asked.id AS subscription_id, owed.kind, owed.office_ids,
               asked.name, asked.kinds, asked.office_id
          FROM owed CROSS JOIN asked WHERE asked.area_id IS NULL
         UNION
        SELECT owed.id, asked.id, owed.kind, owed.office_ids, asked.name, asked.kinds,
               asked.office_id
          FROM owed
          JOIN office o ON o.id = ANY (owed.office_ids)
          JOIN area     ON area.id = o.area_id
          JOIN asked    ON area.code LIKE asked.code || '%'
    ), made_out AS (
        INSERT INTO notice_delivery (id, notice_id, subscription_id, state, tries, since, next_at)
        SELECT encode(set_bit(set_bit(overlay(
                   uuid_send(gen_random_uuid())
                   PLACING substring(int8send(floor(extract(epoch FROM cast(:now AS timestamptz))
                                                    * 1000)::bigint) FROM 3) FROM 1 FOR 6),
                   52, 1), 53, 1), 'hex')::uuid,
               notice_id, subscription_id, 'waiting', 0, :now,
               cast(:now AS timestamptz)
                 - CASE kind WHEN 'alert' THEN interval '30 days' ELSE interval '0' END
          FROM wanted
         -- A head every hour: only for who asks for it, or is named in the audit's settings.
         WHERE (kind = ANY (kinds) OR CASE kind
                    WHEN 'audit_head' THEN name = ANY ((SELECT heads_to FROM audit_setting)::text[])
                    ELSE kinds IS NULL END)
           AND (office_id IS NULL OR office_id = ANY (office_ids))
            ON CONFLICT DO NOTHING
    )
    UPDATE notice SET fanned_at = :now WHERE id = ANY (ARRAY(SELECT id FROM owed)) RETURNING id
"""


def make_out(session: Session, now: datetime, batch: int) -> int:
    """Make a batch of notices out to whoever asked for them; how many notices it was."""
    return len(run(session, _MAKE_OUT, {"now": now, "batch": batch}))


# The oldest of each target, so that none takes another's turn; whoever has them holds them until
# :until, and after that (killed, or cut off) somebody else may.
_CLAIM = """
    WITH able AS MATERIALIZED (
        SELECT id FROM notice_subscription
         WHERE active AND coalesce(rests_until <= :now, true)
           AND channel = :channel
           AND id <> ALL (cast(:without AS uuid[]))
    ), due AS MATERIALIZED (
        SELECT d.id, d.next_at FROM able CROSS JOIN LATERAL (
               SELECT id, next_at FROM notice_delivery
                WHERE subscription_id = able.id AND state = 'waiting' AND next_at <= :now
                ORDER BY next_at LIMIT :each FOR UPDATE SKIP LOCKED) d
         ORDER BY d.next_at LIMIT :most
    ), taken AS (
        UPDATE notice_delivery d
           SET lease = :lease, tries = d.tries + 1, next_at = :until
          FROM due WHERE d.id = due.id
     RETURNING d.id, d.tries, d.since, d.notice_id, d.subscription_id, due.next_at AS came
    )
    SELECT t.id, t.tries, t.since, t.subscription_id, s.channel, s.failures, s.old_until,
           n.id AS notice_id, n.kind, n.dispute_id, n.office_ids, n.body, n.owed_at
      FROM taken t
      JOIN notice n ON n.id = t.notice_id
      JOIN notice_subscription s ON s.id = t.subscription_id
     ORDER BY t.came, n.owed_at, n.id
"""


def claim(
    session: Session,
    *,
    now: datetime,
    until: datetime,
    lease: UUID,
    channel: str,
    without: Collection[UUID],
    each: int,
    most: int,
) -> Sequence[Any]:
    """Take what is due under a lease: at most `each` of a target, and `most` in all."""
    return run(
        session,
        _CLAIM,
        {
            "now": now,
            "until": until,
            "lease": str(lease),
            "channel": channel,
            "without": as_array(without),
            "each": each,
            "most": most,
        },
    )


def map_targets(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Row[Any]]:
    """Id → (id, address, secrets), opened."""
    query = select(Subscription.id, Subscription.address, Subscription.secrets)
    return {row.id: row for row in session.execute(query.where(Subscription.id.in_(ids)))}


def map_offices(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Office → its name."""
    query = text("SELECT id, name FROM office WHERE id = ANY (cast(:ids AS uuid[]))")
    return dict(session.execute(query, {"ids": as_array(ids)}).tuples().all())


# Only what is still held under the same lease: what took too long, or was dropped, is another's.
_MARK = """
    UPDATE notice_delivery d
       SET state = r.state, tries = r.tries, next_at = r.next_at, ended_at = r.ended_at,
           status = r.status, error = r.error, lease = NULL
      FROM json_populate_recordset(NULL::notice_delivery, cast(:rows AS json)) r
     WHERE d.id = r.id AND d.lease = :lease AND d.state = 'waiting'
 RETURNING d.id
"""
_GIVE_BACK = """
    UPDATE notice_delivery SET tries = tries - 1, next_at = :next_at, lease = NULL
     WHERE id = ANY (cast(:ids AS uuid[])) AND lease = :lease AND state = 'waiting'
 RETURNING id
"""


def mark(session: Session, lease: UUID, rows: str) -> int:
    """What became of those that were tried, as JSON (server.rows.as_json); how many were ours."""
    return len(run(session, _MARK, {"rows": rows, "lease": str(lease)}))


def give_back(session: Session, lease: UUID, ids: Collection[UUID], next_at: datetime) -> None:
    """Those that were not tried after all."""
    values = {"ids": as_array(ids), "lease": str(lease), "next_at": next_at}
    run(session, _GIVE_BACK, values)


def lock_target(session: Session, target_id: UUID) -> None:
    """Lock a target before its deliveries."""
    query = select(Subscription.id).where(Subscription.id == target_id)
    session.execute(query.with_for_update(key_share=True))


def set_well(session: Session, target_id: UUID) -> None:
    """An endpoint that failed answers again."""
    session.execute(
        update(Subscription)
        .where(Subscription.id == target_id, Subscription.failures > 0)
        .values(failures=0, rests_until=None)
    )


def set_resting(session: Session, target_id: UUID, failures: int, until: datetime) -> None:
    """An endpoint failed so many times in a row and is left alone until then."""
    session.execute(
        update(Subscription)
        .where(Subscription.id == target_id)
        .values(failures=failures, rests_until=until)
    )


def stop(session: Session, target_id: UUID, at: datetime) -> None:
    """An endpoint said that it is gone for good."""
    session.execute(
        update(Subscription)
        .where(Subscription.id == target_id, Subscription.active)
        .values(active=False, stopped_at=at)
    )


def give_up(
    session: Session, target_id: UUID, at: datetime, patience: timedelta, error: str | None
) -> int:
    """What waited for a target for longer than `patience` is dead; how many."""
    query = (
        update(Delivery)
        .where(
            Delivery.subscription_id == target_id,
            Delivery.state == "waiting",
            Delivery.since <= at - patience,
        )
        .values(state="dead", ended_at=at, lease=None, error=error)
    )
    return session.connection().execute(query).rowcount
