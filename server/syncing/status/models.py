"""Alarms of phones: what happened to one that somebody ought to look at."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class SyncAlarm(Base):
    """One kind of trouble of one phone on one day (UTC), however often: a phone cannot flood it.

    `details` holds numbers and slugs, never personal data.
    """

    __tablename__ = "sync_alarm"

    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)
    times: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
