"""record: every command writes one audit row, in its own transaction."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.queries.acts import insert_act, insert_act_alone
from server.db import Identity


def record(session: Session, action: str, *, reason: str | None = None, **what: object) -> None:
    """Record one act. `what`: ids, counts and slugs only, never names, numbers or stories."""
    insert_act(session, action, _json(what), reason)


def record_alone(by: Identity, action: str, **what: object) -> None:
    """Record one act of `by` in a transaction of its own: one message. Raises TryLater."""
    insert_act_alone(by, action, _json(what))


def _json(what: dict[str, object]) -> str:
    return json.dumps(what, default=_plain, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"an audit row holds ids and counts, not {type(value).__name__}")
