"""Shapes of service needs and consents. Who gave one is masked."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.households.needs.rules import MAX_GIVER, REMIND
from server.households.needs.words import GIVEN_BY, HOW, NEEDS
from server.households.schemas import mask_name
from server.paging import PageIn, page_schema


class NeedIn(Schema):
    """A need with the consent that it stands on."""

    id = fields.UUID(required=True)
    need = fields.String(required=True, validate=validate.OneOf(list(NEEDS)))
    given_by = fields.String(required=True, validate=validate.OneOf(list(GIVEN_BY)))
    giver = fields.String(load_default=None, validate=validate.Length(min=1, max=MAX_GIVER))
    how = fields.String(required=True, validate=validate.OneOf(list(HOW)))
    given_on = fields.Date(required=True)
    until = fields.Date(required=True, metadata={"description": "its last day"})


class NeedOut(Schema):
    """What is shown of a need while its consent holds."""

    id = fields.UUID()
    household_id = fields.UUID()
    need = fields.String()
    given_by = fields.String()
    how = fields.String()
    given_on = fields.Date()
    until = fields.Date()


class ConsentOut(NeedOut):
    """A consent, also one that has ended."""

    giver = fields.Function(lambda c: c.giver and mask_name(c.giver))
    recorded_by = fields.UUID()
    recorded_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    ended_how = fields.String(allow_none=True)
    ended_by = fields.UUID(allow_none=True)


class EndingIn(PageIn):
    """Consents that end within so many days."""

    days = fields.Integer(load_default=REMIND.days, validate=validate.Range(min=0, max=731))


NeedPageOut = page_schema(NeedOut)
ConsentPageOut = page_schema(ConsentOut)
