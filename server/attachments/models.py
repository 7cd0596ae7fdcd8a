"""Attachments: what is known of a file; its bytes are on the disk, by their hash."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from server.attachments.words import OWNERS, PURPOSES
from server.db import Base


def _one_of(column: str, slugs: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({','.join(map(repr, slugs))})", name=column)


class Attachment(Base):
    """附件. Append-only. What was sent and what is kept differ: pictures are made anew."""

    __tablename__ = "attachment"
    __table_args__ = (
        _one_of("owner_entity", OWNERS),
        _one_of("purpose", PURPOSES),
        CheckConstraint("length(sha256) = 32 AND length(sent_sha256) = 32", name="hashes"),
        Index("attachment_owner_ix", "owner_entity", "owner_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)  # made where it is handed in
    owner_entity: Mapped[str]
    owner_id: Mapped[UUID]
    purpose: Mapped[str]
    sent_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    size: Mapped[int]  # bytes of what is kept
    media_type: Mapped[str]
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.id"))
    recorded_at: Mapped[datetime]
    received_at: Mapped[datetime]


class AttachmentLeftover(Base):
    """A file of which a row was erased: it goes as soon as no other row names it."""

    __tablename__ = "attachment_leftover"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
