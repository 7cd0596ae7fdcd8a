"""All SQL of epochs and of what came back after one began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.orm import Session

from server.syncing.models import FeedMark, SyncEpoch


def get_fingerprint(session: Session) -> str:
    """What changes when this is no longer the database that phones knew."""
    return str(session.execute(text("SELECT gate.fingerprint()")).scalar_one())


def insert_epoch(session: Session, **values: Any) -> None:
    """Begin an epoch; its number follows the newest."""
    number = select(func.coalesce(func.max(SyncEpoch.number), 0) + 1).scalar_subquery()
    session.execute(insert(SyncEpoch).values(number=number, **values))


def end_all_logins(session: Session, at: datetime) -> None:
    """Sign everybody out; outboxes stay on the phones."""
    session.execute(text("UPDATE login SET revoked_at = :at WHERE revoked_at IS NULL"), {"at": at})


def find_newest_mark(session: Session) -> UUID | None:
    """The mark of the transaction that was stamped last."""
    return session.scalar(select(FeedMark.mark).order_by(FeedMark.seq.desc()).limit(1))


def has_mark(session: Session, mark: UUID) -> bool:
    """Whether this history wrote the mark."""
    return session.scalar(select(FeedMark.seq).where(FeedMark.mark == mark)) is not None


# What erases again whoever came back runs before an epoch begins: it is not of the time before.
_LAST_ACT = text("""
    SELECT at FROM audit_act WHERE action <> 'erasure.done' ORDER BY id DESC LIMIT 1
""")


def find_last_act(session: Session) -> datetime | None:
    """When somebody last did something that this database knows of."""
    found: datetime | None = session.execute(_LAST_ACT).scalar()
    return found


# A phone was alive if it was signed in when the epoch began or had delivered in the month before.
_PHONES = text("""
    SELECT d.id, u.login, u.name,
           EXISTS (SELECT FROM login l
                    WHERE l.device_id = d.id AND l.opened_at >= :began) AS heard
      FROM device d JOIN user_account u ON u.id = d.user_id
     WHERE d.revoked_at IS NULL AND u.active
       AND (d.seen_at >= :alive OR EXISTS (SELECT FROM login l
                                            WHERE l.device_id = d.id AND l.refresh_until > :began))
     ORDER BY u.login, d.id
""")


def list_phones(session: Session, began: datetime, month: timedelta) -> Sequence[Row[Any]]:
    """(id, login, name, heard) of phones that were alive when the epoch began, by login."""
    return session.execute(_PHONES, {"began": began, "alive": began - month}).all()


_CAME_BACK = text("""
    SELECT status, count(*) AS n FROM sync_receipt
     WHERE received_at >= :began AND recorded_at < :began AND entity <> 'hole'
     GROUP BY status ORDER BY status
""")


def count_came_back(session: Session, began: datetime) -> Mapping[str, int]:
    """Status → changes that were written before the epoch began and received after it."""
    return {row.status: row.n for row in session.execute(_CAME_BACK, {"began": began})}


_HOLES = text("""
    SELECT u.login, u.name, count(*) AS n, min(r.n) AS first, max(r.n) AS last
      FROM sync_receipt r
      JOIN device d ON d.id = r.device_id JOIN user_account u ON u.id = d.user_id
     WHERE r.entity = 'hole' AND r.received_at >= :began
     GROUP BY u.login, u.name, d.id ORDER BY u.login
""")


def list_holes(session: Session, began: datetime) -> Sequence[Row[Any]]:
    """(login, name, n, first, last) of phones that no longer have what they had sent once."""
    return session.execute(_HOLES, {"began": began}).all()


_STARTED_ANEW = text("""
    SELECT count(DISTINCT device_id) FROM sync_alarm
     WHERE kind = 'unknown_mark' AND last_at >= :began
""")


def count_started_anew(session: Session, began: datetime) -> int:
    """Phones whose mark this database did not know since then: a copy or a snapshot, untold."""
    return int(session.execute(_STARTED_ANEW, {"began": began}).scalar_one())
