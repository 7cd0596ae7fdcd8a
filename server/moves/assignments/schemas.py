"""Shapes of plans that change who serves which cells."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from server.access.accounts.assignments.schemas import Moment

_MANY = validate.Length(min=1, max=200)


def _login() -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=1, max=40))


def _cell(*, required: bool = True) -> fields.String:
    return fields.String(required=required, validate=validate.Regexp(r"[0-9]{15}\Z"))


class ChangeIn(Schema):
    """Somebody serves a cell from–to; without `from` at once, without `to` for good."""

    user = _login()
    cell = _cell()
    start = Moment(data_key="from", load_default=None)
    until = Moment(data_key="to", load_default=None, ends=True)
    leads = fields.Boolean(load_default=False)


class EndIn(Schema):
    """Somebody serves a cell no longer; a day is served to its end; without `at` at once."""

    user = _login()
    cell = _cell()
    at = Moment(load_default=None, ends=True)


class StandInIn(Schema):
    """Who takes which of the cells meanwhile."""

    user = _login()
    cells = fields.List(_cell(required=False), required=True, validate=_MANY)


class CoverIn(Schema):
    """Somebody is away from–to (both days included): others serve the cells meanwhile."""

    user = _login()
    start = Moment(data_key="from", load_default=None)
    until = Moment(data_key="to", required=True, ends=True)
    by = fields.List(fields.Nested(StandInIn), required=True, validate=_MANY)


class AssignmentsIn(Schema):
    """Any of the three, together."""

    changes = fields.List(fields.Nested(ChangeIn), load_default=list, validate=_MANY)
    ends = fields.List(fields.Nested(EndIn), load_default=list, validate=_MANY)
    cover = fields.Nested(CoverIn, load_default=None)

    @validates_schema
    def check_not_empty(self, plan: dict[str, Any], **_: Any) -> None:
        """A plan changes something."""
        if not (plan.get("changes") or plan.get("ends") or plan.get("cover")):
            raise ValidationError("changes、ends、cover 至少一项。 One of these at least.")
