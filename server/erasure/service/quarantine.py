"""What is kept aside of phones' changes, and speaks of an erased person."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from server.erasure import queries
from server.erasure.rules import speaks_of, without_parties
from server.syncing.entities import STORED
from server.syncing.models import SyncQuarantine


def clear_quarantine(session: Session, erased: Collection[UUID], since: datetime | None) -> int:
    """Drop what is kept aside of these rows, and unname them where they are a party; how many.

    `since`: only what was received from then on. Their authors' phones hear of it.
    """
    about: list[SyncQuarantine] = []
    changed = 0
    for row in queries.list_quarantined(session, since):
        change = json.loads(row.change)
        if speaks_of(change, erased):
            about.append(row)
        elif (left := without_parties(change, erased)) is not None:
            row.change = json.dumps(left, ensure_ascii=False)
            changed += 1
    for row in about:
        # A change that took the id of a row that is there, or misnames it, is no reason to lose it.
        if row.entity in STORED and not queries.is_live(session, row.entity, row.row_id):
            queries.mark_erased(session, row.entity, [row.row_id], {f"u:{row.author_id}"})
    if about:
        queries.delete_quarantined(session, about)
    return len(about) + changed
