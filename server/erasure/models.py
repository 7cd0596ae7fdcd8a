"""Erasures: which person's rows were to go, why, by whose order, and that they are gone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class Erasure(Base):
    """删除个人信息. Ids, a reason from a list and counts: nothing here speaks of the person.

    `asked_by` is empty for the command line and for what the register brought back.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        UniqueConstraint("entity", "row_id"),
        CheckConstraint("entity IN ('household','visit')", name="entity"),
        CheckConstraint(
            "reason IN ('asked','purpose_over','consent_withdrawn','unlawful','entered_wrongly',"
            "'register')",
            name="reason",
        ),
        CheckConstraint("(done_at IS NULL) = (counts IS NULL)", name="done"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    entity: Mapped[str]
    row_id: Mapped[UUID]
    reason: Mapped[str]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
