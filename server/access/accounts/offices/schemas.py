"""Shapes of Offices."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from server.access.rules import OFFICE_KINDS

_NAME = validate.Length(min=1, max=200)


class Name(fields.String):
    """Without the spaces around it; not empty then."""

    def _deserialize(self, value: object, *more: Any, **and_more: Any) -> Any:
        return super()._deserialize(value, *more, **and_more).strip()


_KIND = validate.OneOf(list(OFFICE_KINDS), labels=list(OFFICE_KINDS.values()))
_TELEPHONE = validate.Regexp(r"[0-9+ -]{3,30}\Z")


class NewOfficeIn(Schema):
    """An Office of a village, township or county."""

    area = fields.String(required=True, validate=validate.Regexp(r"[0-9]{6,12}\Z"))
    kind = fields.String(required=True, validate=_KIND)
    name = Name(required=True, validate=_NAME)
    public_telephone = fields.String(load_default=None, allow_none=True, validate=_TELEPHONE)


class OfficeIn(Schema):
    """What changes of an Office; `lead`: it receives from now on what comes to its Area."""

    kind = fields.String(validate=_KIND)
    name = Name(validate=_NAME)
    public_telephone = fields.String(allow_none=True, validate=_TELEPHONE)
    lead = fields.Boolean(validate=validate.Equal(True))

    @validates_schema
    def check_not_empty(self, changed: dict[str, object], **_: object) -> None:
        """Something changes."""
        if not changed:
            raise ValidationError("请至少填一项。 Change one thing at least.")


class OfficeOut(Schema):
    """承办单位. `lead`: receives what comes to its Area."""

    id = fields.UUID()
    area_id = fields.UUID()
    level = fields.String()
    kind = fields.String()
    name = fields.String()
    public_telephone = fields.String(allow_none=True)
    lead = fields.Boolean()
