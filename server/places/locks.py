"""Places stand still while somebody places a household or a dispute in them.

Whoever looks up a cell in order to write it down shares the ground; whoever moves cells has it
alone. Without this a household could be placed in a cell that ends in the same second. Both wait at
most lock_timeout. Both take the ground before any row, so that neither waits for the other's rows
while it is waited for: a push that brings a case shares it before it writes the first visit.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

# The county's numbers of pg_advisory_lock: 1 is the stamp's, 2 the migration's, 3 the ground's.
_SHARE = text("SELECT pg_advisory_xact_lock_shared(511921, 3)")
_MOVE = text("SELECT pg_advisory_xact_lock(511921, 3)")


def share_places(session: Session) -> None:
    """From here to the end of the transaction no cell moves."""
    session.execute(_SHARE)


def move_places(session: Session) -> None:
    """From here to the end of the transaction nobody else moves cells or places anything in one."""
    session.execute(_MOVE)
