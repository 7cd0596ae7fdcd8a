"""Likely duplicates: two households that may be one. A person decides."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.sealed import Sealed


class LikelyDuplicate(Base):
    """疑似重复. A pair is listed once, and what was decided about it stays decided."""

    __tablename__ = "likely_duplicate"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint(
            "reason IN ('same_head_near_address','same_head_telephone','same_head_point')",
            name="reason",
        ),
        CheckConstraint("first_id < second_id", name="ordered"),
        CheckConstraint("decided IN ('same','different')", name="decided"),
        CheckConstraint("(decided IS NULL) = (decided_at IS NULL)", name="when"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    first_id: Mapped[UUID] = mapped_column(ForeignKey("household.id"))
    second_id: Mapped[UUID] = mapped_column(ForeignKey("household.id"), index=True)
    reason: Mapped[str]
    found_at: Mapped[datetime]
    decided: Mapped[str | None]
    why: Mapped[str | None] = mapped_column(Sealed("likely_duplicate.why"))
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
