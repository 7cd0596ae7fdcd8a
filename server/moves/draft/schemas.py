"""Shapes of drafts."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.moves.draft.rules import HIGH, LOW, NEAR_M

_SIZE = validate.Range(min=1, max=10_000)


class DraftIn(Schema):
    """A village to divide into cells of `low` to `high` households, along `lines` (GeoJSON)."""

    village = fields.String(required=True, validate=validate.Regexp(r"[0-9]{12}\Z"))
    low = fields.Integer(strict=True, load_default=LOW, validate=_SIZE)
    high = fields.Integer(strict=True, load_default=HIGH, validate=_SIZE)
    near_m = fields.Float(load_default=NEAR_M, validate=validate.Range(min=0, max=1000))
    lines = fields.Dict(load_default=None)


class DraftOut(Schema):
    """`plan`: for POST /moves/preview. `draft`, `concerns`: GeoJSON. `warnings`: slug and text."""

    plan = fields.Dict()
    draft = fields.Dict()
    concerns = fields.Dict()
    warnings = fields.List(fields.Dict())
