"""SQL of signed heads, of cuts, and of the settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.audit.models import AuditCut, AuditHead, AuditSetting
from server.audit.rules.signing import Cut, Head


def insert_head(session: Session, head: Head) -> None:
    """One signed head."""
    names = ("number", "hash", "count", "at", "key", "signature")
    session.add(AuditHead(**{name: getattr(head, name) for name in names}))
    session.flush()


def find_newest_head(session: Session) -> AuditHead | None:
    """The head that was signed last."""
    return session.scalar(select(AuditHead).order_by(AuditHead.at.desc()).limit(1))


def list_heads(session: Session, before: datetime | None, limit: int) -> Sequence[AuditHead]:
    """Signed heads, the newest first, from before this time on."""
    query = select(AuditHead).order_by(AuditHead.at.desc(), AuditHead.number.desc()).limit(limit)
    return session.scalars(query.where(AuditHead.at < before) if before else query).all()


def list_all_heads(session: Session, installation: UUID) -> list[Head]:
    """All heads that this database keeps."""
    return [
        Head(installation, h.number, h.hash, h.count, h.at, h.key, h.signature)
        for h in session.scalars(select(AuditHead))
    ]


def list_cuts(session: Session, installation: UUID) -> list[Cut]:
    """What was removed, in its order."""
    return [
        Cut(installation, c.from_number, c.to_number, c.hash, c.newest_at, c.at, c.key, c.signature)
        for c in session.scalars(select(AuditCut).order_by(AuditCut.to_number))
    ]


def get_settings(session: Session) -> AuditSetting:
    """The one row of settings."""
    return session.scalars(select(AuditSetting)).one()


def update_settings(
    session: Session, months: int, heads_to: Sequence[str], at: datetime, user_id: UUID
) -> None:
    """Change them."""
    session.execute(
        update(AuditSetting).values(
            months=months, heads_to=list(heads_to), changed_at=at, changed_by=user_id
        )
    )
