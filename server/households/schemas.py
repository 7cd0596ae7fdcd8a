"""Shapes of households. Personal fields are masked; `reveal` shows them, with a reason."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from server.households.rules import KINDS, STATES, PlacedBy, Unplaced
from server.paging import PageIn, page_schema


def mask_name(name: str) -> str:
    """张某甲 → 张**: enough to recognise, not to learn."""
    return name[:1] + "*" * max(len(name) - 1, 0)


def mask_telephone(number: str | None) -> str | None:
    """The last two digits stay."""
    return number and "*" * max(len(number) - 2, 0) + number[-2:]


class _FieldsIn(Schema):
    """Fields of a household that people write."""

    head_name = fields.String(validate=validate.Length(min=1, max=50))
    telephone = fields.String(allow_none=True, validate=validate.Length(max=20))
    address = fields.String(validate=validate.Length(max=200))
    kind = fields.String(validate=validate.OneOf(list(KINDS)))
    state = fields.String(validate=validate.OneOf(list(STATES)))
    people = fields.Integer(allow_none=True, validate=validate.Range(min=0, max=999))
    location = fields.List(
        fields.Raw(allow_none=True),
        allow_none=True,
        validate=validate.Length(equal=4),
        metadata={"description": "[lon, lat, datum, accuracy in metres or null]"},
    )


class AmendmentIn(_FieldsIn):
    """Fields that a desk sets; those left out stay as they are."""

    @validates_schema
    def check_not_empty(self, fields_set: dict[str, Any], **_: Any) -> None:
        """An amendment amends something."""
        if not fields_set:
            raise ValidationError("请至少修改一项。 Set at least one field.")


class HouseholdIn(_FieldsIn):
    """A household that a desk registers."""

    id = fields.UUID(required=True)
    village_id = fields.UUID(required=True)
    cell_id = fields.UUID(load_default=None)
    group_no = fields.Integer(load_default=None, validate=validate.Range(min=1, max=99))
    head_name = fields.String(required=True, validate=validate.Length(min=1, max=50))


class HouseholdsIn(PageIn):
    """Which households."""

    village = fields.String(load_default=None, validate=validate.Length(equal=12))
    cell = fields.String(load_default=None, validate=validate.Length(equal=15))
    placed_by = fields.String(load_default=None, validate=validate.OneOf([*PlacedBy, "none"]))
    unplaced = fields.String(load_default=None, validate=validate.OneOf(list(Unplaced)))
    state = fields.String(load_default=None, validate=validate.OneOf(list(STATES)))


class _HouseholdBase(Schema):
    id = fields.UUID()
    village_id = fields.UUID()
    cell_id = fields.UUID(allow_none=True)
    group_no = fields.Integer(allow_none=True)
    kind = fields.String()
    state = fields.String()
    people = fields.Integer(allow_none=True)
    placed_by = fields.String(allow_none=True)
    unplaced = fields.String(allow_none=True)
    external_id = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()


class HouseholdOut(_HouseholdBase):
    """A household, masked."""

    head_name = fields.Function(lambda h: mask_name(h.head_name))
    telephone = fields.Function(lambda h: mask_telephone(h.telephone))


class HouseholdPlainOut(_HouseholdBase):
    """A household, unmasked."""

    head_name = fields.String()
    telephone = fields.String(allow_none=True)
    address = fields.String()
    location = fields.Method("raw_location")

    def raw_location(self, household: Any) -> list[Any] | None:
        """The reading as it was taken."""
        if household.lon is None:
            return None
        return [household.lon, household.lat, household.datum, household.accuracy_m]


HouseholdPageOut = page_schema(HouseholdOut)
