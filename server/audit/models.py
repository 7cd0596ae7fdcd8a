"""The audit table: who did what, when. Rows commit with the act and are never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class AuditAct(Base):
    """One act. `what` holds ids and counts, never personal data."""

    __tablename__ = "audit_act"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[UUID | None]  # None: the county's own hand (worker, command line)
    device_id: Mapped[UUID | None]
    request_id: Mapped[str]
    action: Mapped[str]
    what: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str | None]
