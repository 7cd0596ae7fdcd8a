"""All SQL of sync: device state, receipts, the feed and its heads, conflicts, quarantine, epoch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select, text, update
from sqlalchemy.orm import Session

from server.access.models import Device
from server.syncing.models import SyncConflict, SyncEpoch, SyncQuarantine, SyncReceipt


def find_device(session: Session, device_id: UUID, *, lock: bool) -> Row[Any] | None:
    """(next_n, last_time, revoked, open_quarantined) of one of the asker's devices."""
    waiting = (
        select(func.count())
        .select_from(SyncQuarantine)
        .where(SyncQuarantine.device_id == device_id, SyncQuarantine.closed_at.is_(None))
        .scalar_subquery()
    )
    query = select(
        Device.next_n,
        Device.last_time,
        Device.revoked_at.is_not(None).label("revoked"),
        waiting.label("open_quarantined"),
    ).where(Device.id == device_id)
    return session.execute(query.with_for_update(of=Device) if lock else query).one_or_none()


def update_device(
    session: Session, device_id: UUID, next_n: int, last_time: int, at: datetime
) -> None:
    """What the device has delivered up to."""
    session.execute(
        update(Device)
        .where(Device.id == device_id)
        .values(next_n=next_n, last_time=last_time, seen_at=at)
    )


def list_receipts(
    session: Session, device_id: UUID, mids: Collection[UUID]
) -> Sequence[SyncReceipt]:
    """Receipts of this device for these mids."""
    return session.scalars(
        select(SyncReceipt).where(SyncReceipt.device_id == device_id, SyncReceipt.mid.in_(mids))
    ).all()


def insert_receipts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Receipts; the keys of every dict must be the same."""
    session.execute(insert(SyncReceipt), list(rows))


def insert_conflicts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Conflict log."""
    session.execute(insert(SyncConflict), list(rows))


def insert_quarantined(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Changes kept whole."""
    session.execute(insert(SyncQuarantine), list(rows))


def list_quarantine() -> Select[tuple[SyncQuarantine]]:
    """Open quarantine; row security leaves the asker what they may see."""
    return select(SyncQuarantine).where(SyncQuarantine.closed_at.is_(None))


_PRESENCE = text("SELECT id, deleted FROM gate.presence(:entity, cast(:ids AS uuid[]))")


def list_presence(session: Session, entity: str, ids: Sequence[UUID]) -> Mapping[UUID, bool]:
    """Id → deleted, of rows that exist or existed, whoever may see them."""
    rows = session.execute(_PRESENCE, {"entity": entity, "ids": list(ids)})
    return {row.id: row.deleted for row in rows}


_HEADS = text("""
    SELECT mine.bucket, coalesce(head.seq, 0) AS seq, coalesce(head.n, 0) AS n,
           coalesce(head.h, 0) AS h
      FROM gate.my_buckets() AS mine (bucket)
      LEFT JOIN feed_head head ON head.bucket = mine.bucket
""")


def list_heads(session: Session) -> Sequence[Row[Any]]:
    """(bucket, seq, n, h) of every bucket that the asker holds now."""
    return session.execute(_HEADS).all()


def find_newest_mark(session: Session) -> str | None:
    """The newest mark of this history."""
    found: str | None = session.execute(
        text("SELECT cast(mark AS text) FROM feed_mark ORDER BY seq DESC LIMIT 1")
    ).scalar()
    return found


def has_mark(session: Session, mark: UUID) -> bool:
    """Whether this history wrote the mark."""
    return bool(
        session.execute(
            text("SELECT EXISTS (SELECT FROM feed_mark WHERE mark = :mark)"), {"mark": mark}
        ).scalar()
    )


_ENTRIES = text("""
    SELECT e.bucket, e.entity, e.row_id, e.put, e.seq
      FROM unnest(cast(:buckets AS text[]), cast(:after AS bigint[])) AS c (bucket, after)
     CROSS JOIN LATERAL (
           SELECT f.bucket, f.entity, f.row_id, f.put, f.seq
             FROM feed_entry f
            WHERE f.bucket = c.bucket AND f.seq > c.after
            ORDER BY f.seq LIMIT :n) e
     LIMIT :n
""")


def list_entries(session: Session, after: Mapping[str, int], limit: int) -> Sequence[Row[Any]]:
    """Feed entries behind these seqs: bucket by bucket, in seq order, `limit` at most."""
    cursor = {"buckets": list(after), "after": list(after.values()), "n": limit}
    return session.execute(_ENTRIES, cursor).all()


def find_epoch(session: Session) -> SyncEpoch | None:
    """The present epoch."""
    return session.scalar(select(SyncEpoch).order_by(SyncEpoch.number.desc()).limit(1))


def insert_epoch(session: Session, **values: Any) -> None:
    """Begin an epoch; its number follows the newest."""
    number = select(func.coalesce(func.max(SyncEpoch.number), 0) + 1).scalar_subquery()
    session.execute(insert(SyncEpoch).values(number=number, **values))


_FINGERPRINT = text("""
    SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
                          (SELECT timeline_id FROM pg_control_checkpoint()),
                          (SELECT oid FROM pg_database WHERE datname = current_database()),
                          'feed_entry'::regclass::oid)
""")


def get_fingerprint(session: Session) -> str:
    """What changes when this is no longer the database that phones knew."""
    return str(session.execute(_FINGERPRINT).scalar_one())


def end_all_logins(session: Session, at: datetime) -> None:
    """Sign everybody out; outboxes stay on the phones."""
    session.execute(text("UPDATE login SET revoked_at = :at WHERE revoked_at IS NULL"), {"at": at})


_RECOMPUTED = text("""
    SELECT bucket, count(*) FILTER (WHERE put) AS n,
           coalesce(bit_xor(feed.digest(entity, row_id, seq)) FILTER (WHERE put), 0) AS h,
           max(seq) AS seq
      FROM feed_entry
     GROUP BY bucket
""")


def recompute_heads(session: Session) -> Sequence[Row[Any]]:
    """(bucket, n, h, seq) worked out from every entry: what the kept heads must equal."""
    return session.execute(_RECOMPUTED).all()
