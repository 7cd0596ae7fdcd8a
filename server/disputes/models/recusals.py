"""Who steps aside from a case, and who hears of it then."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.disputes.models.checks import one_of
from server.disputes.rules.words import FOUND_BY

_STANDS = "ended_at IS NULL"


class Recusal(Base):
    """回避: this person, or whoever acts for this Office, neither sees the case nor acts on it.

    The database finds those who are a party (gate.find_recusals), whichever way a row was written;
    `event_id` is the event that tells of it, once there is one.
    """

    __tablename__ = "recusal"
    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, office_id) = 1", name="whom"),
        one_of("found_by", FOUND_BY),
        Index("recusal_person_ix", "user_id", "dispute_id", unique=True, postgresql_where=_STANDS),
        Index(
            "recusal_office_ix", "office_id", "dispute_id", unique=True, postgresql_where=_STANDS
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    office_id: Mapped[UUID | None] = mapped_column(ForeignKey("office.id"))
    found_by: Mapped[str]
    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("dispute_event.id"), index=True)
    since: Mapped[datetime]  # what was recorded earlier is kept, as a note
    ended_at: Mapped[datetime | None]


class DisputeHearer(Base):
    """Of a case with a recusal: whose personal buckets it is in, in place of the shared ones.

    Kept by the database (gate.settle_hearers): who holds a bucket of one of its places and need not
    step aside.
    """

    __tablename__ = "dispute_hearer"

    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("user_account.id"), primary_key=True, index=True
    )
