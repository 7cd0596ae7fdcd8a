"""The history of moves: what was redrawn, reassigned, merged or split, why and by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class Move(Base):
    """One move that was applied. `token`: its preview's, so that asking again moves nothing."""

    __tablename__ = "move"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str]
    plan: Mapped[dict[str, Any]] = mapped_column(JSONB)  # as it was sent
    why: Mapped[str]
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)  # what came of it: codes and numbers
    area_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))  # villages and Areas concerned
    applied_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    applied_at: Mapped[datetime]
