"""Erasures: which person's rows were to go, why, by whose order, and that they are gone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.sealed import Sealed


class Erasure(Base):
    """删除个人信息. Ids, a reason from a list and counts: nothing here speaks of the person.

    `asked_by` is empty for the command line and for what the register brought back.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        UniqueConstraint("entity", "row_id"),
        CheckConstraint("entity IN ('household','visit','party','dispute')", name="entity"),
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


class Mention(Base):
    """待核文字: a text of several people's matter that may speak of an erased person.

    A person reads it and decides; the worker carries it out. `named`: the name or the number stands
    in it. `wording`: the new text, until it stands where it belongs.
    """

    __tablename__ = "erasure_mention"
    __table_args__ = (
        UniqueConstraint("erasure_id", "row_id", "field"),
        CheckConstraint("decided IN ('reworded','removed','stays')", name="decided"),
        CheckConstraint("(decided IS NULL) = (decided_at IS NULL)", name="when"),
        Index("erasure_mention_dispute_id_ix", "dispute_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    erasure_id: Mapped[UUID] = mapped_column(ForeignKey("erasure.id"))
    dispute_id: Mapped[UUID]  # no foreign key: the case may be erased too
    entity: Mapped[str]  # dispute, claim, term, dispute_event
    row_id: Mapped[UUID]
    field: Mapped[str]
    named: Mapped[bool]
    found_at: Mapped[datetime]
    decided: Mapped[str | None]
    wording: Mapped[str | None] = mapped_column(Sealed("erasure_mention.wording"))
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
