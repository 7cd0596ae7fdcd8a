"""两步验证: what a user proves beside the password."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.sealed import Sealed


class SecondFactor(Base):
    """A user's authenticator. Without a secret there is none; unconfirmed, it is being enrolled."""

    __tablename__ = "second_factor"
    __table_args__ = (
        CheckConstraint("secret IS NOT NULL OR confirmed_at IS NULL", name="confirmed"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    secret: Mapped[str | None] = mapped_column(Sealed("second_factor.secret", ("user_id",)))
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")  # of the last used code
    recovery: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), server_default="{}")
    reset_at: Mapped[datetime | None]  # when somebody else last took it away
