"""Shapes of policies and of the calendar."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from server.ladder.policy import as_mapping
from server.policies.service import InForce

MAX_REASON = 500


class VersionOut(Schema):
    """One version, without its numbers."""

    version = fields.Integer()
    label = fields.String(attribute="policy.version")
    valid_from = fields.Date(attribute="policy.valid_from")
    document = fields.String(attribute="policy.document")


class PolicyOut(VersionOut):
    """One version. `policy` is what a file of it would hold."""

    policy = fields.Function(lambda one: _whole(one), metadata={"type": "object"})


class PoliciesOut(Schema):
    """Every version, and which one new Holdings begin under now."""

    in_force = fields.Integer(allow_none=True)
    items = fields.List(fields.Nested(VersionOut))


class YearIn(Schema):
    """Which year."""

    year = fields.Integer(required=True, strict=False, validate=validate.Range(1970, 2999))


class DayOut(Schema):
    """One day; `why` is there where the county changed it."""

    day = fields.Date()
    working = fields.Boolean()
    name = fields.String()
    provisional = fields.Boolean()
    why = fields.String(allow_none=True)


class YearOut(Schema):
    """A year. Provisional: its make-up days are not published yet."""

    year = fields.Integer()
    provisional = fields.Boolean()
    days = fields.List(fields.Nested(DayOut))


class DayIn(Schema):
    """What a day is to be, and why."""

    working = fields.Boolean(required=True, truthy={True}, falsy={False})
    reason = fields.String(
        required=True,
        validate=[validate.Length(min=1, max=MAX_REASON), validate.Regexp(r"(?s).*\S")],
    )
    name = fields.String(load_default="", validate=validate.Length(max=50))


def _whole(one: InForce) -> dict[str, Any]:
    return as_mapping(one.policy)
