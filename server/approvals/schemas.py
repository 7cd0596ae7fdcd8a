"""Shapes of approvals."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.approvals.rules import Act, State
from server.paging import PageIn, page_schema

_ACTS = validate.OneOf([act.value for act in Act])


class ApprovalIn(Schema):
    """What a second person is asked to allow: `act` and `what` as the refusal gave them, and why.

    No names or stories in the reason: it is read by people who may not read the case.
    """

    act = fields.String(required=True, validate=_ACTS)
    what = fields.Dict(
        keys=fields.String(validate=validate.Length(max=40)),
        required=True,
        validate=validate.Length(min=1, max=20),
    )
    reason = fields.String(required=True, validate=validate.Length(min=2, max=200))


class RefusalIn(Schema):
    """Why not."""

    why = fields.String(required=True, validate=validate.Length(min=2, max=200))


class ApprovalsIn(PageIn):
    """Which ones."""

    waiting = fields.Boolean(load_default=False)
    act = fields.String(load_default=None, validate=_ACTS)


class ApprovalOut(Schema):
    """An approval. `state` is of this moment; `expires_at`: to decide, once approved to use."""

    id = fields.UUID()
    act = fields.String()
    what = fields.Dict()
    reason = fields.String()
    state = fields.String(validate=validate.OneOf([state.value for state in State]))
    asked_by = fields.UUID(allow_none=True)
    asked_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    decided_by = fields.UUID(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    note = fields.String(allow_none=True)
    used_at = fields.AwareDateTime(allow_none=True)


ApprovalPageOut = page_schema(ApprovalOut)
