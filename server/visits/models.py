"""Visits: one attempt to meet one household. Immutable; amended by a later visit."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.sealed import Sealed


class Visit(Base):
    """走访. `cell_id`: where it was made; `bucket` follows its household (who sees it).

    The users, the device and the cell that it names are looked up by a trigger, once for all rows
    of a statement (migrations/sql/visits_functions.sql): foreign keys would look once for each.
    """

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('met','by_telephone','nobody_home','declined','moved_away')",
            name="outcome",
        ),
        CheckConstraint("proof IN ('proved','claimed')", name="proof"),
        CheckConstraint(
            "occurred_at >= '1970-01-01 00:00:00+00' AND occurred_at < '3000-01-01 00:00:00+00'",
            name="occurred_at",
        ),
        # A household that moves takes its visits along, and the feed hears of it.
        ForeignKeyConstraint(
            ["household_id", "bucket"],
            ["household.id", "household.bucket"],
            onupdate="CASCADE",
            name="visit_follows_household_fkey",
        ),
        Index("visit_household_id_recorded_at_ix", "household_id", "recorded_at"),
        Index("visit_bucket_recorded_at_ix", "bucket", "recorded_at"),
        Index(
            "visit_supersedes_id_ix",
            "supersedes_id",
            postgresql_where="supersedes_id IS NOT NULL",
        ),
        # What came long after it was written: few, and asked for every morning (queries.LATE).
        Index(
            "visit_late_ix",
            "received_at",
            postgresql_where="received_at - recorded_at > interval '1 day'",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    bucket: Mapped[str] = mapped_column(Text)
    cell_id: Mapped[UUID | None]
    outcome: Mapped[str]
    purpose: Mapped[str] = mapped_column(server_default="service")
    note: Mapped[str | None] = mapped_column(Sealed("visit.note"))
    companions: Mapped[int | None]
    done_by: Mapped[UUID]
    recorded_by: Mapped[UUID]
    device_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    received_at: Mapped[datetime]
    proof: Mapped[str]
    supersedes_id: Mapped[UUID | None] = mapped_column(ForeignKey("visit.id"))
