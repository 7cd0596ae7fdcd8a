"""All SQL of approvals."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from server.approvals.errors import ApprovalNotFound
from server.approvals.models import Approval


def get_approval(session: Session, approval_id: UUID) -> Approval:
    """One that the asker may know of. Raises ApprovalNotFound."""
    found = session.get(Approval, approval_id)
    if found is None:
        raise ApprovalNotFound
    return found


def lock_approval(session: Session, approval_id: UUID) -> Approval | None:
    """The same as it is now, until the end; None where the asker may not change it."""
    query = select(Approval).where(Approval.id == approval_id).with_for_update()
    return session.scalar(query, execution_options={"populate_existing": True})


def list_approvals(
    now: datetime, *, waiting: bool = False, act: str | None = None
) -> Select[tuple[Approval]]:
    """Those that the asker may know of; `waiting`: nobody has decided yet, and still can."""
    query = select(Approval)
    if waiting:
        query = query.where(Approval.verdict.is_(None), Approval.expires_at > now)
    return query.where(Approval.act == act) if act else query


def find_same(session: Session, by: UUID | None, digest: bytes, now: datetime) -> Approval | None:
    """What this person asked for before, and nobody has decided yet."""
    query = list_approvals(now, waiting=True).where(
        Approval.asked_by.is_not_distinct_from(by), Approval.digest == digest
    )
    return session.scalars(query.order_by(Approval.id)).first()


def count_waiting(session: Session, by: UUID | None, now: datetime) -> int:
    """How many of this person's wait."""
    query = list_approvals(now, waiting=True).where(Approval.asked_by.is_not_distinct_from(by))
    return session.execute(select(func.count()).select_from(query.subquery())).scalar_one()


def take_turn(session: Session, by: UUID | None) -> None:
    """One person asks for one thing at a time: otherwise asked twice would be two."""
    session.execute(_TAKE_TURN, {"user": str(by)})


_TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('approval ' || :user, 0))")


def insert_approval(session: Session, approval: Approval) -> None:
    """One that is asked for."""
    session.add(approval)
    session.flush()


_MAY_ASK = text("SELECT gate.may_ask(:user, :act, cast(:what AS jsonb))")
_MAY_DECIDE = text("SELECT gate.may_decide(:user, :act, cast(:what AS jsonb), :asker)")


def may_ask(session: Session, user_id: UUID | None, act: str, what: Mapping[str, Any]) -> bool:
    """Whether this user may ask for this now."""
    values = {"user": user_id, "act": act, "what": json.dumps(what)}
    return bool(session.scalar(_MAY_ASK, values))


def may_decide(session: Session, user_id: UUID | None, approval: Approval) -> bool:
    """Whether this user may decide this now."""
    values = {"user": user_id, "act": approval.act, "asker": approval.asked_by}
    return bool(session.scalar(_MAY_DECIDE, {**values, "what": json.dumps(approval.what)}))


def steps_aside(session: Session, user_id: UUID | None, cases: Collection[UUID]) -> bool:
    """Whether this user steps aside from any of these cases."""
    return bool(session.scalar(_STEPS_ASIDE, {"user": user_id, "cases": list(cases)}))


_STEPS_ASIDE = text("""
    SELECT bool_or(gate.user_is_aside(:user, d.id)) FROM unnest(cast(:cases AS uuid[])) AS d (id)
""")


def take_rows(session: Session, count: int) -> int:
    """Count rows that the asker takes unmasked; how many it were within a day, with these."""
    return int(session.scalar(text("SELECT gate.take_rows(:count)"), {"count": count}) or 0)
