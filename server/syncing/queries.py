"""All SQL of sync: device state, receipts, the feed and its heads, conflicts, quarantine, epoch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text
from sqlalchemy.orm import Session

from server.db import run
from server.rows import as_array, as_json
from server.sealed import bound
from server.syncing.models import SyncConflict, SyncEpoch, SyncQuarantine, SyncReceipt

_DEVICE = """
    SELECT next_n, last_time, revoked, open_quarantined FROM gate.device_state(:device, :lock)
"""


def find_device(session: Session, device_id: UUID, *, lock: bool) -> Row[Any] | None:
    """(next_n, last_time, revoked, open_quarantined) of one of the asker's devices."""
    found = run(session, _DEVICE, {"device": device_id, "lock": lock})
    return found[0] if found else None


_ANSWERED = """
    SELECT cast(mid AS text), n, entity, cast(row_id AS text), status, reason
      FROM gate.answered(:device, cast(:mids AS uuid[]))
"""


def list_receipts(session: Session, device_id: UUID, mids: Collection[str]) -> Sequence[Row[Any]]:
    """(mid, n, entity, row_id, status, reason) of what this device was answered before."""
    return run(session, _ANSWERED, {"device": device_id, "mids": as_array(mids)})


_RECEIPT = ", ".join(column.name for column in SyncReceipt.__table__.columns)
_DELIVERED = f"""
    WITH delivered AS (
        UPDATE device SET next_n = :next_n, last_time = :last_time, seen_at = :at WHERE id = :device
    )
    INSERT INTO sync_receipt ({_RECEIPT})
    SELECT {_RECEIPT} FROM json_populate_recordset(cast(NULL AS sync_receipt), :receipts)
"""


def insert_receipts(
    session: Session,
    device_id: UUID,
    next_n: int,
    last_time: int,
    at: datetime,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Receipts, and what the device has delivered up to."""
    state = {"device": device_id, "next_n": next_n, "last_time": last_time, "at": at}
    run(session, _DELIVERED, {**state, "receipts": as_json(rows)})


def insert_conflicts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Conflict log."""
    session.execute(insert(SyncConflict), bound(SyncConflict, rows))


def insert_quarantined(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Changes kept whole."""
    session.execute(insert(SyncQuarantine), bound(SyncQuarantine, rows))


_PRESENCE = """
    SELECT cast(id AS text), deleted, erased FROM gate.presence(:entity, cast(:ids AS uuid[]))
"""


def list_presence(session: Session, entity: str, ids: Collection[str]) -> Sequence[Row[Any]]:
    """(id, deleted, erased) of those rows that exist or existed, whoever may see them."""
    return run(session, _PRESENCE, {"entity": entity, "ids": as_array(ids)})


_SEEN = "SELECT cast(seen AS text) FROM gate.seen(:entity, cast(:ids AS uuid[])) AS seen"


def list_seen(session: Session, entity: str, ids: Collection[str]) -> Sequence[str]:
    """Which of these rows the asker can read."""
    return [id_ for (id_,) in run(session, _SEEN, {"entity": entity, "ids": as_array(ids)})]


def find_epoch(session: Session) -> SyncEpoch | None:
    """The present epoch."""
    return session.scalar(select(SyncEpoch).order_by(SyncEpoch.number.desc()).limit(1))


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
