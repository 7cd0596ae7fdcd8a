"""The shape of what the desk's list is asked."""

from __future__ import annotations

from marshmallow import fields, validate

from server.disputes.rules.next import Next
from server.disputes.schemas.reading import DisputesIn
from server.ladder.kinds import State

MOST_PAGES = 200


class DeskIn(DisputesIn):
    """Which cases: what `DisputesIn` narrows by, and what must happen next and by when."""

    status = fields.String(validate=validate.OneOf(["open", "any", *State]))
    turn = fields.String(validate=validate.OneOf(["ours", "all"]))
    next = fields.String(load_default=None, validate=validate.OneOf(list(Next)))
    due = fields.String(load_default=None, validate=validate.OneOf(["overdue", "soon"]))
    under = fields.String(load_default=None, validate=validate.Regexp(r"[0-9]{6,15}\Z"))
    number = fields.String(load_default=None, validate=validate.Length(max=100))
    page = fields.Integer(load_default=1, validate=validate.Range(1, MOST_PAGES))
