"""What sync keeps no longer: the worker deletes it, a bounded batch at a time.

Receipts and marks 60 days; closed quarantine, settled conflicts and alarms 180; open quarantine and
conflicts that wait, always. What an unknown receipt cannot tell is told by the row itself: a visit
that comes again after all that time finds its id taken, a patch its own stamp.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.syncing.retention import queries
from sync.clock import REMEMBERED

SETTLED: Final = timedelta(days=180)
BATCH: Final = 5000


def purge(session: Session, by: Identity, batch: int = BATCH) -> int:
    """Delete a batch of what is too old; how much it was. Call it until it answers 0."""
    gone = queries.delete_old(session, by.now - REMEMBERED, by.now - SETTLED, batch)
    if gone:
        record(session, "sync.purge", deleted=dict(gone))
    return sum(gone.values())
