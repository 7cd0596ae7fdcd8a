"""Shapes of fields in which two people met."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from server.paging import PageIn, page_schema


class ConflictsIn(PageIn):
    """Which conflicts."""

    state = fields.String(
        load_default="open", validate=validate.OneOf(["open", "decided", "logged"])
    )


class ConflictOut(Schema):
    """Both values of one field, masked where the field is personal.

    `ours`: the server's when they met; `theirs`: the phone's; `was`: what the phone had read;
    `now`: what stands now, and `version` names it. `theirs_by`: whose phone it was; `now_by` and
    `now_at`: who set what stands now, no name: at a desk, no time: since it was entered. Of two
    locations `metres` says how far they are apart; `now_cell`, `theirs_cell`: where they lie.
    """

    id = fields.UUID()
    device_id = fields.UUID()
    entity = fields.String()
    row_id = fields.UUID()
    field = fields.String()
    recorded_at = fields.AwareDateTime()
    needs_person = fields.Boolean()
    ours = fields.Raw(allow_none=True)
    theirs = fields.Raw(allow_none=True)
    was = fields.Raw(allow_none=True)
    now = fields.Raw(allow_none=True)
    changed = fields.Boolean()
    version = fields.String()
    theirs_by = fields.String(allow_none=True)
    now_by = fields.String(allow_none=True)
    now_at = fields.AwareDateTime(allow_none=True)
    metres = fields.Integer(allow_none=True)
    now_cell = fields.String(allow_none=True)
    theirs_cell = fields.String(allow_none=True)
    decided = fields.String(allow_none=True)
    decided_by = fields.UUID(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)


ConflictPageOut = page_schema(ConflictOut)


class DecideIn(Schema):
    """Whose value stays. `version` is the one that was shown: if it is over, one is asked again."""

    keep = fields.String(required=True, validate=validate.OneOf(["ours", "theirs"]))
    version = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{16}\Z"))
    why = fields.String(load_default=None, validate=validate.Length(min=2, max=200))
