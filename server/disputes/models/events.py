"""The history of a dispute."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.disputes.models.checks import between_1970_and_3000, one_of
from server.disputes.rules.words import REFERRED_TO
from server.ladder.kinds import State
from server.sealed import Sealed


class DisputeEvent(Base):
    """One thing that happened to a dispute. Append-only; `n`, `prev_hash` and `hash` are given by
    the database, so that every way to write one is in the chain.
    """

    __tablename__ = "dispute_event"
    __table_args__ = (
        UniqueConstraint("dispute_id", "n"),
        Index("dispute_event_author_ix", "recorded_by", "received_at"),
        # What came long after it was written: few, and asked for every morning (duties.LATE).
        Index(
            "dispute_event_late_ix",
            "received_at",
            postgresql_where="received_at - recorded_at > interval '1 hour'",
        ),
        one_of("to_status", [one.value for one in State]),
        one_of("referred_to", REFERRED_TO),
        CheckConstraint("proof IN ('proved','claimed')", name="proof"),
        between_1970_and_3000(),
        CheckConstraint(
            "(why IS NULL) = (why_mac IS NULL) OR why IS NULL AND erased_at IS NOT NULL",
            name="why",
        ),
        CheckConstraint(
            "(agreement IS NULL) = (agreement_mac IS NULL)"
            " OR agreement IS NULL AND erased_at IS NOT NULL",
            name="agreement",
        ),
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
    party_id: Mapped[UUID | None]  # who asked, rated or reopened; by code, or said in person
    # What else belongs to this kind of event: ids, slugs, dates and numbers; no text of a person.
    details: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    referred_to: Mapped[str | None]
    rights_told: Mapped[bool] = mapped_column(server_default="false")
    refused: Mapped[str | None]  # this note was meant as a move; why it was none
    intended: Mapped[str | None]  # and as which
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    received_at: Mapped[datetime]
    proof: Mapped[str]
    # When words of this event were erased: their digest stays, so that the chain holds.
    erased_at: Mapped[datetime | None]
    prev_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
