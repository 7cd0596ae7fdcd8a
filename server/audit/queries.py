"""All SQL of the audit."""

from __future__ import annotations

from sqlalchemy.orm import Session

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
