"""Shapes of signing in."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

_TEXT = validate.Length(min=1, max=200)
_CODE = validate.Length(min=1, max=100)


class RevealIn(Schema):
    """Why somebody needs to see what is personal; it is written down with the look."""

    reason = fields.String(required=True, validate=validate.Length(min=2, max=200))


class DeviceIn(Schema):
    """The installation that signs in; it makes its id once and keeps it."""

    id = fields.UUID(required=True)
    name = fields.String(load_default="", validate=validate.Length(max=200))
    instead_of = fields.UUID(
        load_default=None,
        metadata={"description": "一台停用，换成此终端 One of your own to revoke"},
    )


class SessionIn(Schema):
    """Login and password of one user, on one device."""

    login = fields.String(required=True, validate=_TEXT)
    password = fields.String(required=True, validate=_TEXT, load_only=True)
    code = fields.String(load_default=None, allow_none=True, validate=_CODE, load_only=True)
    device = fields.Nested(DeviceIn, required=True)


class SecondStepIn(Schema):
    """The challenge of `code-needed`, and the code that the authenticator shows (or a recovery
    code).
    """

    challenge = fields.String(required=True, validate=validate.Length(max=2000), load_only=True)
    code = fields.String(required=True, validate=_CODE, load_only=True)


class ProofIn(Schema):
    """The asker's own password, and a code where there is a second factor."""

    password = fields.String(required=True, validate=_TEXT, load_only=True)
    code = fields.String(load_default=None, allow_none=True, validate=_CODE, load_only=True)


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
    cell_id = fields.UUID(allow_none=True)
    office_id = fields.UUID(allow_none=True)
    area_id = fields.UUID(allow_none=True)
    leads = fields.Boolean()
    valid_from = fields.AwareDateTime()
    valid_to = fields.AwareDateTime(allow_none=True)


class StandingOut(Schema):
    """Whether there is a second factor; `reset_at`: when somebody else last took it away."""

    on = fields.Boolean()
    recovery_left = fields.Integer()
    reset_at = fields.AwareDateTime(allow_none=True)


class MeOut(Schema):
    """Who is signed in."""

    id = fields.UUID()
    login = fields.String()
    name = fields.String()
    assignments = fields.List(fields.Nested(AssignmentOut))
    second_factor = fields.Nested(StandingOut)
