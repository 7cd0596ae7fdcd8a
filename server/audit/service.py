"""record: every command writes one audit row, in its own transaction."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

# Who, from where and when are read from what `transaction(identity)` told PostgreSQL: a caller
# cannot forget them, and cannot claim somebody else.
_RECORD = text("""
    INSERT INTO audit_act (at, user_id, device_id, request_id, action, what, reason)
    VALUES (gate.now(), gate.user_id(), gate.device_id(),
            coalesce(current_setting('app.request', true), ''),
            :action, cast(:what AS jsonb), :reason)
""")


def record(session: Session, action: str, *, reason: str | None = None, **what: object) -> None:
    """Record one act. `what`: ids, counts and slugs only, never names, numbers or stories."""
    session.execute(_RECORD, {"action": action, "what": _json(what), "reason": reason})


def _json(what: dict[str, object]) -> str:
    return json.dumps(what, default=_plain, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"an audit row holds ids and counts, not {type(value).__name__}")
