"""Notices: what the county owes to somebody outside, written in the transaction of the act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.ids import new_ids
from server.notices import queries
from server.notices.rules import Notice, plain
from server.rows import as_json

KEPT: Final = timedelta(days=60)
BATCH: Final = 5000


def owe(session: Session, by: Identity, notices: Sequence[Notice]) -> None:
    """Owe these, in one INSERT for any number; the worker delivers them after the commit.

    For the web, a push and the worker alike. One whose `once` was owed before is left out.
    """
    if not notices:
        return
    ids = new_ids(by.now, 0, len(notices))
    rows = [
        {
            "id": notice_id,
            "kind": notice.kind.value,
            "dispute_id": notice.dispute_id,
            "office_ids": list(notice.office_ids),
            "body": {key: plain(value) for key, value in notice.body.items()},
            "once": notice.once,
        }
        for notice_id, notice in zip(ids, notices, strict=True)
    ]
    queries.insert_notices(session, as_json(rows))


def purge(session: Session, by: Identity, batch: int = BATCH) -> int:
    """Delete a batch of what ended 60 days ago; how much it was. Call it until it answers 0."""
    gone = queries.delete_old(session, by.now - KEPT, batch)
    if gone:
        record(session, "notice.purge", deleted=gone)
    return gone
