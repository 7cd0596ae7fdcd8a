"""Disputes: parties, places, Holdings, and the events that are their history."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.access.models import Office
from server.db import Base
from server.disputes.rules.form import CHANNELS, PARTY_KINDS, PARTY_SIDES, REFERRED_TO, SIZES
from server.ladder.routing import Category, Level
from server.ladder.states import State
from server.sealed import Sealed


def _one_of(column: str, slugs: object) -> CheckConstraint:
    listed = ",".join(f"'{slug}'" for slug in slugs)  # type: ignore[attr-defined] # any iterable
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _between_1970_and_3000() -> CheckConstraint:
    # PostgreSQL keeps times that Python cannot read back.
    good = "occurred_at >= '1970-01-01 00:00:00+00' AND occurred_at < '3000-01-01 00:00:00+00'"
    return CheckConstraint(good, name="occurred_at")


class Dispute(Base):
    """矛盾纠纷. `status` follows from its events; `level` and `office_id` from its last Holding."""

    __tablename__ = "dispute"
    __table_args__ = (
        UniqueConstraint("external_system", "external_id"),
        _one_of("category", [one.value for one in Category]),
        _one_of("status", [one.value for one in State]),
        _one_of("level", [one.value for one in Level]),
        _one_of("start_level", [one.value for one in Level]),
        _one_of("channel", CHANNELS),
        _one_of("size", SIZES),
        CheckConstraint("proof IN ('proved','claimed')", name="proof"),
        _between_1970_and_3000(),
        Index("dispute_status_ix", "status"),
        Index("dispute_author_ix", "recorded_by", "received_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    category: Mapped[str]
    story: Mapped[str] = mapped_column(Sealed("dispute.story"))
    village_id: Mapped[UUID | None] = mapped_column(ForeignKey("area.id"), index=True)
    cell_id: Mapped[UUID | None] = mapped_column(ForeignKey("grid_cell.id"))
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"))  # covers place and parties
    start_level: Mapped[str]
    level: Mapped[str]
    office_id: Mapped[UUID] = mapped_column(ForeignKey("office.id"), index=True)
    first_office_id: Mapped[UUID] = mapped_column(ForeignKey("office.id"))  # 首接
    channel: Mapped[str]
    status: Mapped[str]
    size: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    received_at: Mapped[datetime]
    proof: Mapped[str]
    done_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.id"))
    external_system: Mapped[str | None]
    external_id: Mapped[str | None]
    related_id: Mapped[UUID | None] = mapped_column(ForeignKey("dispute.id"))

    office: Mapped[Office] = relationship(foreign_keys=office_id, lazy="raise", viewonly=True)
    present: Mapped[Holding | None] = relationship(
        primaryjoin="and_(Holding.dispute_id == Dispute.id, Holding.ended_at.is_(None))",
        lazy="raise",
        viewonly=True,
        uselist=False,
    )


class DisputePlace(Base):
    """Where a dispute is known: its cell, or each of the villages that it lies across."""

    __tablename__ = "dispute_place"
    __table_args__ = (
        UniqueConstraint("dispute_id", "bucket"),
        Index("dispute_place_bucket_ix", "bucket"),
    )

    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"), primary_key=True)
    bucket: Mapped[str] = mapped_column(
        Text,
        Computed("coalesce('c:' || cell_id::text, 'v:' || village_id::text)"),
    )
    village_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), primary_key=True)
    cell_id: Mapped[UUID | None] = mapped_column(ForeignKey("grid_cell.id"))


class Party(Base):
    """当事人. May be unnamed."""

    __tablename__ = "party"
    __table_args__ = (
        _one_of("kind", PARTY_KINDS),
        _one_of("side", PARTY_SIDES),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"), index=True)
    side: Mapped[str]
    kind: Mapped[str]
    household_id: Mapped[UUID | None] = mapped_column(ForeignKey("household.id"), index=True)
    office_id: Mapped[UUID | None] = mapped_column(ForeignKey("office.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str | None] = mapped_column(Sealed("party.name"))
    telephone: Mapped[str | None] = mapped_column(Sealed("party.telephone"))
    telephone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)


class Holding(Base):
    """承办: the span in which one Office holds a dispute at one level. The climb locks this row.

    `due_at` bars now: until acceptance the earlier of both limits, then `handle_by`; empty once the
    Holding has ended.
    """

    __tablename__ = "holding"
    __table_args__ = (
        UniqueConstraint("dispute_id", "n"),
        # One climb per Holding, whatever the number of workers.
        UniqueConstraint("climbed_from"),
        _one_of("level", [one.value for one in Level]),
        CheckConstraint("(ended_at IS NULL) = (ended_how IS NULL)", name="ended"),
        CheckConstraint("(ended_at IS NULL) = (due_at IS NOT NULL)", name="due"),
        Index("holding_open_ix", "dispute_id", unique=True, postgresql_where="ended_at IS NULL"),
        Index(
            "holding_due_ix",
            "due_at",
            "id",
            postgresql_where="ended_at IS NULL AND overdue_at IS NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"))
    n: Mapped[int]  # counts a dispute's Holdings, from 1 on
    office_id: Mapped[UUID] = mapped_column(ForeignKey("office.id"), index=True)
    level: Mapped[str]
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy_version.id"))
    begun_at: Mapped[datetime]  # when what began it was recorded: earlier acts meant another one
    received_at: Mapped[datetime]
    accept_by: Mapped[datetime]
    handle_by: Mapped[datetime]
    due_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    extension_asked_at: Mapped[datetime | None]
    extended: Mapped[bool] = mapped_column(server_default="false")
    overdue_at: Mapped[datetime | None]  # the county's: it has nowhere to climb
    ended_at: Mapped[datetime | None]
    ended_how: Mapped[str | None]  # the slug of the event that ended it
    climbed_from: Mapped[UUID | None] = mapped_column(ForeignKey("holding.id"))


class DisputeEvent(Base):
    """One thing that happened to a dispute. Append-only; `n`, `prev_hash` and `hash` are given by
    the database, so that every way to write one is in the chain.
    """

    __tablename__ = "dispute_event"
    __table_args__ = (
        UniqueConstraint("dispute_id", "n"),
        Index("dispute_event_author_ix", "recorded_by", "received_at"),
        _one_of("to_status", [one.value for one in State]),
        _one_of("referred_to", REFERRED_TO),
        CheckConstraint("proof IN ('proved','claimed')", name="proof"),
        _between_1970_and_3000(),
        CheckConstraint("(why IS NULL) = (why_mac IS NULL)", name="why"),
        CheckConstraint("(agreement IS NULL) = (agreement_mac IS NULL)", name="agreement"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"))
    n: Mapped[int]
    kind: Mapped[str]  # a slug of ladder.states.Event; or `overdue`, which the clock writes
    from_status: Mapped[str | None]  # none before the first
    to_status: Mapped[str]
    office_id: Mapped[UUID | None] = mapped_column(ForeignKey("office.id"))  # who acted for it
    holding_id: Mapped[UUID | None] = mapped_column(ForeignKey("holding.id"))
    done_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))  # none: clock
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.id"))
    why: Mapped[str | None] = mapped_column(Sealed("dispute_event.why"))
    why_mac: Mapped[bytes | None] = mapped_column(LargeBinary)  # what the chain vouches for
    agreement: Mapped[str | None] = mapped_column(Sealed("dispute_event.agreement"))
    agreement_mac: Mapped[bytes | None] = mapped_column(LargeBinary)
    referred_to: Mapped[str | None]
    rights_told: Mapped[bool] = mapped_column(server_default="false")
    refused: Mapped[str | None]  # this note was meant as a move; why it was none
    intended: Mapped[str | None]  # and as which
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    received_at: Mapped[datetime]
    proof: Mapped[str]
    prev_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
