"""Shapes of places."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from geo.codes import Level
from geo.datum import Datum
from server.access.accounts.offices.schemas import OfficeOut
from server.paging import OldCodeOut, PageIn, page_schema
from server.places.rules import EARLIEST, LATEST

LEVELS = [level.value for level in Level if level is not Level.CELL]
CODE = validate.Regexp(r"[0-9]{2,15}\Z")


def _as_of() -> fields.Date:
    said = "as things stood at the end of that day in Asia/Shanghai; left out: as they stand now"
    return fields.Date(
        load_default=None,
        validate=validate.Range(EARLIEST, LATEST),
        metadata={"description": said},
    )


class AsOfIn(Schema):
    """Which day is asked about."""

    as_of = _as_of()


class PlacesIn(PageIn):
    """Places whose code begins with `under`."""

    under = fields.String(load_default="", validate=validate.Regexp(r"[0-9]{0,15}\Z"))
    as_of = _as_of()


class HouseholdsThenIn(PageIn):
    """Households as of which day."""

    as_of = _as_of()


class AreasIn(PlacesIn):
    """Which areas."""

    level = fields.String(load_default=None, validate=validate.OneOf(LEVELS))


class OfficesIn(PageIn):
    """Which Offices."""

    under = fields.String(load_default="", validate=validate.Regexp(r"[0-9]{0,12}\Z"))
    level = fields.String(load_default=None, validate=validate.OneOf(LEVELS))


OfficePageOut = page_schema(OfficeOut)


class _DatedOut(Schema):
    """`valid_from`, `valid_to`: since and until when it was called so; given with `as_of`."""

    valid_from = fields.AwareDateTime()
    valid_to = fields.AwareDateTime(allow_none=True)


class AreaOut(_DatedOut):
    """行政区划."""

    id = fields.UUID()
    level = fields.String()
    code = fields.String()
    name = fields.String()
    parent_id = fields.UUID(allow_none=True)


class CellOut(_DatedOut):
    """网格. `synthetic`: its boundary was drawn for demonstration."""

    id = fields.UUID()
    village_id = fields.UUID()
    code = fields.String()
    name = fields.String()
    groups = fields.List(fields.Integer())
    synthetic = fields.Boolean()


class OneAreaOut(AreaOut, OldCodeOut):
    """One Area; `asked_code` and `present_code` where it was asked for by an old code."""


class OneCellOut(CellOut, OldCodeOut):
    """One cell; `asked_code` and `present_code` where it was asked for by an old code."""


class LookupIn(AsOfIn):
    """A point and the datum it was read in."""

    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    datum = fields.String(
        load_default="wgs84", validate=validate.OneOf([datum.value for datum in Datum])
    )


class NearestOut(Schema):
    """The cell nearest to a point that lies in none, and how far it is."""

    code = fields.String()
    id = fields.UUID()
    metres = fields.Float()


class LookupOut(Schema):
    """What a point lies in. `found`: cell; else the lowest level that has it; else outside."""

    found = fields.String(validate=validate.OneOf(["cell", *reversed(LEVELS), "outside"]))
    message = fields.String()
    areas = fields.List(fields.Nested(AreaOut), metadata={"description": "from the province down"})
    cell = fields.Nested(CellOut, allow_none=True)
    nearest = fields.Nested(NearestOut, allow_none=True)


class SuccessorOut(Schema):
    """What became of an Area: renamed, merged, split, transferred; and the code of it."""

    kind = fields.String()
    at = fields.AwareDateTime()
    code = fields.String()
    name = fields.String()


class UseOut(Schema):
    """A place that has or had a code, from–to; its last code; what became of it."""

    what = fields.String(validate=validate.OneOf(["area", "cell"]))
    id = fields.UUID()
    level = fields.String()
    name = fields.String()
    valid_from = fields.AwareDateTime()
    valid_to = fields.AwareDateTime(allow_none=True)
    last_code = fields.String()
    last_name = fields.String()
    ended_at = fields.AwareDateTime(allow_none=True)
    became = fields.List(fields.Nested(SuccessorOut))


class CodeOut(Schema):
    """What a code was, from–to, and what it is now (`present_code` None: nothing, or several)."""

    code = fields.String()
    present_code = fields.String(allow_none=True)
    uses = fields.List(fields.Nested(UseOut))


class BoundaryOut(Schema):
    """A GeoJSON Feature in degrees, WGS-84."""

    type = fields.String(validate=validate.Equal("Feature"))
    id = fields.UUID()
    geometry = fields.Dict()
    properties = fields.Dict()


AreaPageOut = page_schema(AreaOut)
CellPageOut = page_schema(CellOut)
