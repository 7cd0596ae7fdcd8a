"""Shapes of devices."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.access.accounts.rules import DEVICE_REASONS


class RevokeIn(Schema):
    """Why a device is revoked; it is kept."""

    reason = fields.String(
        required=True,
        validate=validate.OneOf(list(DEVICE_REASONS), labels=list(DEVICE_REASONS.values())),
    )


class EnrolledOut(Schema):
    """终端: one installation. `seen_at`: when it last synced or got tokens."""

    id = fields.UUID()
    name = fields.String()
    enrolled_at = fields.AwareDateTime()
    seen_at = fields.AwareDateTime(allow_none=True)
    revoked_at = fields.AwareDateTime(allow_none=True)
    revoked_by = fields.UUID(allow_none=True)
    revoked_why = fields.String(allow_none=True)


class DevicesOut(Schema):
    """A user's devices, live ones first, and how many live ones there may be."""

    items = fields.List(fields.Nested(EnrolledOut))
    most = fields.Integer()
