"""What a resident leaves: ratings, and letters that were taken."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.sealed import Sealed


class Rating(Base):
    """评价: a party's word on how one Office handled the case. The newest of a Holding counts."""

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("rating IN ('satisfied','fair','dissatisfied')", name="rating"),
        CheckConstraint("level IN ('village','township','county')", name="level"),
        Index("rating_party_id_holding_id_ix", "party_id", "holding_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"), index=True)
    holding_id: Mapped[UUID] = mapped_column(ForeignKey("holding.id"), index=True)
    level: Mapped[str]
    rating: Mapped[str]
    comment: Mapped[str | None] = mapped_column(Sealed("rating.comment"))
    at: Mapped[datetime]


class ResidentReceipt(Base):
    """One letter of a party that was taken: sent again, it does nothing again."""

    __tablename__ = "resident_receipt"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), primary_key=True)
    letter_id: Mapped[UUID] = mapped_column(primary_key=True)  # the sender's own
    kind: Mapped[str]
    outcome: Mapped[str]  # what was answered, and is answered again
    at: Mapped[datetime]
