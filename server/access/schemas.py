"""Shapes of signing in."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

_TEXT = validate.Length(min=1, max=200)


class RevealIn(Schema):
    """Why somebody needs to see what is personal; it is written down with the look."""

    reason = fields.String(required=True, validate=validate.Length(min=2, max=200))


class DeviceIn(Schema):
    """The installation that signs in; it makes its id once and keeps it."""

    id = fields.UUID(required=True)
    name = fields.String(load_default="", validate=validate.Length(max=200))


class SessionIn(Schema):
    """Login and password of one user, on one device."""

    login = fields.String(required=True, validate=_TEXT)
    password = fields.String(required=True, validate=_TEXT, load_only=True)
    device = fields.Nested(DeviceIn, required=True)


class RefreshIn(Schema):
    """The refresh token of the last answer that arrived."""

    refresh = fields.String(required=True, validate=_TEXT, load_only=True)


class SessionOut(Schema):
    """Tokens: `access` goes into `Authorization: Bearer`, `refresh` gets the next pair."""

    access = fields.String()
    refresh = fields.String()
    access_until = fields.AwareDateTime()
    refresh_until = fields.AwareDateTime()
    user_id = fields.UUID()
    device_id = fields.UUID()


class AssignmentOut(Schema):
    """What the asker holds now."""

    role = fields.String()
    cell_id = fields.UUID()
    office_id = fields.UUID()
    area_id = fields.UUID()
    leads = fields.Boolean()
    valid_from = fields.AwareDateTime()
    valid_to = fields.AwareDateTime()


class MeOut(Schema):
    """Who is signed in."""

    id = fields.UUID()
    login = fields.String()
    name = fields.String()
    assignments = fields.List(fields.Nested(AssignmentOut))
