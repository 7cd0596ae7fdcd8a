"""Shapes of places."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from geo.codes import Level
from geo.datum import Datum
from server.paging import PageIn, page_schema

LEVELS = [level.value for level in Level if level is not Level.CELL]


class PlacesIn(PageIn):
    """Places whose code begins with `under`."""

    under = fields.String(load_default="", validate=validate.Regexp(r"[0-9]{0,15}\Z"))


class AreasIn(PlacesIn):
    """Which areas."""

    level = fields.String(load_default=None, validate=validate.OneOf(LEVELS))


class AreaOut(Schema):
    """行政区划."""

    id = fields.UUID()
    level = fields.String()
    code = fields.String()
    name = fields.String()
    parent_id = fields.UUID(allow_none=True)


class CellOut(Schema):
    """网格. `synthetic`: its boundary was drawn for demonstration."""

    id = fields.UUID()
    village_id = fields.UUID()
    code = fields.String()
    name = fields.String()
    groups = fields.List(fields.Integer())
    synthetic = fields.Boolean()


class LookupIn(Schema):
    """A point and the datum it was read in."""

    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    datum = fields.String(
        load_default="wgs84", validate=validate.OneOf([datum.value for datum in Datum])
    )


class LookupOut(Schema):
    """The cell that has the point, and the areas above it, from the province down."""

    areas = fields.List(fields.Nested(AreaOut))
    cell = fields.Nested(CellOut, allow_none=True)


AreaPageOut = page_schema(AreaOut)
CellPageOut = page_schema(CellOut)
