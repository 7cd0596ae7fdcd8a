"""Whether the history of cases is what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from server.disputes.models import DisputeEvent
from server.sealed import carried

# A link is broken where its own hash, the one before it or its number is not what it must be; and a
# case whose status does not follow from its last event has lost or never had that event.
_BROKEN = text("""
    WITH links AS (
        SELECT e.dispute_id, e.n, e.hash, e.prev_hash, e.to_status,
               gate.event_hash(e)   AS must_be,
               row_number()    OVER w AS must_be_n,
               lag(e.hash)     OVER w AS before,
               lead(e.n)       OVER w IS NULL AS newest
          FROM dispute_event e
         WHERE cast(:dispute AS uuid) IS NULL OR e.dispute_id = :dispute
        WINDOW w AS (PARTITION BY e.dispute_id ORDER BY e.n)
    )
    SELECT dispute_id, n FROM links
     WHERE hash <> must_be OR n <> must_be_n OR prev_hash IS DISTINCT FROM before
    UNION ALL
    SELECT d.id, links.n
      FROM dispute d LEFT JOIN links ON links.dispute_id = d.id AND links.newest
     WHERE (cast(:dispute AS uuid) IS NULL OR d.id = :dispute)
       AND links.to_status IS DISTINCT FROM d.status
     ORDER BY 1, 2
""")


def list_broken(session: Session, dispute_id: UUID | None) -> Sequence[Row[Any]]:
    """(dispute_id, n) of links that do not hold; `n` is empty for a case without history."""
    return session.execute(_BROKEN, {"dispute": dispute_id}).all()


def sealed_texts(session: Session, dispute_id: UUID | None) -> Iterator[Row[Any]]:
    """(dispute_id, n, why, why_mac, agreement, agreement_mac) of events that say something; their
    texts still sealed, as Keyring.open_all takes them.
    """
    e = DisputeEvent
    why, agreement = carried(e.why).label("why"), carried(e.agreement).label("agreement")
    query = select(e.dispute_id, e.n, why, e.why_mac, agreement, e.agreement_mac).where(
        e.why.is_not(None) | e.agreement.is_not(None)
    )
    if dispute_id:
        query = query.where(e.dispute_id == dispute_id)
    yield from session.execute(query.execution_options(yield_per=1000))
