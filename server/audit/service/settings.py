"""The audit's settings: how long acts are kept, and who is sent the heads."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from server.audit.models import AuditSetting
from server.audit.queries import heads
from server.audit.service.acts import record
from server.db import Identity


def change_settings(
    session: Session, by: Identity, months: int, heads_to: Sequence[str]
) -> AuditSetting:
    """Change them; `by` is the audit administrator, and somebody else has approved it."""
    if by.user_id is None:
        raise RuntimeError("the audit's settings are changed by somebody")
    before = heads.get_settings(session)
    record(
        session,
        "audit.settings",
        months=[before.months, months],
        heads_to=[list(before.heads_to), list(heads_to)],
    )
    heads.update_settings(session, months, heads_to, by.now, by.user_id)
    session.expire_all()
    return heads.get_settings(session)
