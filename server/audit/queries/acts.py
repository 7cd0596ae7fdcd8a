"""SQL of acts: writing one, and reading them as the audit administrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from server.audit.models import AuditAct
from server.db import Identity, ask, run

# Who, from where and when are read from what `transaction(identity)` told PostgreSQL: a caller
# cannot forget them, and cannot claim somebody else.
_INSERT = """
    INSERT INTO audit_act (at, user_id, device_id, request_id, action, what, reason)
    VALUES (gate.now(), gate.user_id(), gate.device_id(),
            coalesce(current_setting('app.request', true), ''),
            :action, cast(:what AS jsonb), :reason)
"""


def insert_act(session: Session, action: str, what: str, reason: str | None) -> None:
    """One act; `what` is JSON."""
    run(session, _INSERT, {"action": action, "what": what, "reason": reason})


def insert_act_alone(by: Identity, action: str, what: str) -> None:
    """One act of `by` in a transaction of its own."""
    ask(_INSERT, {"action": action, "what": what, "reason": None}, by, read_only=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which acts: of this time; of a user, an action (or those below it), a row, a request."""

    since: datetime
    until: datetime
    user_id: UUID | None = None
    action: str | None = None
    about: UUID | None = None
    request: str | None = None


def list_acts(
    session: Session, wanted: Wanted, before: int | None, limit: int
) -> Sequence[AuditAct]:
    """The newest first, from before this id on."""
    query = select(AuditAct).where(AuditAct.at >= wanted.since, AuditAct.at < wanted.until)
    if before is not None:
        query = query.where(AuditAct.id < before)
    if wanted.user_id:
        query = query.where(AuditAct.user_id == wanted.user_id)
    if wanted.action:
        below = AuditAct.action.startswith(f"{wanted.action}.", autoescape=True)
        query = query.where((AuditAct.action == wanted.action) | below)
    if wanted.about:
        # Ids stand under many names and in lists; the span of time bounds what is read.
        query = query.where(cast(AuditAct.what, String).contains(str(wanted.about)))
    if wanted.request:
        query = query.where(AuditAct.request_id == wanted.request)
    return session.scalars(query.order_by(AuditAct.id.desc()).limit(limit)).all()
