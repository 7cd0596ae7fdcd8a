"""Shapes of unplaced households and of placings. Personal fields are masked as in other lists."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.households.rules import Unplaced
from server.households.schemas import HouseholdOut
from server.households.unplaced.rules import By
from server.paging import PageIn, page_schema


class UnplacedIn(PageIn):
    """Which of them: under a code, for a reason; with suggestions if asked for."""

    under = fields.String(load_default="", validate=validate.Regexp(r"[0-9]{0,12}\Z"))
    reason = fields.String(load_default=None, validate=validate.OneOf(list(Unplaced)))
    suggest = fields.String(load_default=None, validate=validate.OneOf([By.ADDRESS]))


class SuggestedOut(Schema):
    """What an address suggests; confirm it with POST /households/placings, by address.

    `group`: the group that the address names; else `like` placed households with the same address
    prefix all lie in the cell.
    """

    group = fields.Integer(allow_none=True)
    like = fields.Integer()


class UnplacedOut(Schema):
    """A household without a cell. `nearest`: the nearest cell of its own village, `metres` away;
    `lies_in`: the cell of another village that its point lies in. Codes."""

    household = fields.Nested(HouseholdOut)
    village = fields.String()
    nearest = fields.String(allow_none=True)
    metres = fields.Float(allow_none=True)
    lies_in = fields.String(allow_none=True)
    suggested = fields.Nested(SuggestedOut, allow_none=True)
    cell = fields.String(allow_none=True)


class PlacingIn(Schema):
    """One household. By group: `group`; by hand: `cell`; by address: the suggested `cell`."""

    household = fields.UUID(required=True)
    by = fields.String(required=True, validate=validate.OneOf(list(By)))
    cell = fields.String(validate=validate.Regexp(r"[0-9]{15}\Z"))
    group = fields.Integer(strict=True, validate=validate.Range(min=1, max=99))


class PlacingsIn(Schema):
    """Many at once, all or none, and why."""

    items = fields.List(
        fields.Nested(PlacingIn), required=True, validate=validate.Length(min=1, max=1000)
    )
    why = fields.String(required=True, validate=validate.Length(min=2, max=200))


class PlacingsOut(Schema):
    """How many were placed, and how; those that had the cell already are not counted."""

    point = fields.Integer(dump_default=0)
    group = fields.Integer(dump_default=0)
    hand = fields.Integer(dump_default=0)


UnplacedPageOut = page_schema(UnplacedOut)
