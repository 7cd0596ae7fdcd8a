"""What sync keeps: the feed and its heads, receipts, conflicts, quarantine, and the epoch."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.sealed import Sealed

_ROW = ("device_id", "mid")  # a mid is one phone's own


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
    erased: Mapped[bool] = mapped_column(server_default="false")  # why it left the bucket


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
    """A row that was deleted, by id alone. Deletes never resurrect. `erased`: with its person."""

    __tablename__ = "feed_tombstone"

    entity: Mapped[str] = mapped_column(Text, primary_key=True)
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    erased: Mapped[bool] = mapped_column(server_default="false")


class SyncEpoch(Base):
    """Each time the database became another one. The newest is the present epoch.

    `known_until`: the last act that this database knows of before it; what came after is lost but
    for what phones send again. `lost`: acts of that span by kind, where the old database could
    still be asked.
    """

    __tablename__ = "sync_epoch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    began_at: Mapped[datetime]
    why: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(
        Text
    )  # system id, timeline, database oid, feed table oid
    known_until: Mapped[datetime | None]
    lost: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class SyncReceipt(Base):
    """That a change was answered and how; never its content.

    `wall`, `elapsed`, `boot` are what the phone's clocks read, raw; `recorded_at` and `proof` are
    what was made of them. Empty in receipts from before these columns.
    """

    __tablename__ = "sync_receipt"

    # No foreign key: a push locks the device first, and row security knows no other than that one.
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    mid: Mapped[UUID] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)
    entity: Mapped[str]
    row_id: Mapped[UUID]
    status: Mapped[str]
    reason: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(index=True)
    wall: Mapped[int | None] = mapped_column(BigInteger)
    elapsed: Mapped[int | None] = mapped_column(BigInteger)
    boot: Mapped[str | None]
    recorded_at: Mapped[datetime | None]
    proof: Mapped[str | None]


class SyncConflict(Base):
    """Two values for one field, both kept (sealed: a field may be personal)."""

    __tablename__ = "sync_conflict"
    __table_args__ = (
        CheckConstraint("decided IN ('ours','theirs')", name="decided"),
        Index("sync_conflict_row_ix", "entity", "row_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    mid: Mapped[UUID]
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"), index=True)
    entity: Mapped[str]
    row_id: Mapped[UUID]
    bucket: Mapped[str | None] = mapped_column(Text, index=True)
    field: Mapped[str]
    values: Mapped[str] = mapped_column(Sealed("sync_conflict.values"))
    recorded_at: Mapped[datetime] = mapped_column(index=True)
    needs_person: Mapped[bool]
    decided: Mapped[str | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]


class SyncQuarantine(Base):
    """A change kept whole (sealed), with the reason, until a person releases or closes it.

    `place`: the village's bucket that it is about, as far as the server knows one. `needs_id`: the
    row that it leans on. `closed_how`: "released" or "closed"; `corrected`: fields that were put
    right then; `why`: in the words of whoever decided.
    """

    __tablename__ = "sync_quarantine"
    __table_args__ = (
        Index("sync_quarantine_open_ix", "device_id", postgresql_where="closed_at IS NULL"),
        Index("sync_quarantine_row_id_ix", "row_id", postgresql_where="closed_at IS NULL"),
        Index("sync_quarantine_needs_id_ix", "needs_id", postgresql_where="closed_at IS NULL"),
        Index(
            "sync_quarantine_closed_at_ix", "closed_at", postgresql_where="closed_at IS NOT NULL"
        ),
    )

    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"), primary_key=True)
    mid: Mapped[UUID] = mapped_column(primary_key=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    n: Mapped[int] = mapped_column(BigInteger)
    entity: Mapped[str]
    row_id: Mapped[UUID]
    reason: Mapped[str]
    change: Mapped[str] = mapped_column(Sealed("sync_quarantine.change", _ROW))
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]  # corrected, as of receipt
    proof: Mapped[str | None]
    place: Mapped[str | None]
    needs_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    closed_how: Mapped[str | None]
    corrected: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    why: Mapped[str | None] = mapped_column(Sealed("sync_quarantine.why", _ROW))
