"""Shapes of what the audit administrator reads and sets."""

from __future__ import annotations

from datetime import UTC, datetime

from marshmallow import Schema, fields, validate

from server.audit.rules.keeping import LEAST_MONTHS, MOST_MONTHS

_TIME = validate.Range(min=datetime(2000, 1, 1, tzinfo=UTC), max=datetime(2200, 1, 1, tzinfo=UTC))
_LIMIT = validate.Range(min=1, max=200)
_ID = validate.Range(min=1, max=2**63 - 1)


class ActsIn(Schema):
    """Which acts: of which time (without it the last 7 days, at most 92), of whom, about what.

    `action` also takes those below it: `household` finds `household.reveal`. `about` is the id of
    any row: a household, a case, a device. `after` is the `next` of the page before.
    """

    since = fields.AwareDateTime(load_default=None, data_key="from", validate=_TIME)
    until = fields.AwareDateTime(load_default=None, data_key="to", validate=_TIME)
    user_id = fields.UUID(load_default=None, data_key="user")
    action = fields.String(load_default=None, validate=validate.Regexp(r"[a-z_.]{1,64}\Z"))
    about = fields.UUID(load_default=None)
    request = fields.String(load_default=None, validate=validate.Length(min=1, max=100))
    after = fields.Integer(load_default=None, validate=_ID)
    limit = fields.Integer(load_default=50, validate=_LIMIT)


class ActOut(Schema):
    """One act. `what` holds ids, counts and slugs; nobody's name. `number`: of its seal."""

    id = fields.Integer()
    at = fields.AwareDateTime()
    user_id = fields.UUID(allow_none=True, metadata={"description": "empty: the county's own hand"})
    device_id = fields.UUID(allow_none=True)
    request_id = fields.String()
    action = fields.String()
    what = fields.Dict()
    reason = fields.String(allow_none=True)
    number = fields.Integer(allow_none=True)


class ActPageOut(Schema):
    """A page of acts, the newest first."""

    items = fields.List(fields.Nested(ActOut))
    next = fields.Integer(allow_none=True)


class HeadsIn(Schema):
    """Which page; `after` is the `next` of the one before."""

    after = fields.AwareDateTime(load_default=None, validate=_TIME)
    limit = fields.Integer(load_default=50, validate=_LIMIT)


class HeadOut(Schema):
    """A signed head, as `wangge audit verify --heads` reads it, one JSON object a line."""

    installation = fields.UUID()
    number = fields.Integer()
    hash = fields.String()
    count = fields.Integer()
    at = fields.String()
    key = fields.String()
    signature = fields.String()


class HeadPageOut(Schema):
    """A page of heads, the newest first."""

    items = fields.List(fields.Nested(HeadOut))
    next = fields.String(allow_none=True)


class AuditSettingsOut(Schema):
    """For how many months acts are kept, and which targets of notices are sent the heads."""

    installation = fields.UUID()
    months = fields.Integer()
    heads_to = fields.List(fields.String())
    changed_at = fields.AwareDateTime(allow_none=True)
    changed_by = fields.UUID(allow_none=True)


class AuditSettingsIn(Schema):
    """Both settings, and the approval of a second person for exactly this."""

    months = fields.Integer(
        required=True, strict=True, validate=validate.Range(LEAST_MONTHS, MOST_MONTHS)
    )
    heads_to = fields.List(
        fields.String(validate=validate.Length(min=1, max=64)),
        required=True,
        validate=validate.Length(max=20),
    )
    approval = fields.UUID(load_default=None, allow_none=True)
