"""All SQL of sync: device state, receipts, the feed and its heads, conflicts, quarantine, epoch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text
from sqlalchemy.orm import Session

from server.db import run
from server.rows import as_array, as_json
from server.sealed import bound
from server.syncing.models import SyncConflict, SyncEpoch, SyncQuarantine, SyncReceipt
from sync.model import DeviceState, Report

_DEVICE = "SELECT * FROM gate.device_state(:device, :lock)"


def find_device(session: Session, device_id: UUID, *, lock: bool) -> Row[Any] | None:
    """(next_n, last_time, revoked, open_quarantined, unsent_…) of one of the asker's devices."""
    found = run(session, _DEVICE, {"device": device_id, "lock": lock})
    return found[0] if found else None


def report_of(row: Any) -> Report | None:
    """What a device last told that it holds, from its `unsent_` columns; None: it has not told."""
    if row.unsent_at is None:
        return None
    return Report(
        changes=row.unsent_changes,
        rejected=row.unsent_rejected,
        files=row.unsent_files,
        oldest_at=row.unsent_oldest_at,
        told_at=row.unsent_at,
        boot=row.unsent_boot,
        elapsed=row.unsent_elapsed,
    )


def values_of(report: Report | None) -> dict[str, Any]:
    """The same the other way, by the names of `REPORTED`."""
    told: dict[str, Any] = dict.fromkeys(_REPORT) if report is None else asdict(report)
    return {f"report_{name}": told[name] for name in _REPORT}


_REPORT = {
    "changes": "unsent_changes",
    "rejected": "unsent_rejected",
    "files": "unsent_files",
    "oldest_at": "unsent_oldest_at",
    "told_at": "unsent_at",
    "boot": "unsent_boot",
    "elapsed": "unsent_elapsed",
}
REPORTED = ", ".join(f"{column} = :report_{name}" for name, column in _REPORT.items())


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
        UPDATE device SET next_n = :next_n, last_time = :last_time, seen_at = :at, {REPORTED}
         WHERE id = :device
    )
    INSERT INTO sync_receipt ({_RECEIPT})
    SELECT {_RECEIPT} FROM json_populate_recordset(cast(NULL AS sync_receipt), :receipts)
"""


def insert_receipts(
    session: Session,
    device_id: UUID,
    state: DeviceState,
    at: datetime,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Receipts, and what the device has delivered up to and still holds."""
    counted = {"next_n": state.next_n, "last_time": state.last_time, "at": at}
    told = {"device": device_id, **counted, **values_of(state.report)}
    run(session, _DELIVERED, {**told, "receipts": as_json(rows)})


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
