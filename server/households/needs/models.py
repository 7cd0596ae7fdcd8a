"""Service needs and the consents that they stand on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.households.needs.words import GIVEN_BY, HOW, NEEDS
from server.sealed import Sealed


def _one_of(column: str, slugs: Iterable[str]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({','.join(map(repr, slugs))})", name=column)


def _words() -> tuple[CheckConstraint, ...]:
    return (
        _one_of("need", NEEDS),
        _one_of("given_by", GIVEN_BY),
        _one_of("how", HOW),
        CheckConstraint("until >= given_on", name="span"),
    )


class Consent(Base):
    """同意: who allowed us to keep a need of theirs, when, how, until when. It stays as history."""

    __tablename__ = "consent"
    __table_args__ = (
        *_words(),
        CheckConstraint("ended_how IN ('expired','withdrawn','replaced')", name="ended_how"),
        CheckConstraint("(ended_at IS NULL) = (ended_how IS NULL)", name="ended"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID] = mapped_column(ForeignKey("household.id"), index=True)
    need: Mapped[str]
    given_by: Mapped[str]
    giver: Mapped[str | None] = mapped_column(Sealed("consent.giver"))  # by name, where it is said
    how: Mapped[str]
    given_on: Mapped[date]
    until: Mapped[date]  # its last day
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    device_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime]
    received_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_how: Mapped[str | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))


class ServiceNeed(Base):
    """服务需求: what phones and screens show, as long as its consent of the same id holds.

    A withdrawn one is shown nowhere and goes within a minute, an expired one at the end of its day.
    """

    __tablename__ = "service_need"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "bucket"],
            ["household.id", "household.bucket"],
            onupdate="CASCADE",
            name="service_need_follows_household_fkey",
        ),
        *_words(),
        Index("service_need_bucket_ix", "bucket"),
        Index("service_need_household_id_ix", "household_id"),
        Index("service_need_until_ix", "until"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("consent.id"), primary_key=True)
    household_id: Mapped[UUID]
    bucket: Mapped[str] = mapped_column(Text)
    need: Mapped[str]
    given_by: Mapped[str]
    how: Mapped[str]
    given_on: Mapped[date]
    until: Mapped[date]
    recorded_by: Mapped[UUID]
    received_at: Mapped[datetime]
    withdrawn: Mapped[bool] = mapped_column(server_default="false")
    stamps: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
