"""The versions of the county's numbers, and its calendar of working days."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class PolicyVersion(Base):
    """One version of the policy. Never changed: Holdings keep theirs to the end."""

    __tablename__ = "policy_version"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(unique=True)
    valid_from: Mapped[date]
    document: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)  # as ladder.policy.as_mapping writes it


class CalendarDay(Base):
    """One day of the county's calendar; the county may edit it."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(server_default="")  # of the holiday or make-up day
    provisional: Mapped[bool] = mapped_column(server_default="false")  # make-up days unpublished
    why: Mapped[str | None]  # the county changed it, and why; none: as published
