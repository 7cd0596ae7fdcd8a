"""Shapes of what sync shows to people. The protocol's own bodies are sync.wire's."""

from __future__ import annotations

from marshmallow import Schema, fields

from server.paging import page_schema


class QuarantinedOut(Schema):
    """A change that waits for a person. Its content is sealed and not shown here."""

    mid = fields.UUID()
    device_id = fields.UUID()
    author_id = fields.UUID()
    n = fields.Integer()
    entity = fields.String()
    row_id = fields.UUID()
    reason = fields.String()
    received_at = fields.AwareDateTime()


QuarantinedPageOut = page_schema(QuarantinedOut)
