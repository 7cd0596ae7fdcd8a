"""The shape of an act on a dispute."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.disputes.rules.events import (
    MAX_CLAIMS,
    MAX_OFFICES,
    MAX_PLACE,
    MAX_PRESENT,
    MAX_TERM,
    MAX_TERMS,
)
from server.disputes.rules.fields import MAX_TEXT
from server.disputes.rules.words import (
    AGREEMENT_FORMS,
    DISPOSITIONS,
    OUTCOMES,
    REFERRED_TO,
    SENT,
    SUPERVISION_KINDS,
)

_TEXT = validate.Length(max=MAX_TEXT)


def _word(slugs: dict[str, str], says: str) -> fields.String:
    return fields.String(
        load_default=None, validate=validate.OneOf(list(slugs)), metadata={"description": says}
    )


class OutcomeIn(Schema):
    """What became of one claim."""

    claim = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, MAX_CLAIMS),
        metadata={"description": "its number within the case"},
    )
    outcome = fields.String(required=True, validate=validate.OneOf(list(OUTCOMES)))


class AgreedTermIn(Schema):
    """One thing that was agreed: who does it, and by when."""

    what = fields.String(required=True, validate=validate.Length(min=1, max=MAX_TERM))
    due_on = fields.Date(load_default=None)
    party_id = fields.UUID(load_default=None)


class EventIn(Schema):
    """An act on a dispute; what it needs, the ladder says."""

    id = fields.UUID(required=True)
    event = fields.String(required=True, validate=validate.OneOf(sorted(SENT)))
    why = fields.String(
        load_default=None,
        validate=_TEXT,
        metadata={"description": "answer: the party who asked reads it word for word"},
    )
    agreement = fields.String(load_default=None, validate=_TEXT)
    referred_to = _word(REFERRED_TO, "refer: where to")
    rights_told = fields.Boolean(load_default=False)
    terms_done = fields.Boolean(load_default=False)
    occurred_at = fields.AwareDateTime(load_default=None)
    done_by = fields.UUID(load_default=None)
    party_id = fields.UUID(
        load_default=None, metadata={"description": "the party whose word it is, said in person"}
    )
    to_office = fields.UUID(
        load_default=None, metadata={"description": "who receives, helps, or is to solve it"}
    )
    kind = _word(SUPERVISION_KINDS, "supervise: how")
    until = fields.Date(load_default=None, metadata={"description": "supervise: when it lifts"})
    person = fields.UUID(load_default=None, metadata={"description": "recuse: which user"})
    disposition = _word(DISPOSITIONS, "dispose: which of the four")
    owner_id = fields.UUID(load_default=None, metadata={"description": "dispose: who owns it"})
    by_date = fields.Date(load_default=None, metadata={"description": "dispose: by when"})
    offices = fields.List(
        fields.UUID(), load_default=list, validate=validate.Length(max=MAX_OFFICES)
    )
    outcomes = fields.List(
        fields.Nested(OutcomeIn), load_default=list, validate=validate.Length(max=MAX_CLAIMS)
    )
    terms = fields.List(
        fields.Nested(AgreedTermIn), load_default=list, validate=validate.Length(max=MAX_TERMS)
    )
    form = _word(AGREEMENT_FORMS, "settle: oral if left out")
    term = fields.Integer(
        load_default=None,
        strict=True,
        validate=validate.Range(1, 1000),
        metadata={"description": "fulfil: the number of the term"},
    )
    place = fields.String(load_default=None, validate=validate.Length(max=MAX_PLACE))
    present = fields.Integer(
        load_default=None, strict=True, validate=validate.Range(1, MAX_PRESENT)
    )
    note_id = fields.UUID(
        load_default=None, metadata={"description": "honour: the note of the late record"}
    )
