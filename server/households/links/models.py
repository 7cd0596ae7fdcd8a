"""Links between households."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.sealed import Sealed


class Link(Base):
    """户际关系: what became of a household, or what belongs to it, from–to."""

    __tablename__ = "household_link"
    __table_args__ = (
        CheckConstraint("kind IN ('split','merged','moved','second_home','ended')", name="kind"),
        CheckConstraint("(kind = 'ended') = (to_id IS NULL)", name="ends"),
        CheckConstraint("from_id <> to_id", name="two"),
        CheckConstraint("valid_to > valid_from", name="span"),
        Index(
            "household_link_present_ix",
            "kind",
            "from_id",
            "to_id",
            unique=True,
            postgresql_where="valid_to IS NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    from_id: Mapped[UUID] = mapped_column(ForeignKey("household.id"), index=True)
    to_id: Mapped[UUID | None] = mapped_column(ForeignKey("household.id"), index=True)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Sealed("household_link.note"))
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
