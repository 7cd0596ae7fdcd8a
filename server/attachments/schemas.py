"""Shapes of attachments."""

from __future__ import annotations

from datetime import UTC, datetime

from marshmallow import Schema, fields, validate

from server.attachments.words import OWNERS, PURPOSES

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_OWNER = validate.OneOf(list(OWNERS))


class OwnerIn(Schema):
    """Whose attachments."""

    owner_entity = fields.String(required=True, validate=_OWNER)
    owner_id = fields.UUID(required=True)


class AttachmentIn(OwnerIn):
    """What the file is; the body is the file itself."""

    purpose = fields.String(required=True, validate=validate.OneOf(list(PURPOSES)))
    sha256 = fields.String(load_default=None, validate=validate.Regexp(r"\A[0-9a-f]{64}\Z"))
    recorded_at = fields.AwareDateTime(load_default=None, validate=validate.Range(min=_FIRST))


class AttachmentOut(Schema):
    """One file. `sha256` and `size` are of what is kept, which `/content` gives."""

    id = fields.UUID()
    owner_entity = fields.String()
    owner_id = fields.UUID()
    purpose = fields.String()
    media_type = fields.String()
    size = fields.Integer()
    sha256 = fields.Function(lambda one: bytes(one.sha256).hex(), metadata={"type": "string"})
    recorded_by = fields.UUID()
    recorded_at = fields.AwareDateTime()
    received_at = fields.AwareDateTime()


class AttachmentsOut(Schema):
    """Those of one record."""

    items = fields.List(fields.Nested(AttachmentOut))
