"""Shape of what parties said of the Offices."""

from __future__ import annotations

from marshmallow import Schema, fields


class RatingOut(Schema):
    """One word of one party on one Office's span. `counts`: the newest of that party on it."""

    holding_id = fields.UUID()
    level = fields.String()
    side = fields.String()
    rating = fields.String()
    comment = fields.String(allow_none=True)
    at = fields.AwareDateTime()
    counts = fields.Boolean()
