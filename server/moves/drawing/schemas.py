"""Shapes of what a drawing begins with, and of what mends it. Geometry is GeoJSON, WGS-84."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class GroundIn(Schema):
    """Of which village."""

    village = fields.String(required=True, validate=validate.Regexp(r"[0-9]{12}\Z"))


class DrawnOut(Schema):
    """A cell; `code` null: one that is new. `geometry` null: it was never drawn."""

    code = fields.String(allow_none=True)
    name = fields.String()
    groups = fields.List(fields.Integer())
    geometry = fields.Dict(allow_none=True)


class GroundOut(Schema):
    """A village as it is. `stamp`: another one as soon as a boundary, a name or a group is.
    `next`: the sequence that the next new cell gets.
    """

    village = fields.String()
    name = fields.String()
    geometry = fields.Dict(allow_none=True)
    stamp = fields.String()
    next = fields.Integer()
    cells = fields.List(fields.Nested(DrawnOut))


class MendedOut(Schema):
    """All cells of the village by the suggested repairs, in the order of their codes; new ones come
    last, in the order in which they were sent. A cell of which nothing would be left has no
    geometry.
    """

    cells = fields.List(fields.Nested(DrawnOut))
