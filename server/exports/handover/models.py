"""Hand-overs to other platforms, row by row, and the ids by which those know our rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base

_ENTITY = "entity IN ('household','visit','dispute')"


class ExternalRef(Base):
    """外部编号: by which id another system knows one of our rows."""

    __tablename__ = "external_ref"
    __table_args__ = (
        CheckConstraint(_ENTITY, name="entity"),
        UniqueConstraint("entity", "system", "external_id"),
    )

    entity: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str]


class Handover(Base):
    """对接交付: one file for one platform, numbered from 1 on. Kept only with its complete file."""

    __tablename__ = "handover"

    platform: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    file: Mapped[str]  # its name, without the folder
    digest: Mapped[bytes] = mapped_column(LargeBinary)  # SHA-256 of the file
    mapping_digest: Mapped[bytes] = mapped_column(LargeBinary)  # and of the mapping file
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)


class HandoverRow(Base):
    """One row of a hand-over. `version`: a digest of what was told; empty where rows never change.

    No key to the row itself, which is one of three tables: what was told stays told.
    """

    __tablename__ = "handover_row"
    __table_args__ = (
        CheckConstraint(_ENTITY, name="entity"),
        ForeignKeyConstraint(["platform", "n"], ["handover.platform", "handover.n"]),
        CheckConstraint("change IN ('new','changed','ended')", name="change"),
        Index("handover_row_platform_n_ix", "platform", "n"),
    )

    platform: Mapped[str] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    change: Mapped[str]
    version: Mapped[bytes] = mapped_column(LargeBinary)
