"""Shapes of likely duplicates. Both households are masked, as everywhere."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.households.schemas import HouseholdOut
from server.paging import PageIn, page_schema


class DuplicatesIn(PageIn):
    """Which pairs: those that wait, or those that were decided."""

    decided = fields.String(
        load_default="open", validate=validate.OneOf(["open", "same", "different"])
    )


class DecisionIn(Schema):
    """What a person decided about a pair, and why."""

    decision = fields.String(required=True, validate=validate.OneOf(["same", "different"]))
    keep = fields.UUID(load_default=None)
    reason = fields.String(required=True, validate=validate.Length(min=2, max=500))


class DuplicateOut(Schema):
    """A pair of households that may be one."""

    id = fields.UUID()
    reason = fields.String()
    found_at = fields.AwareDateTime()
    decided = fields.String(allow_none=True)
    decided_by = fields.UUID(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    first = fields.Nested(HouseholdOut, allow_none=True)
    second = fields.Nested(HouseholdOut, allow_none=True)


DuplicatePageOut = page_schema(DuplicateOut)
