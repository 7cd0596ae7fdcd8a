"""SQL of linked identities. The web asks the gate alone; links are made at the keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Row, delete, insert, select, text
from sqlalchemy.orm import Session

from server.access.federation.models import ExternalLogin
from server.access.models import User


def find_linked(session: Session, issuer: str, subject: str) -> Row[Any] | None:
    """(user_id, login) of the active user who is this person at that provider."""
    asked = {"issuer": issuer, "subject": subject}
    found = text("SELECT * FROM gate.linked_user(:issuer, :subject)")
    return session.execute(found, asked).one_or_none()


def find_link(session: Session, issuer: str, subject: str) -> ExternalLogin | None:
    """A link, as the worker; also of a disabled user."""
    return session.get(ExternalLogin, (issuer, subject))


def insert_link(session: Session, **values: Any) -> None:
    """Link somebody."""
    session.execute(insert(ExternalLogin).values(**values))


def delete_link(session: Session, issuer: str, subject: str, user_id: UUID) -> bool:
    """Unlink somebody; False where there was no such link."""
    gone: CursorResult[Any] = session.execute(  # type: ignore[assignment] # of a DELETE
        delete(ExternalLogin).where(
            ExternalLogin.issuer == issuer,
            ExternalLogin.subject == subject,
            ExternalLogin.user_id == user_id,
        )
    )
    return gone.rowcount == 1


def list_links(session: Session) -> Sequence[Row[Any]]:
    """(login, active, issuer, subject, linked_at) of everybody who is linked."""
    query = select(
        User.login,
        User.active,
        ExternalLogin.issuer,
        ExternalLogin.subject,
        ExternalLogin.linked_at,
    ).join(User, User.id == ExternalLogin.user_id)
    return session.execute(query.order_by(User.login, ExternalLogin.subject)).all()
