"""Shapes of plans for areas: renamed, merged, split, transferred."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from server.moves.areas.rules.form import Do

_MANY = 50  # a county has rarely more townships; a merger names two or three places
# Something to read, and nothing that breaks the line or turns it round.
_NAME = validate.Regexp(r"(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]{1,100}\Z")


def _code(pattern: str, **more: Any) -> fields.String:
    return fields.String(validate=validate.Regexp(rf"(?:{pattern})\Z"), **more)


class AreasIn(Schema):
    """What becomes of areas. Which members are wanted, `do` says (rules/form.py)."""

    do = fields.Enum(Do, by_value=True, required=True)
    area = _code("[0-9]{9}|[0-9]{12}")
    village = _code("[0-9]{12}")
    to = _code("[0-9]{9}")
    sources = fields.List(_code("[0-9]{9}|[0-9]{12}"), validate=validate.Length(min=1, max=_MANY))
    target = _code("[0-9]{9}|[0-9]{12}")
    cells = fields.List(_code("[0-9]{15}"), validate=validate.Length(min=1, max=200))
    code = _code("[0-9]{9}|[0-9]{12}")
    name = fields.String(validate=_NAME)
    codes = fields.Dict(
        keys=_code("[0-9]{12}"),
        values=_code("[0-9]{12}"),
        validate=validate.Length(max=1000),
        metadata={"description": "villages of merged townships: old code → new one"},
    )

    @validates_schema
    def check_members(self, plan: dict[str, Any], **_: Any) -> None:
        """Every kind of change has its own members."""
        needed, allowed = plan["do"].members
        for name in needed - plan.keys():
            raise ValidationError("必填。 It is needed.", name)
        for name in plan.keys() - needed - allowed - {"do"}:
            raise ValidationError("此处不用。 It does not belong here.", name)
        if plan["do"] is Do.RENAME and not plan.keys() & {"code", "name"}:
            raise ValidationError("code 或 name 至少一项。 A code or a name.", "name")
