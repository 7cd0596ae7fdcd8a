"""What sync keeps: the feed and its heads, receipts, conflicts, quarantine, and the epoch."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.sealed import Sealed


class FeedEntry(Base):
    """One line per bucket and row, updated in place. `seq` is empty until the stamp at commit.

    `stamped` and `was_put` remember what the bucket's head has counted, so that the stamp can take
    it out again without reading the bucket.
    """

    __tablename__ = "feed_entry"
    __table_args__ = (
        Index("feed_entry_bucket_seq_ix", "bucket", "seq"),
        Index("feed_entry_unstamped_ix", "entity", postgresql_where="seq IS NULL"),
    )

    bucket: Mapped[str] = mapped_column(Text, primary_key=True)
    entity: Mapped[str] = mapped_column(Text, primary_key=True)
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    put: Mapped[bool]
    seq: Mapped[int | None] = mapped_column(BigInteger)
    stamped: Mapped[int | None] = mapped_column(BigInteger)
    was_put: Mapped[bool] = mapped_column(server_default="false")


class FeedPending(Base):
    """One row per transaction that wrote entries: wakes the stamp, which deletes it."""

    __tablename__ = "feed_pending"

    txid: Mapped[str] = mapped_column(Text, primary_key=True)


class FeedHead(Base):
    """Where a bucket stands: last seq, live rows, XOR digest over them."""

    __tablename__ = "feed_head"

    bucket: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    n: Mapped[int] = mapped_column(BigInteger)
    h: Mapped[int] = mapped_column(BigInteger)


class FeedMark(Base):
    """One per stamped transaction: a phone's mark betrays a database that went back in time."""

    __tablename__ = "feed_mark"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mark: Mapped[UUID] = mapped_column(unique=True)
    at: Mapped[datetime]


class FeedTombstone(Base):
    """A row that was deleted, by id alone. Deletes never resurrect."""

    __tablename__ = "feed_tombstone"

    entity: Mapped[str] = mapped_column(Text, primary_key=True)
    row_id: Mapped[UUID] = mapped_column(primary_key=True)


class SyncEpoch(Base):
    """Each time the database became another one. The newest is the present epoch."""

    __tablename__ = "sync_epoch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    began_at: Mapped[datetime]
    why: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(
        Text
    )  # system id, timeline, database oid, feed table oid


class SyncReceipt(Base):
    """That a change was answered and how; never its content."""

    __tablename__ = "sync_receipt"

    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"), primary_key=True)
    mid: Mapped[UUID] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)
    entity: Mapped[str]
    row_id: Mapped[UUID]
    status: Mapped[str]
    reason: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(index=True)


class SyncConflict(Base):
    """Two values for one field, both kept (sealed: a field may be personal)."""

    __tablename__ = "sync_conflict"
    __table_args__ = (
        CheckConstraint("decided IN ('ours','theirs')", name="decided"),
        Index("sync_conflict_row_ix", "entity", "row_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    mid: Mapped[UUID]
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"))
    entity: Mapped[str]
    row_id: Mapped[UUID]
    bucket: Mapped[str | None] = mapped_column(Text, index=True)
    field: Mapped[str]
    values: Mapped[str] = mapped_column(Sealed("sync_conflict.values"))
    recorded_at: Mapped[datetime]
    needs_person: Mapped[bool]
    decided: Mapped[str | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]


class SyncQuarantine(Base):
    """A change kept whole (sealed), with the reason, until a person releases or closes it."""

    __tablename__ = "sync_quarantine"
    __table_args__ = (
        Index("sync_quarantine_open_ix", "device_id", postgresql_where="closed_at IS NULL"),
    )

    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"), primary_key=True)
    mid: Mapped[UUID] = mapped_column(primary_key=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    n: Mapped[int] = mapped_column(BigInteger)
    entity: Mapped[str]
    row_id: Mapped[UUID]
    reason: Mapped[str]
    change: Mapped[str] = mapped_column(Sealed("sync_quarantine.change"))
    received_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    closed_how: Mapped[str | None]
