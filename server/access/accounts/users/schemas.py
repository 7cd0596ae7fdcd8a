"""Shapes of users."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.access.accounts.assignments.schemas import LOGIN, HeldOut
from server.access.permissions import Role
from server.paging import PageIn, page_schema

_NAME = validate.Length(min=1, max=100)


class UsersIn(PageIn):
    """Which users: by the beginning of a login, a part of a name, and what they hold or will."""

    login = fields.String(load_default="", validate=validate.Length(max=40))
    name = fields.String(load_default="", validate=validate.Length(max=100))
    office = fields.UUID(load_default=None)
    under = fields.String(load_default="", validate=validate.Regexp(r"[0-9]{0,12}\Z"))
    role = fields.String(load_default=None, validate=validate.OneOf([role.value for role in Role]))
    active = fields.Boolean(load_default=None)


class NewUserIn(Schema):
    """Somebody new; the password is set with the code of the answer."""

    login = fields.String(required=True, validate=LOGIN)
    name = fields.String(required=True, validate=_NAME)


class NameIn(Schema):
    """Another name; the login stays."""

    name = fields.String(required=True, validate=_NAME)


class InvitationOut(Schema):
    """How the newest code of a user stands, for those who invite."""

    made_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    used_at = fields.AwareDateTime(allow_none=True)


class UserOut(Schema):
    """用户: who it is, and what they hold, held and will hold."""

    id = fields.UUID()
    login = fields.String()
    name = fields.String()
    active = fields.Boolean()
    created_at = fields.AwareDateTime()
    assignments = fields.List(fields.Nested(HeldOut))
    invitation = fields.Nested(InvitationOut, allow_none=True)


class EndedOut(UserOut):
    """And of what was ended just now that which nobody else holds: cells, Offices, the county."""

    unserved = fields.List(fields.Nested(HeldOut))


class UserRowOut(Schema):
    """用户: who it is, and what they hold and will hold."""

    id = fields.UUID()
    login = fields.String()
    name = fields.String()
    active = fields.Boolean()
    created_at = fields.AwareDateTime()
    assignments = fields.List(fields.Nested(HeldOut))


UserPageOut = page_schema(UserRowOut)
