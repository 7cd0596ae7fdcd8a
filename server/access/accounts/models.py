"""Tables of accounts beside those of access: invitations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class Invitation(Base):
    """邀请码: the newest one-time code of a user, by which a password is set. One row a user: a
    newer code takes the place of the one before it. Only the keyed digest is kept.
    """

    __tablename__ = "invitation"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))  # none: keyboard
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
