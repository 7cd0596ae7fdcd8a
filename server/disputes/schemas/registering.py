"""The shape of a new dispute."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.disputes.rules.events import MAX_CLAIMS
from server.disputes.rules.fields import MAX_TEXT
from server.disputes.rules.registering import (
    MAX_CLAIM,
    MAX_CODE,
    MAX_PARTIES,
    MAX_SPOT,
    MOST_PEOPLE,
)
from server.disputes.rules.words import CHANNELS, PARTY_KINDS, PARTY_SIDES, RELATIONS, SIZES
from server.ladder.routing import Category, Level


class PartyIn(Schema):
    """A party; may be unnamed. A household, an Office or a user is named by id."""

    id = fields.UUID()
    side = fields.String(required=True, validate=validate.OneOf(list(PARTY_SIDES)))
    kind = fields.String(required=True, validate=validate.OneOf(list(PARTY_KINDS)))
    household_id = fields.UUID()
    office_id = fields.UUID()
    user_id = fields.UUID()
    name = fields.String(validate=validate.Length(min=1, max=50))
    telephone = fields.String(validate=validate.Length(max=20))
    code = fields.String(
        validate=validate.Length(min=1, max=MAX_CODE),
        metadata={"description": "a code made where the case was noted; only a digest is kept"},
    )


class ClaimIn(Schema):
    """What a party wants."""

    content = fields.String(required=True, validate=validate.Length(min=1, max=MAX_CLAIM))
    party = fields.Integer(
        load_default=None,
        strict=True,
        validate=validate.Range(0, MAX_PARTIES - 1),
        metadata={"description": "whose claim: place in `parties`, from 0 on"},
    )


class ExternalRefIn(Schema):
    """Under which id another platform knows the case."""

    system = fields.String(required=True, validate=validate.Length(min=1, max=40))
    id = fields.String(required=True, validate=validate.Length(min=1, max=100))


class DisputeIn(Schema):
    """A dispute that is registered at a desk."""

    id = fields.UUID(required=True)
    category = fields.String(required=True, validate=validate.OneOf(list(Category)))
    story = fields.String(required=True, validate=validate.Length(min=1, max=MAX_TEXT))
    village_id = fields.UUID(load_default=None)
    cell_id = fields.UUID(load_default=None)
    spot = fields.String(
        load_default=None,
        validate=validate.Length(max=MAX_SPOT),
        metadata={"description": "where exactly, in words"},
    )
    channel = fields.String(load_default="walk_in", validate=validate.OneOf(list(CHANNELS)))
    size = fields.String(load_default="individual", validate=validate.OneOf(list(SIZES)))
    people_concerned = fields.Integer(
        load_default=None, strict=True, validate=validate.Range(1, MOST_PEOPLE)
    )
    parties = fields.List(
        fields.Nested(PartyIn), load_default=list, validate=validate.Length(max=MAX_PARTIES)
    )
    claims = fields.List(
        fields.Nested(ClaimIn), load_default=list, validate=validate.Length(max=MAX_CLAIMS)
    )
    related_id = fields.UUID(load_default=None)
    relation = fields.String(
        load_default=None,
        validate=validate.OneOf(list(RELATIONS)),
        metadata={"description": "to related_id; follows_from if left out"},
    )
    start_level = fields.String(
        load_default=None,
        validate=validate.OneOf(list(Level)),
        metadata={"description": "start higher than the routing table says; needs a reason"},
    )
    start_level_why = fields.String(load_default=None, validate=validate.Length(max=MAX_TEXT))
    external_ref = fields.Nested(ExternalRefIn, load_default=None)
    occurred_at = fields.AwareDateTime(load_default=None)
    done_by = fields.UUID(load_default=None)
