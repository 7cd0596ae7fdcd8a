"""A round of the county's own hand: what was asked for is erased, what came back goes again.

The worker goes round every 20 seconds; migrate and restore go round once before the database opens.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.db import Identity, transaction
from server.erasure import queries, service
from server.erasure.register import Erased, Register
from server.heartbeats.queries import map_heartbeats
from server.syncing.healing.service import look_at_epoch
from server.syncing.healing.witness import Witness

log = logging.getLogger("wangge.erasure")

JOB: Final = "epoch"  # the worker's; its heartbeat says when a round last came to its end
SLOW: Final = timedelta(hours=1)  # what was received before that heartbeat and committed after it


def look_after(by: Identity, directory: Path, why: str | None = None) -> bool:
    """Erase what has to go, and only then begin an epoch if one is due; whether one began.

    In this order, since an epoch opens the web: whatever keeps one erased person from going again
    is raised, and the web stays shut. `directory`: the installation's `var`.
    """
    go_round(by, Register(directory))
    with transaction(by) as session:
        return look_at_epoch(session, by, Witness(directory), why)


def go_round(by: Identity, register: Register) -> int:
    """Carry out what waits, and what the register knows and this database does not; how many.

    Each in its own transaction; one that fails is raised after the others. Raises RegisterDamaged
    before anything is done.
    """
    known = register.read()
    with transaction(by) as session:
        done = frozenset(Erased(*row) for row in queries.list_done(session))
        asked = {Erased(one.entity, one.row_id) for one in queries.list_waiting(session)}
        since = _last_round(session)
    register.add(done - known)  # a register that was lost is written anew
    waiting = sorted(asked | (known - done))
    failed = [error for gone in waiting if (error := _erase(by, register, gone))]
    with transaction(by) as session:
        service.carry_out(session, by)
    _sweep(by, {gone.id for gone in done | known | asked}, since)
    if failed:
        raise failed[0]
    return len(waiting)


def erase_listed(by: Identity, register: Register, entity: str, ids: Sequence[UUID]) -> None:
    """Carry out these orders now: visits all at once, anything else one by one.

    What fails stays ordered, for the worker's next round; it is raised after the others.
    """
    if entity == "visit":
        with transaction(by) as session:
            service.erase_visits(session, by, register, ids)
        return
    gone = (Erased(entity, one) for one in ids)
    failed = [error for one in gone if (error := _erase(by, register, one))]
    if failed:
        raise failed[0]


def _erase(by: Identity, register: Register, gone: Erased) -> Exception | None:
    try:
        with transaction(by) as session:
            service.erase(session, by, register, gone)
    except Exception as error:
        log.exception("an erasure failed", extra={"fields": {"entity": gone.entity}})
        return error
    return None


def _last_round(session: Session) -> datetime | None:
    """Since when a phone may have delivered what no round has read; None: ever."""
    last = map_heartbeats(session).get(JOB)
    return last and last - SLOW


def _sweep(by: Identity, erased: set[UUID], since: datetime | None) -> None:
    """A revoked phone's changes are kept whole, unread: of erased persons nothing is kept."""
    if erased:
        with transaction(by) as session:
            service.clear_quarantine(session, erased, since)
