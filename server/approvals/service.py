"""Two persons for one act: one asks, another one decides, and the first may then do it, once.

Who may ask and who may decide is the gate's answer (`migrations/sql/approvals_functions.sql`), at
the moment of asking, of deciding and of using: a role that was lost meanwhile counts no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from server.approvals import queries
from server.approvals.errors import (
    ApprovalOver,
    ApproverGone,
    NeedsApproval,
    NotTheApprover,
    NotTheAsker,
    OtherMatter,
    StillWaiting,
    TooManyWaiting,
)
from server.approvals.models import Approval
from server.approvals.rules import MAX_WAITING, TO_DECIDE, TO_USE, State, matter, state_of
from server.audit.service import record
from server.db import Identity
from server.errors import NotYours
from server.ids import new_id


def ask(
    session: Session, by: Identity, act: str, what: Mapping[str, object], reason: str
) -> Approval:
    """Ask for a second person's consent to one act on exactly this; asked twice is asked once.

    `by` without a user is the county's own hand. Raises BadMatter, NotYours, TooManyWaiting.
    """
    kept, digest = matter(act, what)
    if not queries.may_ask(session, by.user_id, act, kept):
        raise NotYours
    queries.take_turn(session, by.user_id)
    if before := queries.find_same(session, by.user_id, digest, by.now):
        return before
    if queries.count_waiting(session, by.user_id, by.now) >= MAX_WAITING:
        raise TooManyWaiting
    asked = Approval(
        id=new_id(by.now),
        act=act,
        what=kept,
        digest=digest,
        reason=reason,
        asked_by=by.user_id,
        asked_device=by.device_id,
        asked_at=by.now,
        expires_at=by.now + TO_DECIDE,
    )
    queries.insert_approval(session, asked)
    _record(session, "approval.ask", asked, reason=reason)
    return asked


def approve(session: Session, by: Identity, approval_id: UUID) -> Approval:
    """Allow it, for a day. Raises ApprovalNotFound, NotTheApprover, ApprovalOver."""
    found = _to_decide(session, by, approval_id, {State.WAITING})
    _decide(found, by, "approved")
    found.expires_at = by.now + TO_USE
    session.flush()
    _record(session, "approval.approve", found)
    return found


def refuse(session: Session, by: Identity, approval_id: UUID, why: str) -> Approval:
    """Do not allow it, or no longer: until it is used, everybody who may decide can say no.

    Raises ApprovalNotFound, NotTheApprover, ApprovalOver.
    """
    found = _to_decide(session, by, approval_id, {State.WAITING, State.APPROVED})
    _decide(found, by, "refused")
    found.note = why
    session.flush()
    _record(session, "approval.refuse", found, reason=why)
    return found


def withdraw(session: Session, by: Identity, approval_id: UUID) -> Approval:
    """Take back what one asked for. Raises ApprovalNotFound, NotTheAsker, ApprovalOver."""
    found = _locked_own(session, by, approval_id)
    state = standing(found, by)
    if state not in {State.WAITING, State.APPROVED}:
        raise ApprovalOver(state)
    _decide(found, by, "withdrawn")
    session.flush()
    _record(session, "approval.withdraw", found)
    return found


def spend(
    session: Session,
    by: Identity,
    approval_id: UUID | None,
    act: str,
    what: Mapping[str, object],
    cases: Collection[UUID] = (),
    **told: object,
) -> None:
    """Use an approval up, in the transaction of the act that it allows: rolled back is not used.

    `cases`: which cases are meant where `what` names them by a digest: whoever steps aside from one
    of them has not approved it. `told` goes into NeedsApproval beside `act` and `what` (how many
    rows). Raises NeedsApproval where none is given; ApprovalNotFound, NotTheAsker, OtherMatter,
    StillWaiting, ApprovalOver, ApproverGone where it does not allow this; NotYours where the asker
    may not ask any more.
    """
    kept, digest = matter(act, what)
    if approval_id is None:
        raise NeedsApproval(act, kept, **told)
    found = _locked_own(session, by, approval_id)
    if found.digest != digest or found.act != act:
        raise OtherMatter
    state = standing(found, by)
    if state is State.WAITING:
        raise StillWaiting
    if state is not State.APPROVED:
        raise ApprovalOver(state)
    if not queries.may_ask(session, by.user_id, act, kept):
        raise NotYours
    if not queries.may_decide(session, found.decided_by, found):
        raise ApproverGone
    if queries.steps_aside(session, found.decided_by, cases):
        raise ApproverGone
    found.used_at = by.now
    session.flush()
    _record(session, "approval.use", found)


def standing(approval: Approval, by: Identity) -> State:
    """Where it stands at the time of `by`."""
    return state_of(approval.verdict, approval.used_at, approval.expires_at, by.now)


def _locked_own(session: Session, by: Identity, approval_id: UUID) -> Approval:
    found = queries.get_approval(session, approval_id)
    if found.asked_by != by.user_id:
        raise NotTheAsker
    return queries.lock_approval(session, approval_id) or found


def _to_decide(session: Session, by: Identity, approval_id: UUID, among: set[State]) -> Approval:
    found = queries.get_approval(session, approval_id)
    same_device = by.device_id is not None and by.device_id == found.asked_device
    if same_device or not queries.may_decide(session, by.user_id, found):
        raise NotTheApprover
    found = queries.lock_approval(session, approval_id) or found
    if (state := standing(found, by)) not in among:
        raise ApprovalOver(state)
    return found


def _decide(approval: Approval, by: Identity, verdict: str) -> None:
    approval.verdict = verdict
    approval.decided_by = by.user_id
    approval.decided_device = by.device_id
    approval.decided_at = by.now


def _record(session: Session, action: str, about: Approval, reason: str | None = None) -> None:
    """By its digest: whoever changes the matter in the table afterwards does not change it here."""
    record(
        session,
        action,
        reason=reason,
        approval=about.id,
        act=about.act,
        digest=about.digest.hex(),
    )
