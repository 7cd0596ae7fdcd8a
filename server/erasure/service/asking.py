"""Ordering an erasure."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from server.approvals.service import spend
from server.audit.service import record
from server.db import Identity
from server.erasure import queries
from server.erasure.errors import AlreadyErased, CaseStillOpen, NothingToErase
from server.erasure.models import Erasure
from server.erasure.rules import AT_ONCE, ENDED
from server.ids import new_id


def ask_erasure(
    session: Session,
    by: Identity,
    entity: str,
    row_id: UUID,
    reason: str,
    approval_id: UUID | None = None,
) -> Erasure:
    """Order the erasure of a household, a visit, a party or a case; the worker carries it out
    within a minute.

    `reason`: of rules.REASONS. A case goes with its whole file: a second person must have approved
    just that (`approval_id`), and unless it should never have been kept it must have ended. Raises
    NothingToErase, AlreadyErased, CaseStillOpen, NeedsApproval.
    """
    if queries.find_erasure(session, entity, row_id):
        raise AlreadyErased
    status = queries.find_status(session, entity, row_id)
    if status is None:
        raise NothingToErase
    if entity == "dispute":
        if status not in ENDED and reason not in AT_ONCE:
            raise CaseStillOpen
        spend(session, by, approval_id, "case.delete", {"dispute": row_id})
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


def order_erasures(
    session: Session, by: Identity, entity: str, ids: Sequence[UUID], reason: str
) -> None:
    """Order many at once, by a rule that the county decided; what was ordered before stays so."""
    rows = [
        {
            "id": new_id(by.now),
            "entity": entity,
            "row_id": row_id,
            "reason": reason,
            "asked_by": by.user_id,
            "asked_at": by.now,
        }
        for row_id in ids
    ]
    if rows:
        queries.insert_erasures(session, rows)
