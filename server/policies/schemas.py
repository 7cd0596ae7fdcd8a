"""Shapes of policies and of the calendar."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from server.ladder.policy import as_mapping
from server.ladder.routing import Category
from server.policies.service import InForce

MAX_REASON = 500


def _reason() -> fields.String:
    return fields.String(
        required=True,
        validate=[validate.Length(min=1, max=MAX_REASON), validate.Regexp(r"(?s).*\S")],
    )


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
    latest = fields.Integer(
        allow_none=True, metadata={"description": "that a further change builds on"}
    )
    newest = fields.Integer(metadata={"description": "that was added last: `base` of a proposal"})
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
    reason = _reason()
    name = fields.String(load_default="", validate=validate.Length(max=50))


class PolicyDraftIn(Schema):
    """A policy as GET /policies/<version> gives it in `policy`, with another name and first day."""

    policy = fields.Dict(required=True, keys=fields.String())
    category = fields.String(load_default=None, validate=validate.OneOf(list(Category)))
    received = fields.Date(
        load_default=None,
        metadata={"description": "when the case of the preview is received; else on its first day"},
    )


class ProposalIn(Schema):
    """A new version, on which version it was built, and why."""

    policy = fields.Dict(required=True, keys=fields.String())
    base = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 1 << 31),
        metadata={"description": "`newest` of GET /policies when this was written"},
    )
    reason = _reason()


class ChangeOut(Schema):
    """One value that differs, by its path."""

    path = fields.String()
    before = fields.String(allow_none=True)
    after = fields.String(allow_none=True)


class DaysOut(Schema):
    """The last days in time."""

    accept = fields.Date()
    handle = fields.Date()
    provisional = fields.Boolean(metadata={"description": "a year's make-up days are unknown yet"})


class PromiseOut(Schema):
    """For a case of a category, an Office of a level: now, and by what is proposed."""

    category = fields.String()
    level = fields.String()
    present = fields.Nested(DaysOut)
    proposed = fields.Nested(DaysOut)
    differs = fields.Boolean()


class PreviewOut(Schema):
    """What a policy would change. Nothing was written; running cases keep theirs."""

    replaced = fields.Integer(attribute="revision.replaced.version")
    until = fields.Date(
        attribute="revision.until",
        allow_none=True,
        metadata={"description": "when a version that was loaded before takes over from it"},
    )
    known = fields.Boolean(attribute="revision.known")
    changes = fields.List(fields.Nested(ChangeOut), attribute="revision.changes")
    received = fields.Date()
    promises = fields.List(fields.Nested(PromiseOut))


class LoadedOut(Schema):
    """As which version it was taken; null: the same stands there already."""

    version = fields.Integer(attribute="number", allow_none=True)
    known = fields.Boolean()
    valid_from = fields.Date(attribute="policy.valid_from")


class DayPreviewIn(Schema):
    """What a day might be."""

    working = fields.Boolean(required=True, truthy={True}, falsy={False})


class DayPreviewOut(Schema):
    """What that means for a case that is received then; deadlines that stand do not move."""

    day = fields.Date()
    before = fields.Boolean(metadata={"description": "whether it is worked now"})
    working = fields.Boolean()
    received = fields.Date()
    promises = fields.List(fields.Nested(PromiseOut))


def _whole(one: InForce) -> dict[str, Any]:
    return as_mapping(one.policy)
