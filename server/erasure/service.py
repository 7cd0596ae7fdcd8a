"""Erasing a person: the household with its visits and all that hangs on them, for good.

What stays: a dispute in which it was a party, with that party unnamed (its story is text of several
people's matter: a person has to read it), audit rows (ids alone), and backups made before.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.erasure import queries
from server.erasure.errors import AlreadyErased, NothingToErase
from server.erasure.models import Erasure
from server.erasure.register import Erased, Register
from server.erasure.rules import BY_REGISTER, speaks_of, without_parties
from server.ids import new_id
from server.syncing.entities import STORED
from server.syncing.models import SyncQuarantine

Counts = Mapping[str, Any]


def ask_erasure(session: Session, by: Identity, entity: str, row_id: UUID, reason: str) -> Erasure:
    """Order the erasure of a household or of one visit; the worker carries it out within a minute.

    `reason`: of rules.REASONS. Raises NothingToErase, AlreadyErased.
    """
    if queries.find_erasure(session, entity, row_id):
        raise AlreadyErased
    if not queries.is_there(session, entity, row_id):
        raise NothingToErase
    asked = Erasure(
        id=new_id(by.now),
        entity=entity,
        row_id=row_id,
        reason=reason,
        asked_by=by.user_id,
        asked_at=by.now,
    )
    queries.insert_erasure(session, asked)
    record(session, "erasure.ask", entity=entity, ids=[row_id], why=reason)
    return asked


def erase(session: Session, by: Identity, register: Register, gone: Erased) -> Counts:
    """Carry one erasure out; the last thing before the commit is a line in the register.

    Also where this database does not hold the row (any more, or yet): its id is refused from now
    on. Raises OSError where the register cannot be written; nothing is erased then.
    """
    entity, row_id = gone
    queries.take_turn(session, row_id)
    before = queries.find_erasure(session, entity, row_id)
    if before and before.counts is not None:  # another worker, or somebody at the keyboard
        return before.counts
    bucket = queries.lock_row(session, entity, row_id)
    visits = queries.list_visits(session, row_id) if entity == "household" else []
    ids = [row_id, *visits]
    buckets = {f"u:{author}" for author in queries.list_authors(session, ids)}
    buckets |= {bucket} if bucket else set()
    left = {
        "disputes": [str(one) for one in queries.list_disputes(session, row_id)],
        "platforms": queries.list_platforms(session, ids),
    }
    counts = {**queries.take_away(session, ids), **left}
    queries.mark_erased(session, entity, [row_id], buckets)
    if visits:
        queries.mark_erased(session, "visit", visits, buckets)
    counts["quarantined"] = clear_quarantine(session, {row_id}, None)
    _write_down(session, by, gone, counts)
    session.flush()
    register.add([gone])
    return counts


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


def _write_down(session: Session, by: Identity, gone: Erased, counts: Counts) -> None:
    if queries.find_erasure(session, *gone) is None:
        brought_back = Erasure(
            id=new_id(by.now),
            entity=gone.entity,
            row_id=gone.id,
            reason=BY_REGISTER,
            asked_at=by.now,
        )
        queries.insert_erasure(session, brought_back)
    queries.finish_erasure(session, *gone, by.now, counts)
    record(session, "erasure.done", entity=gone.entity, ids=[gone.id], **counts)
