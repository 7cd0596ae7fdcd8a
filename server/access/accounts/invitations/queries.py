"""SQL of invitations and of what they lead to: a password."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from server.access.accounts.models import Invitation
from server.access.models import Credential


def put_invitation(
    session: Session,
    user_id: UUID,
    digest: bytes,
    made_at: datetime,
    made_by: UUID | None,
    expires_at: datetime,
) -> None:
    """A new code of a user; the one before it is dead."""
    new = {
        "digest": digest,
        "made_at": made_at,
        "made_by": made_by,
        "expires_at": expires_at,
        "used_at": None,
    }
    statement = upsert(Invitation).values(user_id=user_id, **new)
    session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=new))


def may_invite(session: Session, user_id: UUID, maker: UUID | None) -> bool:
    """Whether a code that this administrator makes may set this user's password now."""
    asked = {"user": user_id, "maker": maker}
    return bool(session.scalar(text("SELECT gate.may_invite(:user, :maker)"), asked))


def find_invited(session: Session, digest: bytes) -> Row[Any] | None:
    """(user_id, login) of whoever has this code, while it holds."""
    asked = {"digest": digest}
    return session.execute(text("SELECT * FROM gate.invitation_of(:digest)"), asked).one_or_none()


def take_invitation(session: Session, digest: bytes) -> bool:
    """Use one's own code up; False where that was done before."""
    return bool(session.scalar(text("SELECT gate.take_invitation(:digest)"), {"digest": digest}))


def put_password(session: Session, user_id: UUID, password_hash: str) -> None:
    """The asker's own password from now on."""
    statement = upsert(Credential).values(user_id=user_id, password_hash=password_hash)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id"], set_={"password_hash": password_hash}
        )
    )
