"""Shapes of second factors."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class ConfirmIn(Schema):
    """The code that the authenticator shows."""

    code = fields.String(required=True, validate=validate.Length(min=1, max=100), load_only=True)


class EnrolmentOut(Schema):
    """What an authenticator app is given, once; the URI is what it reads from a picture."""

    secret = fields.String()
    uri = fields.String()


class RecoveryOut(Schema):
    """Recovery codes, shown once: each signs in once in place of the authenticator."""

    recovery = fields.List(fields.String())
