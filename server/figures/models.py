"""What is counted month by month, and what has changed since it was counted."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Integer
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class FigureMonth(Base):
    """Sums of the views `figure_*` over one local month: the worker's copy, to be read quickly.

    `below` False: cases that lie in just this Area; True: in it and in all below. `category` empty:
    all of them. `office_id` zero: Offices of levels below the Area's own, together. Of the times
    (`*_days`, `*_n`) each number of days, ascending, and how many took so long; `*_took`: how many
    there were.
    """

    __tablename__ = "figure_month"

    area_id: Mapped[UUID] = mapped_column(primary_key=True)
    below: Mapped[bool] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)  # its first day
    level: Mapped[str] = mapped_column(primary_key=True)
    office_id: Mapped[UUID] = mapped_column(primary_key=True)

    decided: Mapped[int]
    settled: Mapped[int]
    accept_due: Mapped[int]
    accept_on_time: Mapped[int]
    handle_due: Mapped[int]
    handle_on_time: Mapped[int]
    received: Mapped[int]
    reopened: Mapped[int]
    ended: Mapped[int]
    extended: Mapped[int]
    returned: Mapped[int]
    handed_down: Mapped[int]
    transferred: Mapped[int]
    escalated: Mapped[int]
    climbed: Mapped[int]
    accept_took: Mapped[int]
    handle_took: Mapped[int]
    whole_took: Mapped[int]
    accept_days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    accept_n: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    handle_days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    handle_n: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    whole_days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    whole_n: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class FigureDirty(Base):
    """A month of an Area that has to be counted anew. Triggers write it with what changed, so that
    nothing is forgotten; it is only added to, so that nobody who writes a case waits for another.
    """

    __tablename__ = "figure_dirty"
    __table_args__ = (CheckConstraint("extract(day FROM month) = 1", name="month"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    area_id: Mapped[UUID] = mapped_column(index=True)
    month: Mapped[date]
    at: Mapped[datetime] = mapped_column(index=True)
    recoded: Mapped[bool] = mapped_column(server_default="false")  # it lies elsewhere now


class FigureKept(Base):
    """A Holding of a case whose file was erased, as the view `figure_holding` counts it: when and
    at which level, under ids that lead nowhere.
    """

    __tablename__ = "figure_kept"

    holding_id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(index=True)
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), index=True)
    office_id: Mapped[UUID]
    level: Mapped[str]
    category: Mapped[str]
    received_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accept_by: Mapped[datetime]
    handle_by: Mapped[datetime]
    overdue_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    extended: Mapped[bool]
    begun_how: Mapped[str]
    ended_how: Mapped[str | None]
    went: Mapped[str]
    came_at: Mapped[datetime | None]
