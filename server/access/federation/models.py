"""统一身份: which person at the county's identity provider is which user."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class ExternalLogin(Base):
    """A subject of an issuer, linked with a user on purpose, at the keyboard of the server."""

    __tablename__ = "external_login"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    linked_at: Mapped[datetime]
