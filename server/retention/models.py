"""For how long what is kept, as the county decided, and which runs came to their end."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class Setting(Base):
    """保管期限: what the county decided for one kind; without one, the proposal of rules.py."""

    __tablename__ = "retention_setting"
    __table_args__ = (CheckConstraint("months BETWEEN 1 AND 1200", name="months"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    months: Mapped[int]
    active: Mapped[bool]
    source: Mapped[str]  # the document in which it was decided
    set_at: Mapped[datetime]


class Run(Base):
    """One day's run of one kind; without `ended_at` it goes on where it stopped."""

    __tablename__ = "retention_run"

    kind: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    taken: Mapped[int]
    ended_at: Mapped[datetime | None]
