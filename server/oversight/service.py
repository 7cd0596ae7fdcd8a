"""What the audit administrator does; each of it is itself an act."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.approvals.service import spend
from server.audit.models import AuditSetting
from server.audit.queries import acts, chain, heads
from server.audit.queries.acts import Wanted
from server.audit.rules.signing import Head, to_line
from server.audit.service import record
from server.audit.service.settings import change_settings
from server.db import Identity
from server.oversight.errors import BadAuditSpan

SHOWN: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=92)


def list_acts(session: Session, by: Identity, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A page of acts with the numbers of their seals. Raises BadAuditSpan."""
    until: datetime = asked["until"] or by.now + timedelta(seconds=1)
    since: datetime = asked["since"] or until - SHOWN
    if not timedelta(0) < until - since <= LONGEST:
        raise BadAuditSpan
    of = {name: asked[name] for name in ("user_id", "action", "about", "request")}
    wanted, limit = Wanted(since, until, **of), asked["limit"]
    found = acts.list_acts(session, wanted, asked["after"], limit + 1)
    items, more = found[:limit], len(found) > limit
    numbers = chain.map_numbers(session, [act.id for act in items])
    told = {name: str(value) for name, value in of.items() if value is not None}
    span = {"since": since.isoformat(), "until": until.isoformat()}
    record(session, "audit.read", count=len(items), asked={**span, **told})
    return {
        "items": [{**_columns(act), "number": numbers.get(act.id)} for act in items],
        "next": items[-1].id if more else None,
    }


def list_heads(session: Session, before: datetime | None, limit: int) -> dict[str, Any]:
    """A page of signed heads."""
    installation = heads.get_settings(session).installation
    found = heads.list_heads(session, before, limit + 1)
    items, more = found[:limit], len(found) > limit
    record(session, "audit.read_heads", count=len(items))
    return {
        "items": [_head(installation, head) for head in items],
        "next": items[-1].at.isoformat() if more else None,
    }


def read_settings(session: Session) -> AuditSetting:
    """The settings as they are."""
    record(session, "audit.read_settings")
    return heads.get_settings(session)


def set_settings(
    session: Session, by: Identity, months: int, heads_to: Sequence[str], approval: UUID | None
) -> AuditSetting:
    """Change the settings to exactly what a second person has approved. Raises NeedsApproval."""
    wanted = list(dict.fromkeys(heads_to))
    spend(session, by, approval, "audit.settings", {"months": months, "heads_to": wanted})
    return change_settings(session, by, months, wanted)


def _columns(row: Any) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def _head(installation: UUID, row: Any) -> dict[str, Any]:
    head = Head(installation, row.number, row.hash, row.count, row.at, row.key, row.signature)
    told: dict[str, Any] = json.loads(to_line(head))
    return told
