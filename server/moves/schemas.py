"""Shapes of moves. What is in a plan, each kind of move says itself (kinds.py)."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.moves.redraw.schemas import CellIn
from server.paging import PageIn, page_schema


class PreviewIn(Schema):
    """A plan of any kind: `{"kind": "redraw", …}`."""

    plan = fields.Dict(required=True)


class ApplyIn(PreviewIn):
    """The same plan with its preview's token, and why it is carried out."""

    token = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))
    why = fields.String(required=True, validate=validate.Length(min=2, max=500))


class CheckIn(Schema):
    """Cells of one village as somebody drew them; those that are not named stay as they are."""

    village = fields.String(required=True, validate=validate.Regexp(r"[0-9]{12}\Z"))
    cells = fields.List(fields.Nested(CellIn), required=True, validate=validate.Length(1, 200))
    ended = fields.List(
        fields.String(validate=validate.Regexp(r"[0-9]{15}\Z")), validate=validate.Length(max=200)
    )


class MovesIn(PageIn):
    """Which moves."""

    kind = fields.String(load_default=None, validate=validate.Length(max=20))


class MoveOut(Schema):
    """A move that was applied."""

    id = fields.UUID()
    kind = fields.String()
    plan = fields.Dict()
    why = fields.String()
    counts = fields.Dict()
    applied_by = fields.UUID(allow_none=True)
    applied_at = fields.AwareDateTime()


MovePageOut = page_schema(MoveOut)
