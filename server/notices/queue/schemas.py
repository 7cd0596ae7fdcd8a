"""Shapes of the queue."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.notices.delivery.rules import State
from server.paging import PageIn


class QueueIn(PageIn):
    """Which page, of which state."""

    state = fields.String(load_default=None, validate=validate.OneOf([s.value for s in State]))


class DeliveryOut(Schema):
    """One notice to one target. `id` is the `webhook-id` that the target sees.

    `status` and `error` are of the last try; `next_at` is empty unless it waits.
    """

    id = fields.UUID()
    notice_id = fields.UUID()
    kind = fields.String()
    target = fields.String()
    channel = fields.String()
    state = fields.String()
    tries = fields.Integer()
    owed_at = fields.AwareDateTime()
    next_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    status = fields.Integer(allow_none=True)
    error = fields.String(allow_none=True)


class QueueOut(Schema):
    """A page of deliveries, the oldest first. `counts`: of all, by state; `owed`: not made out."""

    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    items = fields.List(fields.Nested(DeliveryOut))
    next = fields.UUID(allow_none=True)


class NoticeOut(Schema):
    """One notice: of which kind, since when it is owed, when it was made out, and to whom."""

    id = fields.UUID()
    kind = fields.String()
    owed_at = fields.AwareDateTime()
    fanned_at = fields.AwareDateTime(allow_none=True, data_key="made_out_at")
    deliveries = fields.List(fields.Nested(DeliveryOut))
