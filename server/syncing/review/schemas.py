"""Shapes of what waits for a person."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.paging import PageIn, page_schema

_WORDS = validate.Length(min=2, max=200)
_SLUG = validate.Regexp(r"[a-z][a-z0-9_-]{0,62}\Z")


class SetAsideIn(PageIn):
    """Which changes."""

    state = fields.String(
        load_default="open", validate=validate.OneOf(["open", "released", "closed"])
    )
    reason = fields.String(load_default=None, validate=_SLUG)
    entity = fields.String(load_default=None, validate=_SLUG)
    author = fields.UUID(load_default=None)


class NamedOut(Schema):
    """A change that was set aside, by its phone and its mid."""

    device_id = fields.UUID()
    mid = fields.UUID()


class SetAsideOut(Schema):
    """A change that was set aside: what, from whom, about where and why. Its content is sealed."""

    mid = fields.UUID()
    device_id = fields.UUID()
    author_id = fields.UUID()
    author = fields.String(allow_none=True)
    area = fields.String(allow_none=True)
    n = fields.Integer()
    entity = fields.String()
    row_id = fields.UUID()
    reason = fields.String()
    text = fields.String()
    remedy = fields.String()
    received_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime(allow_none=True)
    proof = fields.String(allow_none=True)
    can_be_released = fields.Boolean()
    waits_for = fields.Nested(NamedOut, allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    closed_how = fields.String(allow_none=True)
    closed_by = fields.String(allow_none=True)
    corrected = fields.List(fields.String(), allow_none=True)
    why = fields.String(allow_none=True)


class SetAsidePlainOut(SetAsideOut):
    """With its content, as the phone wrote it."""

    op = fields.String()
    set = fields.Dict(keys=fields.String())
    was = fields.Dict(keys=fields.String())


class ReleasedOut(SetAsideOut):
    """`status`: as a push would have answered; `waited_for`: changes that only waited for it."""

    status = fields.String()
    waited_for = fields.List(fields.Nested(NamedOut))


class SetAsidePageOut(page_schema(SetAsideOut)):  # type: ignore[misc] # made by a function
    """A page; `counts`: how many there are of each reason, told with the first one."""

    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), allow_none=True)


class ReleaseIn(Schema):
    """`corrections`: fields put right, as the phone sends them; null leaves one out."""

    corrections = fields.Dict(
        keys=fields.String(validate=validate.Length(max=100)),
        values=fields.Raw(allow_none=True),
        load_default=dict,
        validate=validate.Length(max=50),
    )
    why = fields.String(load_default=None, validate=_WORDS)


class CloseIn(Schema):
    """Why it is left unapplied: its author reads it."""

    why = fields.String(required=True, validate=_WORDS)
