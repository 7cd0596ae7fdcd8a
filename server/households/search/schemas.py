"""Shapes of the search."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.households.schemas import HouseholdOut


class SearchIn(Schema):
    """A head's whole name, or words of an address."""

    words = fields.String(
        required=True,
        validate=[validate.Length(min=2, max=50), validate.Regexp(r"\s*\S.*\S\s*\Z")],
    )


class FoundOut(Schema):
    """A household, masked; where it is: codes of its village and cell, degrees in WGS-84."""

    household = fields.Nested(HouseholdOut)
    village = fields.String()
    village_name = fields.String()
    cell = fields.String(allow_none=True)
    lon = fields.Float(allow_none=True)
    lat = fields.Float(allow_none=True)


class SearchOut(Schema):
    """What was found, at most twenty."""

    items = fields.List(fields.Nested(FoundOut))
