"""Carrying an erasure out: what goes, goes for good.

What stays: a case in which an erased household or party stood, with that party unnamed (what is
text of several people's matter is listed for a person to read), audit rows (ids alone), sums of
figures, and backups made before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.erasure import queries
from server.erasure.models import Erasure, Mention
from server.erasure.queries import mentions
from server.erasure.register import Erased, Register
from server.erasure.rules import BY_REGISTER
from server.erasure.service.quarantine import clear_quarantine
from server.erasure.service.taking import TAKE, Taken, take_visits
from server.ids import new_id

Counts = Mapping[str, Any]


def erase(session: Session, by: Identity, register: Register, gone: Erased) -> Counts:
    """Carry one erasure out; the last thing before the commit is a line in the register.

    Also where this database does not hold the row (any more, or yet): its id is refused from now
    on. Raises OSError where the register cannot be written; nothing is erased then.
    """
    queries.take_turn(session, gone.id)
    asked = queries.find_erasure(session, *gone)
    if asked and asked.counts is not None:  # another worker, or somebody at the keyboard
        return asked.counts
    asked = asked or _brought_back(session, by, gone)
    taken = TAKE[gone.entity](session, by, gone.id)
    for entity, ids in taken.erased.items():
        if ids:
            queries.mark_erased(session, entity, ids, taken.buckets)
    counts = {**taken.counts, "quarantined": clear_quarantine(session, {gone.id}, None)}
    counts["to_read"] = _list_texts(session, by, asked, taken)
    queries.finish_erasures(session, gone.entity, [gone.id], by.now, counts)
    record(session, "erasure.done", entity=gone.entity, ids=[gone.id], **counts)
    session.flush()
    register.add([gone], taken.files)
    return counts


def erase_visits(session: Session, by: Identity, register: Register, ids: Sequence[UUID]) -> None:
    """Carry out the ordered erasures of many visits at once: old ones, of which no phone keeps what
    it sent. Raises OSError as `erase`.
    """
    for one in sorted(ids):
        queries.take_turn(session, one)
    taken = take_visits(session, by, ids)
    for bucket, gone in taken.by_bucket.items():
        queries.mark_erased(session, "visit", gone, [bucket] if bucket else [])
    clear_quarantine(session, set(ids), None)
    queries.finish_erasures(session, "visit", ids, by.now, {"visits": 1, "disputes": []})
    record(session, "erasure.done", entity="visit", ids=sorted(ids)[:50], count=len(ids))
    session.flush()
    register.add([Erased("visit", one) for one in ids], taken.files)


def _brought_back(session: Session, by: Identity, gone: Erased) -> Erasure:
    """The order that this database does not know any more."""
    asked = Erasure(
        id=new_id(by.now),
        entity=gone.entity,
        row_id=gone.id,
        reason=BY_REGISTER,
        asked_at=by.now,
    )
    queries.insert_erasure(session, asked)
    return asked


def _list_texts(session: Session, by: Identity, asked: Erasure, taken: Taken) -> int:
    """Let a person read what still speaks of several; how many texts."""
    listed = [
        Mention(
            id=new_id(by.now),
            erasure_id=asked.id,
            dispute_id=said.dispute_id,
            entity=said.entity,
            row_id=said.row_id,
            field=said.field,
            named=named,
            found_at=by.now,
        )
        for said, named in taken.named
    ]
    mentions.insert_mentions(session, listed)
    return len(listed)
