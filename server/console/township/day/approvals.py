"""One act of somebody else that takes a second person: allow it, or say why not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, redirect, request
from marshmallow import Schema, fields, validate

from server.access import queries as access
from server.access.door import asker, fresh, may
from server.access.errors import ProveAgain
from server.access.factors import service as factors
from server.access.proof import prove_anew
from server.approvals import queries, service
from server.approvals.schemas import RefusalIn
from server.console.frame.forms import filled, loaded
from server.console.frame.pages import blueprint, shown
from server.console.township.day import words
from server.db import transaction
from server.errors import Clash, Invalid, NotYours, TooOften, WanggeError
from server.problems import status_of

pages = blueprint("day_approvals", __name__)


class _ProofIn(Schema):
    """Who asks proves it once more, in the form itself."""

    password = fields.String(required=True, validate=validate.Length(max=200))
    code = fields.String(load_default=None, validate=validate.Length(max=100))


@pages.get("/day/approvals/<uuid:approval_id>")
@may("approval.read")
def show_approval(approval_id: UUID) -> Response:
    """Who asks for what and why, and until when."""
    return _page(approval_id)


@pages.post("/day/approvals/<uuid:approval_id>")
@may("approval.decide")
def decide(approval_id: UUID) -> Any:
    """Allow it, once one has proved who one is; or not, with a reason."""
    me = asker()
    how = "refused" if request.form.get("do") == "refuse" else "approved"
    try:
        if how == "refused":
            why = loaded(RefusalIn(), filled(request.form))["why"]
            with transaction(me.identity) as session:
                service.refuse(session, me.identity, approval_id, why)
        else:
            _prove()
            with transaction(me.identity) as session:
                service.approve(session, me.identity, approval_id)
    except (Clash, NotYours, Invalid, TooOften) as error:
        if _was_me(approval_id, how):
            return _done(how)
        return _page(approval_id, error)
    return _done(how)


def _prove() -> None:
    try:
        fresh()
    except ProveAgain:
        proof = loaded(_ProofIn(), filled(request.form))
        prove_anew(asker(), proof["password"], proof["code"])


def _done(how: str) -> Any:
    return redirect(f"/day?done={how}", 303)


def _was_me(approval_id: UUID, how: str) -> bool:
    """Whether the asker has decided just so already: the button was pressed twice."""
    me = asker().identity
    with transaction(me) as session:
        found = queries.get_approval(session, approval_id)
        return (found.verdict, found.decided_by) == (how, me.user_id)


def _page(approval_id: UUID, trouble: WanggeError | None = None) -> Response:
    me = asker()
    try:
        fresh()
        proved = True
    except ProveAgain:
        proved = False
    with transaction(me.identity) as session:
        found = queries.get_approval(session, approval_id)
        users = [one for one in (found.asked_by, found.decided_by) if one]
        return shown(
            "day/approval.html",
            status_of(type(trouble)) if trouble else 200,
            it=found,
            names={one: access.get_user(session, one).name for one in users},
            state=service.standing(found, me.identity).value,
            own=found.asked_by == me.user_id,
            ask_password=not proved,
            ask_code=factors.standing(session, me.user_id).on,
            trouble=trouble,
            errors=(trouble.errors or {}) if trouble else {},
            typed=request.form,
            words=words,
        )
