"""Shapes of invitations and passwords."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.access.accounts.users.schemas import UserOut

_SECRET = validate.Length(min=1, max=200)


class InvitedOut(Schema):
    """A one-time code as it is handed over: shown this once, used once, until `expires_at`."""

    code = fields.String()
    expires_at = fields.AwareDateTime()


class NewUserOut(Schema):
    """A new user, and the code with which they set their password."""

    user = fields.Nested(UserOut)
    invitation = fields.Nested(InvitedOut)


class AcceptIn(Schema):
    """The code as it was handed over, and the password that one wants."""

    code = fields.String(required=True, validate=_SECRET, load_only=True)
    password = fields.String(required=True, validate=_SECRET, load_only=True)


class AcceptedOut(Schema):
    """With which login to sign in now."""

    login = fields.String()


class PasswordIn(Schema):
    """The password as it is, and as it shall be."""

    old = fields.String(required=True, validate=_SECRET, load_only=True)
    new = fields.String(required=True, validate=_SECRET, load_only=True)
