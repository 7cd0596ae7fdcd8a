"""A dispute, where it is known, its parties, and the Holdings of its Offices."""

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
from server.disputes.models.checks import between_1970_and_3000, one_of
from server.disputes.rules.words import CHANNELS, PARTY_KINDS, PARTY_SIDES, SIZES
from server.ladder.kinds import State
from server.ladder.routing import Category, Level
from server.sealed import Sealed


class Dispute(Base):
    """矛盾纠纷. `status` follows from its events; `level` and `office_id` from its last Holding."""

    __tablename__ = "dispute"
    __table_args__ = (
        UniqueConstraint("external_system", "external_id"),
        one_of("category", [one.value for one in Category]),
        one_of("status", [one.value for one in State]),
        one_of("level", [one.value for one in Level]),
        one_of("start_level", [one.value for one in Level]),
        one_of("channel", CHANNELS),
        one_of("size", SIZES),
        CheckConstraint("proof IN ('proved','claimed')", name="proof"),
        between_1970_and_3000(),
        CheckConstraint("relation IN ('same','follows_from')", name="relation"),
        CheckConstraint("people_concerned BETWEEN 1 AND 1000000", name="people_concerned"),
        Index("dispute_status_ix", "status"),
        Index("dispute_related_id_ix", "related_id", postgresql_where="related_id IS NOT NULL"),
        # What the clock closes once nobody came back.
        Index(
            "dispute_follow_up_ix",
            "follow_up_until",
            "id",
            postgresql_where="status = 'settled'",
        ),
        Index("dispute_author_ix", "recorded_by", "received_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    category: Mapped[str]
    story: Mapped[str] = mapped_column(Sealed("dispute.story"))
    village_id: Mapped[UUID | None] = mapped_column(ForeignKey("area.id"), index=True)
    cell_id: Mapped[UUID | None] = mapped_column(ForeignKey("grid_cell.id"))
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), index=True)  # covers all parties
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
    relation: Mapped[str | None]  # to it: `same` joins the open case; `follows_from`
    again: Mapped[int] = mapped_column(server_default="0")  # how often the same matter came again
    people_concerned: Mapped[int | None]
    spot: Mapped[str | None] = mapped_column(Sealed("dispute.spot"))  # where exactly, in words
    disposition: Mapped[str | None]  # the last one: now, scheduled, joint_study, explain
    follow_up_until: Mapped[datetime | None]  # while settled: when the clock closes it
    alerted_at: Mapped[datetime | None]  # a threat to life was told

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
        one_of("kind", PARTY_KINDS),
        one_of("side", PARTY_SIDES),
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

    `due_at` bars now (ladder.clocks.due_at); empty once the Holding has ended. The present one has
    the greatest `n` of those that did not end as `withdrawn_climb`: such a one never counted.
    """

    __tablename__ = "holding"
    __table_args__ = (
        UniqueConstraint("dispute_id", "n"),
        # One climb per Holding, whatever the number of workers; a withdrawn one was none.
        Index(
            "holding_climbed_from_key",
            "climbed_from",
            unique=True,
            postgresql_where="ended_how IS DISTINCT FROM 'withdrawn_climb'",
        ),
        one_of("level", [one.value for one in Level]),
        CheckConstraint("(ended_at IS NULL) = (ended_how IS NULL)", name="ended"),
        CheckConstraint("(ended_at IS NULL) = (due_at IS NOT NULL)", name="due"),
        CheckConstraint("(request_at IS NULL) = (request_answer_by IS NULL)", name="request"),
        Index("holding_open_ix", "dispute_id", unique=True, postgresql_where="ended_at IS NULL"),
        Index(
            "holding_due_ix",
            "due_at",
            "id",
            postgresql_where="ended_at IS NULL AND overdue_at IS NULL",
        ),
        # Most of what is due within days was warned of long ago: no round looks at it again.
        Index(
            "holding_unwarned_ix",
            "due_at",
            "id",
            postgresql_where="ended_at IS NULL AND overdue_at IS NULL AND warned_at IS NULL",
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
    extension_answer_by: Mapped[datetime | None]  # a named pause: until then it does not climb
    extension_declined: Mapped[bool] = mapped_column(server_default="false")
    extended: Mapped[bool] = mapped_column(server_default="false")
    overdue_at: Mapped[datetime | None]  # the county's: it has nowhere to climb
    ended_at: Mapped[datetime | None]
    ended_how: Mapped[str | None]  # the slug of the event that ended it
    climbed_from: Mapped[UUID | None] = mapped_column(ForeignKey("holding.id"))
    begun_how: Mapped[str] = mapped_column(server_default="register")  # slug of the event
    sent_by: Mapped[UUID | None] = mapped_column(ForeignKey("office.id"))  # who may be objected to
    objection_by: Mapped[datetime | None]  # until when: only where another Office sent it here
    objected_at: Mapped[datetime | None]
    objection_decided_at: Mapped[datetime | None]
    request_party_id: Mapped[UUID | None]  # a party asks for the next level
    request_at: Mapped[datetime | None]
    request_answer_by: Mapped[datetime | None]  # silence of the holder until then means: it goes
    request_answered_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]  # of the bar that stands now
