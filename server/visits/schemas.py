"""Shapes of visits."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.paging import PageIn, page_schema
from server.visits.rules import MAX_NOTE, OUTCOMES, PURPOSES


class VisitIn(Schema):
    """A visit that is recorded in the browser."""

    id = fields.UUID(required=True)
    household_id = fields.UUID(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(list(OUTCOMES)))
    purpose = fields.String(load_default="service", validate=validate.OneOf(list(PURPOSES)))
    note = fields.String(load_default=None, validate=validate.Length(max=MAX_NOTE))
    companions = fields.Integer(load_default=None, validate=validate.Range(min=0, max=50))
    occurred_at = fields.AwareDateTime(load_default=None)
    done_by = fields.UUID(load_default=None)
    supersedes_id = fields.UUID(load_default=None)


class VisitsIn(PageIn):
    """Which visits."""

    household = fields.UUID(load_default=None)
    outcome = fields.String(load_default=None, validate=validate.OneOf(list(OUTCOMES)))
    recorded_by = fields.UUID(load_default=None)
    since = fields.AwareDateTime(load_default=None)
    until = fields.AwareDateTime(load_default=None)


class VisitOut(Schema):
    """A visit without its note. `proof` says how well the phone's time is known."""

    id = fields.UUID()
    household_id = fields.UUID()
    cell_id = fields.UUID(allow_none=True)
    outcome = fields.String()
    purpose = fields.String()
    has_note = fields.Function(lambda visit: visit.note is not None)
    companions = fields.Integer(allow_none=True)
    done_by = fields.UUID()
    recorded_by = fields.UUID()
    occurred_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()
    received_at = fields.AwareDateTime()
    proof = fields.String()
    supersedes_id = fields.UUID(allow_none=True)


class VisitPlainOut(VisitOut):
    """A visit with its note."""

    note = fields.String(allow_none=True)


VisitPageOut = page_schema(VisitOut)
