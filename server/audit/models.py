"""The audit: who did what, when; and the chain that seals it. Nothing here is ever changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Identity, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class AuditAct(Base):
    """One act. `what` holds ids and counts, never personal data."""

    __tablename__ = "audit_act"
    __table_args__ = (Index("audit_act_at_ix", "at", postgresql_using="brin"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[UUID | None]  # None: the county's own hand (worker, command line)
    device_id: Mapped[UUID | None]
    request_id: Mapped[str]
    action: Mapped[str]
    what: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str | None]


class Unsealed(Base):
    """An act that waits for its seal; a trigger writes it in the transaction of the act.

    Only so is a long transaction, which commits long after acts of higher ids were sealed, seen
    without reading the whole table.
    """

    __tablename__ = "audit_unsealed"

    act_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class AuditSeal(Base):
    """One link: its number is the order of the chain, its hash covers the one before and the act.

    Apart from the act, so that no act is ever updated. No foreign key: who deletes an act must not
    be kept from leaving its seal behind as the proof.
    """

    __tablename__ = "audit_seal"
    __table_args__ = (CheckConstraint("number > 0 AND length(hash) = 32", name="form"),)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    act_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    sealed_at: Mapped[datetime]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditHead(Base):
    """A signed head of the chain. What counts are its copies outside; this one shows when."""

    __tablename__ = "audit_head"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    count: Mapped[int] = mapped_column(BigInteger)  # of links that were there
    key: Mapped[str]
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class AuditCut(Base):
    """A signed record of old acts that were removed: the chain goes on from its hash."""

    __tablename__ = "audit_cut"
    __table_args__ = (
        CheckConstraint("to_number >= from_number", name="span"),
        CheckConstraint("newest_at <= at - interval '6 months'", name="kept"),
    )

    to_number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    from_number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)  # of the last link that was removed
    newest_at: Mapped[datetime]  # of the acts that were removed, and of their seals
    at: Mapped[datetime]
    key: Mapped[str]
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class AuditSetting(Base):
    """The one row of settings: changed by the audit administrator with a second person."""

    __tablename__ = "audit_setting"
    __table_args__ = (
        CheckConstraint("one", name="one"),
        CheckConstraint("months BETWEEN 6 AND 120", name="months"),
    )

    one: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default="true")
    installation: Mapped[UUID]
    months: Mapped[int] = mapped_column(server_default="6")  # for so long acts are kept
    heads_to: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[UUID | None]
