"""Shapes of links. The ends are ids: who may see a household reads it there."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.households.schemas import HouseholdIn
from server.paging import page_schema


class ToldIn(Schema):
    """When it came about, and a remark."""

    at = fields.AwareDateTime(load_default=None)
    note = fields.String(load_default=None, validate=validate.Length(min=1, max=500))


class SplitIn(ToldIn):
    """The households that come into being beside the one that stays."""

    households = fields.List(
        fields.Nested(HouseholdIn), required=True, validate=validate.Length(min=1, max=20)
    )


class MergeIn(ToldIn):
    """The households that end: the one of the address stays."""

    gone = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=20))


class _NewAddressIn(HouseholdIn):
    """A household at the new address; what is left out is taken along."""

    head_name = fields.String(validate=validate.Length(min=1, max=50))


class MoveIn(ToldIn):
    """Where the family lives now."""

    household = fields.Nested(_NewAddressIn, required=True)


class SecondHomeIn(ToldIn):
    """The household at the second address."""

    other_id = fields.UUID(required=True)


class LinkOut(Schema):
    """A link, without its note."""

    id = fields.UUID()
    kind = fields.String()
    from_id = fields.UUID()
    to_id = fields.UUID(allow_none=True)
    valid_from = fields.AwareDateTime()
    valid_to = fields.AwareDateTime(allow_none=True)
    recorded_by = fields.UUID(allow_none=True)
    has_note = fields.Function(lambda link: link.note is not None)


class LinkPlainOut(LinkOut):
    """A link with its note."""

    note = fields.String(allow_none=True)


class LinksOut(Schema):
    """The links that a command made."""

    items = fields.List(fields.Nested(LinkOut))


LinkPageOut = page_schema(LinkOut)
