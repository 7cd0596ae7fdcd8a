"""Shapes of erasures."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.erasure.rules import ERASABLE, REASONS
from server.paging import page_schema


class ErasureIn(Schema):
    """Which row, and why: of a list, since free text would name the person."""

    entity = fields.String(required=True, validate=validate.OneOf(ERASABLE))
    id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(list(REASONS)))


class ErasureOut(Schema):
    """An erasure; `done_at` is empty until the worker has carried it out.

    `counts`: how many rows of each kind went; `disputes` whose story a person has to read, and
    `platforms` that were told of the rows and have to be asked to erase them too.
    """

    id = fields.UUID()
    entity = fields.String()
    row_id = fields.UUID()
    reason = fields.String()
    asked_by = fields.UUID(allow_none=True)
    asked_at = fields.AwareDateTime()
    done_at = fields.AwareDateTime(allow_none=True)
    counts = fields.Dict(keys=fields.String(), allow_none=True)


ErasurePageOut = page_schema(ErasureOut)
