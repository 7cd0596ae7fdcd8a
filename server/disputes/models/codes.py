"""The codes of parties."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class PartyCode(Base):
    """A party's code, as a keyed digest: nobody can read one here. One at a time is alive."""

    __tablename__ = "party_code"
    __table_args__ = (
        Index(
            "party_code_present_ix", "party_id", unique=True, postgresql_where="ended_at IS NULL"
        ),
    )

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]  # a slip was lost: another took its place
