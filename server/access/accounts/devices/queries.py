"""SQL of devices. Those of others are the gate's to tell and to revoke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session


def keeps_devices(session: Session, user_id: UUID) -> bool:
    """Whether the asker may see and revoke this user's devices."""
    return bool(session.scalar(text("SELECT gate.keeps_devices_of(:user)"), {"user": user_id}))


def list_devices(session: Session, user_id: UUID) -> Sequence[Row[Any]]:
    """A user's devices, live ones first; none where the asker may not know of them."""
    return session.execute(text("SELECT * FROM gate.devices_of(:user)"), {"user": user_id}).all()


def take_turn(session: Session, user_id: UUID) -> None:
    """One device of a user is enrolled at a time, to the end of the transaction."""
    session.execute(_TAKE_TURN, {"user": str(user_id)})


_TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('device ' || :user, 0))")


def revoke_devices(
    session: Session, user_id: UUID, ids: Sequence[UUID] | None, why: str
) -> Sequence[Row[Any]]:
    """Revoke these devices of a user (None: all that are not); which were. As far as one may."""
    asked = {"user": user_id, "ids": None if ids is None else list(ids), "why": why}
    return session.execute(_REVOKE, asked).all()


_REVOKE = text("SELECT * FROM gate.revoke_devices(:user, cast(:ids AS uuid[]), :why)")
