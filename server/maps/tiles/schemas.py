"""Shapes of what is asked of tiles."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.places.rules import EARLIEST, LATEST

_POSSIBLE = validate.Range(EARLIEST, LATEST)


class AreasIn(Schema):
    """`as_of`: the boundaries and names of a day, as it ended in Asia/Shanghai."""

    as_of = fields.Date(load_default=None, validate=_POSSIBLE)


class CellsIn(AreasIn):
    """`from`, `to`: the days whose visits count; with `as_of` there are no measures, nor with
    `measures=no`: who asks /map/cells for them wants outlines only, which stay as they are longer.
    """

    first = fields.Date(data_key="from", load_default=None, validate=_POSSIBLE)
    last = fields.Date(data_key="to", load_default=None, validate=_POSSIBLE)
    measures = fields.String(load_default="yes", validate=validate.OneOf(["yes", "no"]))
