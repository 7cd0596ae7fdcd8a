"""A round of the county's own hand: what was asked for is erased, what came back goes again.

The worker goes round every 20 seconds; migrate and restore go round once before the database opens.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from server.db import Identity, transaction
from server.erasure import queries, service
from server.erasure.register import Erased, Register

LOOK_BACK: Final = timedelta(days=1)  # a phone may deliver what it wrote before it heard


def go_round(by: Identity, register: Register) -> int:
    """Carry out what waits, and what the register knows and this database does not; how many.

    Each in its own transaction. Raises RegisterDamaged before anything is done.
    """
    known = register.read()
    with transaction(by) as session:
        done = frozenset(Erased(*row) for row in queries.list_done(session))
        asked = {Erased(one.entity, one.row_id) for one in queries.list_waiting(session)}
    register.add(done - known)  # a register that was lost is written anew
    waiting = sorted(asked | (known - done))
    for gone in waiting:
        with transaction(by) as session:
            service.erase(session, by, register, gone)
    _sweep(by, {gone.id for gone in done | known | asked})
    return len(waiting)


def _sweep(by: Identity, erased: set[UUID]) -> None:
    """A revoked phone's changes are kept whole, unread: of erased persons nothing is kept."""
    if erased:
        with transaction(by) as session:
            service.clear_quarantine(session, erased, by.now - LOOK_BACK)
