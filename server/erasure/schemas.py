"""Shapes of erasures."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.erasure.rules import DECISIONS, ERASABLE, REASONS
from server.paging import PageIn, page_schema


class ErasureIn(Schema):
    """Which row, and why: of a list, since free text would name the person."""

    entity = fields.String(required=True, validate=validate.OneOf(ERASABLE))
    id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(list(REASONS)))
    approval = fields.UUID(
        load_default=None,
        metadata={"description": "the second person's approval (case.delete); for a dispute alone"},
    )


class ErasureOut(Schema):
    """An erasure; `done_at` is empty until the worker has carried it out.

    `counts`: how many rows of each kind went; `to_read`: texts that a person has to read, in
    `disputes`; `platforms` that were told of the rows and have to be asked to erase them too;
    `chain`: of a case's history the number of links and the last one.
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


class MentionsIn(PageIn):
    """Which texts: those that wait for a person, or all."""

    all = fields.Boolean(load_default=False)


class MentionOut(Schema):
    """A text that may speak of an erased person, by its place. `named`: the name stands in it."""

    id = fields.UUID()
    erasure_id = fields.UUID()
    dispute_id = fields.UUID()
    entity = fields.String()
    row_id = fields.UUID()
    field = fields.String()
    named = fields.Boolean()
    found_at = fields.AwareDateTime()
    decided = fields.String(allow_none=True)
    decided_by = fields.UUID(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    done_at = fields.AwareDateTime(allow_none=True)


class MentionTextOut(MentionOut):
    """And what it says now; empty where the asker may not read that case, or it is gone."""

    text = fields.String(allow_none=True)


class MentionDecisionIn(Schema):
    """What becomes of a text; `wording` is what it says from now on, if it is reworded."""

    decided = fields.String(required=True, validate=validate.OneOf(list(DECISIONS)))
    wording = fields.String(load_default=None, validate=validate.Length(min=1, max=2000))


MentionPageOut = page_schema(MentionOut)
