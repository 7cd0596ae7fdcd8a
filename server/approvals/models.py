"""Approvals: acts that one person asks for and another one allows; what was taken without one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class Approval(Base):
    """审批: one act on one matter, asked for by one person and decided by another.

    `what`: ids, codes and settings, never a name; `digest` is that of its canonical JSON. Who asked
    is empty for the county's own hand (the keyboard). `expires_at`: until then it can be decided;
    once approved, until then it can be used. What may change, and by whom, a trigger judges too.
    """

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint("act IN ('export.bulk','case.delete','audit.settings')", name="act"),
        CheckConstraint("verdict IN ('approved','refused','withdrawn')", name="verdict"),
        CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint("used_at IS NULL OR verdict = 'approved'", name="used"),
        CheckConstraint(
            "verdict IS DISTINCT FROM 'approved'"
            " OR (decided_by IS NOT NULL AND decided_by IS DISTINCT FROM asked_by)",
            name="two_persons",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    act: Mapped[str]
    what: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    asked_device: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    verdict: Mapped[str | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_device: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]  # why it was refused
    used_at: Mapped[datetime | None]


class Taken(Base):
    """Rows that somebody took unmasked without approval: what is many in a day is not small.

    Written and read by the gate alone, which drops what is older than a day.
    """

    __tablename__ = "export_taken"
    __table_args__ = (Index("export_taken_user_id_at_ix", "user_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    rows: Mapped[int]
