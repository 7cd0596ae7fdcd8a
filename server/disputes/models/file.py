"""What belongs to a case beside its history: claims, agreements, who helps, who supervises."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.disputes.models.checks import one_of
from server.disputes.rules.words import AGREEMENT_FORMS, OUTCOMES, SUPERVISION_KINDS
from server.sealed import Sealed


class Claim(Base):
    """诉求: what a party wants. The outcome is of the claim, never a label on a person."""

    __tablename__ = "claim"
    __table_args__ = (UniqueConstraint("dispute_id", "n"), one_of("outcome", OUTCOMES))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"))
    n: Mapped[int]  # from 1 on, within its dispute
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"), index=True)
    # Empty: it was erased with the person who said it.
    content: Mapped[str | None] = mapped_column(Sealed("claim.content"))
    outcome: Mapped[str | None]
    outcome_event_id: Mapped[UUID | None]


class Agreement(Base):
    """调解协议: made by a `settle`. Its text is the event's, which the chain vouches for."""

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("event_id"),
        one_of("form", AGREEMENT_FORMS),
        # What is reminded of: written ones, joint court confirmation not asked for yet.
        Index(
            "agreement_confirm_ix",
            "confirm_by",
            postgresql_where="confirmed_at IS NULL AND reminded_at IS NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"), index=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("dispute_event.id"))
    form: Mapped[str]  # oral: binds when reached; written: when signed
    effective_on: Mapped[date]
    confirm_by: Mapped[date | None]  # written: both may ask the court until then
    confirmed_at: Mapped[datetime | None]  # when both asked the court: nobody is reminded of it
    reminded_at: Mapped[datetime | None]


class Term(Base):
    """协议条款: one thing that was agreed, with the day by which it is done."""

    __tablename__ = "term"
    __table_args__ = (
        UniqueConstraint("dispute_id", "n"),
        Index("term_due_ix", "due_on", postgresql_where="done_at IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"))
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreement.id"), index=True)
    n: Mapped[int]  # from 1 on, within its dispute
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"), index=True)  # who does it
    content: Mapped[str | None] = mapped_column(Sealed("term.content"))
    due_on: Mapped[date | None]
    done_at: Mapped[datetime | None]
    done_event_id: Mapped[UUID | None]
    reminded_at: Mapped[datetime | None]  # that it falls due soon
    overdue_told_at: Mapped[datetime | None]


class JointOffice(Base):
    """协办单位: an Office that helps with a case; the holding Office leads."""

    __tablename__ = "joint_office"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_event_id IS NULL)", name="ended"),
        Index(
            "joint_office_present_ix",
            "dispute_id",
            "office_id",
            unique=True,
            postgresql_where="ended_at IS NULL",
        ),
    )

    event_id: Mapped[UUID] = mapped_column(ForeignKey("dispute_event.id"), primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"), index=True)
    office_id: Mapped[UUID] = mapped_column(ForeignKey("office.id"), index=True)
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_event_id: Mapped[UUID | None]


class Supervision(Base):
    """督办: by an Office above, or by the clock where the county is overdue."""

    __tablename__ = "supervision"
    __table_args__ = (
        one_of("kind", SUPERVISION_KINDS),
        CheckConstraint("(lifted_at IS NULL) = (lifted_event_id IS NULL)", name="lifted"),
        Index("supervision_present_ix", "dispute_id", postgresql_where="lifted_at IS NULL"),
    )

    event_id: Mapped[UUID] = mapped_column(ForeignKey("dispute_event.id"), primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"), index=True)
    kind: Mapped[str]
    office_id: Mapped[UUID | None] = mapped_column(ForeignKey("office.id"))  # none: the clock
    since: Mapped[datetime]
    until: Mapped[date | None]  # the day on which it is to lift; none: until somebody lifts it
    lifted_at: Mapped[datetime | None]
    lifted_event_id: Mapped[UUID | None]
