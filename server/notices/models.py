"""Tables of notices: what is owed, who asked to be told, and how far each telling has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text, Uuid

from server.db import Base
from server.sealed import Sealed


class Owed(Base):
    """通知: one thing that happened and that somebody outside may want to hear of.

    Written in the transaction of the act. `body` holds ids, slugs, codes and times only. `once`
    makes a second one of the same matter impossible, so such rows are kept for good.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("notice_unfanned_ix", "id", postgresql_where=text("fanned_at IS NULL")),
        Index(
            "notice_fanned_at_ix",
            "fanned_at",
            postgresql_where=text("fanned_at IS NOT NULL AND once IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    dispute_id: Mapped[UUID | None]  # no foreign key: notices know nothing of disputes
    office_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    once: Mapped[str | None] = mapped_column(unique=True)
    owed_at: Mapped[datetime]
    fanned_at: Mapped[datetime | None]  # when it was made out to whoever asked for it


class Subscription(Base):
    """接收方: a webhook or a mail address, and what it is told of.

    An Office's own address has an `office_id`; one for a part of the county an `area_id`. Removed
    ones stay as a name without address and secrets, for what was sent to them.
    """

    __tablename__ = "notice_subscription"
    __table_args__ = (
        CheckConstraint("channel IN ('webhook','mail')", name="channel"),
        CheckConstraint("removed_at IS NULL OR NOT active", name="removed"),
        CheckConstraint("num_nonnulls(address, removed_at) = 1", name="address"),
        Index(
            "notice_subscription_name_key",
            "name",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    channel: Mapped[str]
    address: Mapped[str | None] = mapped_column(Sealed("notice_subscription.address"))
    secrets: Mapped[str | None] = mapped_column(Sealed("notice_subscription.secrets"))
    old_until: Mapped[datetime | None]  # until then the secret before the present one signs too
    kinds: Mapped[list[str] | None] = mapped_column(ARRAY(Text()))  # None: all
    area_id: Mapped[UUID | None] = mapped_column(ForeignKey("area.id"))
    office_id: Mapped[UUID | None] = mapped_column(ForeignKey("office.id"))
    active: Mapped[bool] = mapped_column(server_default="true")
    stopped_at: Mapped[datetime | None]  # it answered 410 Gone
    removed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default="0")  # of the endpoint, in a row
    rests_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Delivery(Base):
    """送达: one notice to one subscription. Its id is the `webhook-id` of every try.

    Whoever sends holds `lease` until `next_at`; after that somebody else may send it again.
    """

    __tablename__ = "notice_delivery"
    __table_args__ = (
        UniqueConstraint("notice_id", "subscription_id"),
        CheckConstraint("state IN ('waiting','sent','dead','dropped')", name="state"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended"),
        Index(
            "notice_delivery_due_ix",
            "subscription_id",
            "next_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("notice_delivery_state_ix", "state", "id"),
        Index(
            "notice_delivery_ended_at_ix",
            "ended_at",
            postgresql_where=text("ended_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notice.id"))
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("notice_subscription.id"))
    state: Mapped[str]
    tries: Mapped[int]
    since: Mapped[datetime]  # from here on the days are counted after which it is given up
    next_at: Mapped[datetime]
    lease: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    status: Mapped[int | None]  # of the last answer, where there was one (HTTP, SMTP)
    error: Mapped[str | None]
