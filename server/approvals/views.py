"""Approvals over HTTP: ask, see what waits, decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.door import asker, fresh, may
from server.approvals import queries, service
from server.approvals.models import Approval
from server.approvals.schemas import (
    ApprovalIn,
    ApprovalOut,
    ApprovalPageOut,
    ApprovalsIn,
    RefusalIn,
)
from server.bodies import Blueprint
from server.db import Identity, transaction
from server.paging import Page, page_of

blp = Blueprint("approvals", __name__, url_prefix="/approvals", description="双人审批 Approvals")
_Shown = dict[str, Any]


@blp.route("", methods=["POST"])
@may("approval.ask")
@blp.arguments(ApprovalIn)
@blp.response(201, ApprovalOut)
def ask_approval(asked: dict[str, Any]) -> _Shown:
    """Ask a second person; 72 hours to decide, then 24 to use it. Asked twice is asked once."""
    return _with(lambda s, me: service.ask(s, me, asked["act"], asked["what"], asked["reason"]))


@blp.route("", methods=["GET"])
@may("approval.read")
@blp.arguments(ApprovalsIn, location="query")
@blp.response(200, ApprovalPageOut)
def list_approvals(wanted: dict[str, Any]) -> Page:
    """What one asked for, and what one may decide."""
    me = asker().identity
    with transaction(me) as session:
        query = queries.list_approvals(me.now, waiting=wanted["waiting"], act=wanted["act"])
        page = page_of(session, query, Approval.id, wanted["after"], wanted["limit"])
        return replace(page, items=[_shown(one, me) for one in page.items])


@blp.route("/<uuid:approval_id>", methods=["GET"])
@may("approval.read")
@blp.response(200, ApprovalOut)
def read_approval(approval_id: UUID) -> _Shown:
    """One of them."""
    return _with(lambda session, _: queries.get_approval(session, approval_id))


@blp.route("/<uuid:approval_id>/approve", methods=["POST"])
@may("approval.decide")
@blp.response(200, ApprovalOut)
def approve(approval_id: UUID) -> _Shown:
    """Allow what somebody else asked for, once, within 24 hours. Prove yourself first."""
    fresh()
    return _with(lambda session, me: service.approve(session, me, approval_id))


@blp.route("/<uuid:approval_id>/refuse", methods=["POST"])
@may("approval.decide")
@blp.arguments(RefusalIn)
@blp.response(200, ApprovalOut)
def refuse(said: dict[str, Any], approval_id: UUID) -> _Shown:
    """Do not allow it; also what was approved and not used yet."""
    return _with(lambda session, me: service.refuse(session, me, approval_id, said["why"]))


@blp.route("/<uuid:approval_id>/withdraw", methods=["POST"])
@may("approval.ask")
@blp.response(200, ApprovalOut)
def withdraw(approval_id: UUID) -> _Shown:
    """Take back what one asked for."""
    return _with(lambda session, me: service.withdraw(session, me, approval_id))


def _with(verb: Callable[[Session, Identity], Approval]) -> _Shown:
    me = asker().identity
    with transaction(me) as session:
        return _shown(verb(session, me), me)


def _shown(approval: Approval, by: Identity) -> _Shown:
    columns = {column.name: getattr(approval, column.name) for column in Approval.__table__.columns}
    return {**columns, "state": service.standing(approval, by).value}
